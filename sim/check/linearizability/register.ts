/** A register: read, write, compare-and-set. */
import { assert } from "#engines/env/index.js";
import type { Operation } from "../history.js";
import {
  assign,
  exchange,
  observe,
  observeOther,
  valueModel,
  type Action,
  type Value,
  type ValueModel,
} from "./action.js";

export type RegisterInput =
  | { readonly op: "read" }
  | { readonly op: "write"; readonly value: Value }
  | { readonly op: "cas"; readonly from: Value; readonly to: Value };

/** Of a read: the value. Of a compare-and-set: whether it matched. Of a write: nothing. */
export type ValueOutput = Value | boolean | undefined;

/**
 * The reason of a compare-and-set that was answered as failed because the value was another. A failure for any
 * other reason (not the leader, say) tells nothing of the value.
 */
export const MISMATCH = "mismatch";

/** A compare-and-set by its answer: it matched, it did not, or nobody knows (then it matches or never happens). */
export function compareAndSet<Input>(
  operation: Operation<Input, ValueOutput>,
  from: Value,
  to: Value,
): Action | undefined {
  if (operation.outcome === "failed") {
    return operation.reason === MISMATCH ? observeOther(from) : undefined;
  }
  return operation.outcome === "ok" && operation.output === false ? observeOther(from) : exchange(from, to);
}

/** A read by its answer; without one it says nothing. */
export function read<Input>(operation: Operation<Input, ValueOutput>): Action | undefined {
  if (operation.outcome !== "ok") return undefined;
  const { output } = operation;
  assert(output !== undefined && typeof output !== "boolean", "a read was answered with a value");
  return observe(output);
}

/** The answer, in the words of a report. */
export function describeAnswer<Input>({ outcome, output, reason }: Operation<Input, ValueOutput>): string {
  if (outcome === "ok") return output === undefined ? "ok" : JSON.stringify(output);
  return reason === undefined ? outcome : `${outcome} (${reason})`;
}

export type RegisterOperation = Operation<RegisterInput, ValueOutput>;

function actionOf(operation: RegisterOperation): Action | undefined {
  const { input, outcome } = operation;
  if (input.op === "read") return read(operation);
  if (input.op === "cas") return compareAndSet(operation, input.from, input.to);
  return outcome === "failed" ? undefined : assign(input.value);
}

function describe(operation: RegisterOperation): string {
  const { input } = operation;
  const answer = describeAnswer(operation);
  if (input.op === "read") return `read -> ${answer}`;
  if (input.op === "write") return `write ${JSON.stringify(input.value)} -> ${answer}`;
  return `cas ${JSON.stringify(input.from)} to ${JSON.stringify(input.to)} -> ${answer}`;
}

/** One register that starts with `initial`. */
export function registerModel(initial: Value = null): ValueModel<RegisterInput, ValueOutput> {
  return valueModel({ name: "register", initial, keyOf: () => null, actionOf, describe });
}
