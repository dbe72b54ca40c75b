/** Why a history is not linearizable: how far one gets, and what then fits nowhere. */
import { assert } from "#engines/env/index.js";
import type { Operation } from "../history.js";
import { Judge } from "./judge.js";
import type { Key, Model } from "./model.js";
import { partitionBefore, type Partition } from "./partition.js";

export interface Explanation<State, Input, Output> {
  readonly key: Key;
  /**
   * The longest linearizable prefix of the history, in an order that explains all its answers: every operation
   * of the key that was answered before `operation` was, and those pending then that had to take effect.
   */
  readonly prefix: readonly Operation<Input, Output>[];
  /** The operation whose answer can't be explained, whatever the order. */
  readonly operation: Operation<Input, Output>;
  /** The state after `prefix`. */
  readonly state: State;
  /** False where the step budget was too small to make sure of it: a longer prefix may be linearizable. */
  readonly certain: boolean;
}

/** The last rank up to which all is known to be well, and whether the next is known not to be. */
interface Border<State, Input, Output> {
  readonly good: Judge<State, Input, Output>;
  readonly rank: number;
  readonly certain: boolean;
}

/**
 * Looks for the first event that breaks the history, from a rank up to which it is whole: in strides that
 * double, then by halving. A search knows of later answers and gives up before the first that is wrong, mostly
 * shortly before.
 */
function findBorder<State, Input, Output>(
  model: Model<State, Input, Output>,
  part: Partition<Input, Output>,
  from: number,
  stepBudget: number,
): Border<State, Input, Output> {
  const judgeAt = (rank: number): Judge<State, Input, Output> =>
    new Judge(model, partitionBefore(model, part, rank));
  let good = from;
  let bad = part.events.length;
  let certain = true;
  let stride = 1;
  while (bad - good > 1) {
    // As long as nothing bad was met on the way, the end is too far to halve the distance.
    const rank = stride > 0 && from + stride < bad ? from + stride : (good + bad) >>> 1;
    const judgement = judgeAt(rank).judge(stepBudget);
    if (judgement === "linearizable") {
      good = rank;
      stride *= 2;
    } else {
      bad = rank;
      certain = judgement === "violation";
      stride = 0;
    }
  }
  return { good: judgeAt(good), rank: good, certain };
}

/** Explains a violation of one key's part, of which all before the rank `from` is known to be linearizable. */
export function explain<State, Input, Output>(
  model: Model<State, Input, Output>,
  part: Partition<Input, Output>,
  from: number,
  stepBudget: number,
): Explanation<State, Input, Output> {
  const { good, rank, certain } = findBorder(model, part, from, stepBudget);
  const prefix = good.order().map((i) => good.part.operations[i]!);
  let state = model.initial;
  for (const operation of prefix) {
    const next = model.step(state, operation);
    assert(next !== undefined, "the prefix is a run of the model");
    state = next;
  }
  const event = part.events.subarray(rank).find((each) => each < 0);
  assert(event !== undefined && (event === part.events[rank] || !certain), "an answer broke the history");
  return { key: part.key, prefix, operation: part.operations[~event]!, state, certain };
}

/** Operations of the prefix that a report shows. */
const SHOWN = 12;

function line<State, Input, Output>(
  model: Model<State, Input, Output>,
  operation: Operation<Input, Output>,
): string {
  const { client, invokedAt, answeredAt, outcome } = operation;
  const closed = outcome === "ok" || outcome === "failed";
  return `client ${client} [${invokedAt}..${closed ? answeredAt : ""}] ${model.describe(operation)}`;
}

/** The explanation as lines of text. Positions in brackets: invocation and answer, open where none came. */
export function describeExplanation<State, Input, Output>(
  model: Model<State, Input, Output>,
  { key, prefix, operation, state, certain }: Explanation<State, Input, Output>,
): string[] {
  const shown = prefix.slice(-SHOWN);
  const hidden = prefix.length - shown.length;
  return [
    `longest linearizable prefix${key === null ? "" : ` of key ${JSON.stringify(key)}`}: ${prefix.length} operations`,
    ...(hidden > 0 ? [`  ... ${hidden} before these`] : []),
    ...shown.map((each) => `  ${line(model, each)}`),
    `state then: ${model.describeState(state)}`,
    `${certain ? "fits nowhere" : "found no place for (the step budget was too small to be sure)"}: ${line(model, operation)}`,
  ];
}
