/** What a trace file shows of a run beside its records: what nodes became, and the faults that struck. */
import type { Fault } from "#sim/faults/index.js";
import type { Incarnation } from "#sim/process.js";
import type { Run, Scenario } from "#sim/scenario.js";
import type { StatusLine } from "./lines.js";

/** A node's status changed. */
export interface StatusChange {
  readonly timeUs: number;
  /** Id of the event in which it did. */
  readonly id: number;
  readonly by: Incarnation;
  readonly status: string;
}

/** To be asked after each record, so that it holds no more than what one event brought. */
export class RunWatch {
  readonly #scenario: Scenario;
  #run: Run | undefined;
  #statuses: StatusChange[] = [];
  #faultsSeen = 0;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
  }

  /** Undefined until there is one. */
  get run(): Run | undefined {
    return this.#run;
  }

  onRun(run: Run): void {
    this.#run = run;
    const { narration } = this.#scenario;
    if (narration?.status === undefined) return;
    const { world } = run;
    world.listen((by, event) => {
      const status = narration.status!(event);
      if (status === undefined) return;
      this.#statuses.push({ timeUs: world.nowUs, id: world.currentEventId, by, status });
    });
  }

  /** The changes since it was last asked. */
  takeStatuses(): readonly StatusChange[] {
    if (this.#statuses.length === 0) return NONE;
    const statuses = this.#statuses;
    this.#statuses = [];
    return statuses;
  }

  /** The faults that struck since it was last asked. */
  takeFaults(): readonly Fault[] {
    const faults = this.#run?.world.faults.ledger.faults;
    if (faults === undefined || faults.length === this.#faultsSeen) return NONE;
    const from = this.#faultsSeen;
    this.#faultsSeen = faults.length;
    return faults.slice(from).filter(hasStruck);
  }
}

/** The same as plain data. */
export function statusLine({ timeUs, id, by, status }: StatusChange): StatusLine {
  return { type: "status", timeUs, id, node: by.node.name, incarnation: by.incarnation, status };
}

/** What was refused changed nothing. */
export function hasStruck({ state }: Pick<Fault, "state">): boolean {
  return state !== "planned" && state !== "refused";
}

const NONE: readonly never[] = [];
