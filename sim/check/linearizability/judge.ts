/** Judges one key's part: by zones where they apply, by search elsewhere. */
import { assert } from "#engines/env/index.js";
import type { ValueModel } from "./action.js";
import { JustInTimeSearch } from "./just-in-time.js";
import { ModelMachine, type Machine } from "./machine.js";
import type { Model } from "./model.js";
import type { Partition } from "./partition.js";
import { ValueMachine } from "./value-machine.js";
import { valueOperations } from "./values.js";
import { checkByZones, type ZonesOutcome } from "./zones.js";

export type Judgement = "linearizable" | "violation" | "undecided";

export class Judge<State, Input, Output> {
  readonly part: Partition<Input, Output>;
  readonly #zones: ZonesOutcome;
  readonly #newMachine: () => Machine;
  #stoppedAt = 0;
  #steps = 0;

  constructor(model: Model<State, Input, Output>, part: Partition<Input, Output>) {
    this.part = part;
    if (model.actionOf === undefined) {
      this.#zones = { kind: "undecided" };
      this.#newMachine = () => new ModelMachine(model, part);
    } else {
      const actions = valueOperations(model as unknown as ValueModel<Input, Output>, part);
      this.#zones = checkByZones(part, actions);
      this.#newMachine = () => new ValueMachine(part, actions);
    }
  }

  /** After a judgement: the rank before which all is known to be linearizable. */
  get stoppedAt(): number {
    return this.#stoppedAt;
  }

  /** Steps of the model that all searches took. */
  get steps(): number {
    return this.#steps;
  }

  /** What the fast path says. */
  judgeFast(): Judgement {
    return this.#zones.kind;
  }

  judge(stepBudget: number): Judgement {
    if (this.#zones.kind !== "undecided") return this.#zones.kind;
    const search = new JustInTimeSearch(this.part, this.#newMachine(), stepBudget);
    const outcome = search.run();
    this.#steps += search.steps;
    this.#stoppedAt = search.now;
    return outcome;
  }

  /** Of a part that was judged linearizable: an order that shows it, by index. */
  order(): readonly number[] {
    if (this.#zones.kind === "linearizable") return this.#zones.order;
    const search = new JustInTimeSearch(this.part, this.#newMachine(), Number.MAX_SAFE_INTEGER, "paths");
    assert(search.run() === "linearizable", "only what is linearizable has such an order");
    return search.longestPath();
  }
}
