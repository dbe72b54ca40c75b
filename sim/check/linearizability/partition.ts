/**
 * A history cut by key, each part with a clock of its own: the ranks of its invocations and answers. Everything
 * after this works on small integers.
 */
import { assert } from "#engines/env/index.js";
import type { Operation } from "../history.js";
import type { Key, Model } from "./model.js";

/** The rank of an answer that never came: after every other. */
export const NEVER = 0x3fffffff;

/** The operations of one key that say something, in the order of their invocations. */
export interface Partition<Input, Output> {
  readonly key: Key;
  readonly operations: readonly Operation<Input, Output>[];
  /** What happened, by rank: the index of the operation that was invoked, or its complement where answered. */
  readonly events: Int32Array;
  /** By operation: the rank of its invocation. */
  readonly invokedAt: Int32Array;
  /** By operation: the rank of its answer; `NEVER` where it is open to the end. */
  readonly answeredAt: Int32Array;
}

type AnyOperation = Operation<unknown, unknown>;

/** True where the operation was answered, in a way that binds, before a position. */
function isClosed(operation: AnyOperation, before: number): boolean {
  const { outcome, answeredAt } = operation;
  if (outcome !== "ok" && outcome !== "failed") return false;
  assert(
    answeredAt !== undefined && answeredAt > operation.invokedAt,
    "an answer comes after its invocation",
  );
  return answeredAt < before;
}

/** Indices of the operations that are closed before a position, in the order of their answers. */
function byAnswer(operations: readonly AnyOperation[], before: number): Float64Array {
  // Sorting numbers that carry their index is several times faster than sorting indices by a function.
  const count = operations.length;
  const tagged = new Float64Array(count);
  let closed = 0;
  for (let i = 0; i < count; i++) {
    const operation = operations[i]!;
    if (!isClosed(operation, before)) continue;
    const tag = operation.answeredAt! * count + i;
    assert(Number.isSafeInteger(tag), "positions are integers of a sensible size");
    tagged[closed++] = tag;
  }
  const sorted = tagged.subarray(0, closed).sort();
  for (let i = 0; i < closed; i++) sorted[i] = sorted[i]! % count;
  return sorted;
}

/** What was answered at the position `before` or later counts as open to the end. */
function rank<Input, Output>(
  key: Key,
  operations: readonly Operation<Input, Output>[],
  before: number,
): Partition<Input, Output> {
  const count = operations.length;
  assert(count < NEVER / 2, "a history fits into 30-bit ranks");
  const answers = byAnswer(operations, before);
  const events = new Int32Array(count + answers.length);
  const invokedAt = new Int32Array(count);
  const answeredAt = new Int32Array(count).fill(NEVER);
  let at = 0;
  let next = 0;
  const answersBefore = (position: number): void => {
    for (; next < answers.length && operations[answers[next]!]!.answeredAt! < position; next++) {
      answeredAt[answers[next]!] = at;
      events[at++] = ~answers[next]!;
    }
  };
  for (let i = 0; i < count; i++) {
    answersBefore(operations[i]!.invokedAt);
    invokedAt[i] = at;
    events[at++] = i;
  }
  answersBefore(Infinity);
  return { key, operations, events, invokedAt, answeredAt };
}

function inOrder<Input, Output>(
  operations: readonly Operation<Input, Output>[],
): readonly Operation<Input, Output>[] {
  for (let i = 1; i < operations.length; i++) {
    if (operations[i]!.invokedAt <= operations[i - 1]!.invokedAt) {
      return operations.toSorted((a, b) => a.invokedAt - b.invokedAt);
    }
  }
  return operations;
}

/** Cuts a history by the model's keys, in the order in which keys first appear. */
export function partition<State, Input, Output>(
  model: Model<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
): Partition<Input, Output>[] {
  const parts = new Map<Key, Operation<Input, Output>[]>();
  for (const operation of inOrder(operations)) {
    const role = model.roleOf(operation);
    if (role === "nothing") continue;
    assert(role !== "update" || operation.outcome !== "failed", "what failed changes nothing");
    // An observation that nobody was told of binds nobody.
    if (role === "observation" && !isClosed(operation, Infinity)) continue;
    const key = model.keyOf(operation.input);
    const part = parts.get(key);
    if (part === undefined) parts.set(key, [operation]);
    else part.push(operation);
  }
  return [...parts].map(([key, part]) => rank(key, part, Infinity));
}

/** True where the operation is open to the end. */
export function isCrashed(part: Partition<unknown, unknown>, operation: number): boolean {
  return part.answeredAt[operation] === NEVER;
}

/**
 * What had happened before a rank. Whatever was pending then is open to the end: it may have taken effect, with
 * the answer that it got later, or not.
 */
export function partitionBefore<State, Input, Output>(
  model: Model<State, Input, Output>,
  { key, operations, events }: Partition<Input, Output>,
  until: number,
): Partition<Input, Output> {
  const event = events[until];
  if (event === undefined) return rank(key, operations, Infinity);
  const position = event < 0 ? operations[~event]!.answeredAt! : operations[event]!.invokedAt;
  const begun = operations.filter(
    (operation) =>
      operation.invokedAt < position &&
      (isClosed(operation, position) || model.roleOf(operation) === "update"),
  );
  return rank(key, begun, position);
}
