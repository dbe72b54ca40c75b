/** The checker: cuts the history by key, takes the fast path where it applies, and searches elsewhere. */
import type { Operation } from "../history.js";
import { explain, type Explanation } from "./explanation.js";
import { Judge, type Judgement } from "./judge.js";
import type { Key, Model } from "./model.js";
import { partition } from "./partition.js";

/** Steps of the model that a check may take where the caller sets no budget: a few seconds' worth. */
export const DEFAULT_STEP_BUDGET = 5_000_000;

export interface CheckOptions {
  /**
   * Steps of the model, over all keys together. Not time: the verdict is the same on every machine. To explain a
   * violation, each of a few further searches may take as many.
   */
  readonly stepBudget?: number;
}

/** `steps`: steps of the model that the search took. The fast path takes none, an explanation is not counted. */
export type Verdict<State, Input, Output> =
  | { readonly verdict: "linearizable"; readonly steps: number }
  | {
      readonly verdict: "violation";
      readonly explanation: Explanation<State, Input, Output>;
      readonly steps: number;
    }
  /** The budget ran out on these keys; nothing wrong was found on the others. */
  | { readonly verdict: "undecided"; readonly keys: readonly Key[]; readonly steps: number };

class Checker<State, Input, Output> {
  readonly #model: Model<State, Input, Output>;
  readonly #stepBudget: number;
  #steps = 0;

  constructor(model: Model<State, Input, Output>, stepBudget: number) {
    this.#model = model;
    this.#stepBudget = stepBudget;
  }

  check(operations: readonly Operation<Input, Output>[]): Verdict<State, Input, Output> {
    let undecided: Judge<State, Input, Output>[] = [];
    for (const part of partition(this.#model, operations)) {
      const judge = new Judge(this.#model, part);
      const judgement = judge.judgeFast();
      if (judgement === "violation") return this.#violation(judge);
      if (judgement === "undecided") undecided.push(judge);
    }
    // An equal share first: one hard key must not hide what is wrong with the others.
    const share = Math.floor(this.#stepBudget / Math.max(1, undecided.length));
    for (const budgetOf of [() => share, () => this.#stepBudget - this.#steps]) {
      const hard: Judge<State, Input, Output>[] = [];
      for (const judge of undecided) {
        const judgement = this.#judge(judge, budgetOf());
        if (judgement === "violation") return this.#violation(judge);
        if (judgement === "undecided") hard.push(judge);
      }
      undecided = hard;
    }
    const steps = this.#steps;
    if (undecided.length === 0) return { verdict: "linearizable", steps };
    return { verdict: "undecided", keys: undecided.map(({ part }) => part.key), steps };
  }

  #judge(judge: Judge<State, Input, Output>, stepBudget: number): Judgement {
    const before = judge.steps;
    // It has had as many, in vain.
    if (stepBudget <= before) return "undecided";
    const judgement = judge.judge(stepBudget);
    this.#steps += judge.steps - before;
    return judgement;
  }

  #violation({ part, stoppedAt }: Judge<State, Input, Output>): Verdict<State, Input, Output> {
    const explanation = explain(this.#model, part, stoppedAt, this.#stepBudget);
    return { verdict: "violation", explanation, steps: this.#steps };
  }
}

/**
 * Decides whether a history is linearizable: whether all operations could have taken effect one by one, each
 * between its invocation and its answer, with the answers that were given. Operations that are open or unknown
 * may take effect at any time from their invocation on, or never.
 *
 * Depends on the operations and the budget alone. Positions (`invokedAt`, `answeredAt`) are integers, no two
 * alike. Throws `AssertionFailed` where operations make no sense: an answer before its invocation, a read that
 * was answered with nothing.
 */
export function checkLinearizable<State, Input, Output>(
  model: Model<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
  { stepBudget = DEFAULT_STEP_BUDGET }: CheckOptions = {},
): Verdict<State, Input, Output> {
  return new Checker(model, stepBudget).check(operations);
}
