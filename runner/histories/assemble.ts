/** Events of a file to a history of operations, in the words of a model. */
import { History, type Operation } from "#sim/check/history.js";
import {
  MISMATCH,
  type KeyValueInput,
  type RegisterInput,
  type Value,
  type ValueOutput,
} from "#sim/check/linearizability/index.js";
import { HistoryFormatError, shown, type HistoryEvent } from "./event.js";

/** What a compare-and-set fails with, where it names a reason, because the value was another. */
const MISMATCH_ERRORS = new Set(["mismatch", "did-not-match", "did-not-succeed", "precondition-failed"]);

/** How the events of a file become the input and output of a model's operations. */
export interface Vocabulary<Input> {
  input(event: HistoryEvent, file: string): Input;
  /** What an `ok` answered. */
  output(event: HistoryEvent, input: Input, file: string): ValueOutput;
}

function fail(event: HistoryEvent, file: string, expected: string, found: unknown): never {
  throw new HistoryFormatError(file, event.line, expected, shown(found));
}

function valueOf(value: unknown, event: HistoryEvent, file: string): Value {
  if (value === null || typeof value === "number" || typeof value === "string") return value;
  return fail(event, file, "a value of nil, a number or a string", value);
}

function pairOf(value: unknown, event: HistoryEvent, file: string, what: string): [unknown, unknown] {
  if (Array.isArray(value) && value.length === 2) return [value[0], value[1]];
  return fail(event, file, what, value);
}

function exchangeOf(value: unknown, event: HistoryEvent, file: string): { from: Value; to: Value } {
  const [from, to] = pairOf(value, event, file, "[from to] of a cas");
  return { from: valueOf(from, event, file), to: valueOf(to, event, file) };
}

export const REGISTER: Vocabulary<RegisterInput> = {
  input(event, file) {
    switch (event.f) {
      case "read":
        return { op: "read" };
      case "write":
        return { op: "write", value: valueOf(event.value, event, file) };
      case "cas":
        return { op: "cas", ...exchangeOf(event.value, event, file) };
      default:
        return fail(event, file, "read, write or cas of a register", event.f);
    }
  },
  output(event, input, file) {
    if (input.op === "cas") return event.value !== false;
    return input.op === "read" ? valueOf(event.value, event, file) : undefined;
  },
};

/** The key and what goes with it: apart, or both in the value as `jepsen.independent` has it. */
function keyed(event: HistoryEvent, file: string): { key: string; value: unknown } {
  const { key, value } = event;
  if (key !== undefined) return { key, value };
  const [first, second] = pairOf(value, event, file, "a key, or a value of [key value]");
  const inner = valueOf(first, event, file);
  return { key: typeof inner === "string" ? inner : JSON.stringify(inner), value: second };
}

export const KEY_VALUE: Vocabulary<KeyValueInput> = {
  input(event, file) {
    const { key, value } = keyed(event, file);
    switch (event.f) {
      case "get":
      case "read":
        return { op: "get", key };
      case "put":
      case "write":
        return { op: "put", key, value: valueOf(value, event, file) };
      case "append":
        return {
          op: "append",
          key,
          value: typeof value === "string" ? value : fail(event, file, "a string to append", value),
        };
      case "cas":
        return { op: "cas", key, ...exchangeOf(value, event, file) };
      case "delete":
        return { op: "delete", key };
      default:
        return fail(event, file, "get, put, append, cas or delete of a store", event.f);
    }
  },
  output(event, input, file) {
    if (event.key !== undefined && event.key !== input.key) {
      fail(event, file, `the answer for key ${input.key}`, event.key);
    }
    // No answer is a pair in itself: a pair is [key value].
    const value: unknown = Array.isArray(event.value) ? event.value[1] : event.value;
    if (input.op === "get") return valueOf(value, event, file);
    if (input.op === "cas") return value !== false;
    return input.op === "delete" && typeof value === "boolean" ? value : undefined;
  },
};

interface Asked<Input> {
  readonly operation: Operation<Input, ValueOutput>;
  readonly f: string;
}

/** Throws `HistoryFormatError` where answers and invocations don't fit together. */
export function assemble<Input>(
  events: readonly HistoryEvent[],
  vocabulary: Vocabulary<Input>,
  file: string,
): History<Input, ValueOutput> {
  const history = new History<Input, ValueOutput>();
  const open = new Map<number, Asked<Input>>();
  for (const event of events) {
    const { process, type, f, error } = event;
    const asked = open.get(process);
    if (type === "invoke") {
      if (asked !== undefined)
        fail(event, file, "an answer before the next invocation", `process ${process}`);
      open.set(process, { operation: history.invoke(process, vocabulary.input(event, file)), f });
      continue;
    }
    if (asked === undefined)
      return fail(event, file, "an invocation before its answer", `process ${process}`);
    if (asked.f !== f) fail(event, file, `the answer of ${asked.f}`, f);
    open.delete(process);
    const { operation } = asked;
    if (type === "ok") {
      history.ok(operation, vocabulary.output(event, operation.input, file));
    } else if (type === "info") {
      history.unknown(operation, error ?? "unknown");
    } else {
      const mismatch = f === "cas" && (error === undefined || MISMATCH_ERRORS.has(error));
      history.failed(operation, mismatch ? MISMATCH : (error ?? "failed"));
    }
  }
  return history;
}
