/**
 * Histories as JSON, one object a line, in the order in which things happened:
 *
 *     {"process": 0, "type": "invoke", "f": "cas", "key": "x", "value": [1, 2]}
 *     {"process": 0, "type": "fail", "f": "cas", "key": "x", "value": [1, 2]}
 *
 * | field     |                                                                                           |
 * |-----------|-------------------------------------------------------------------------------------------|
 * | `process` | integer: who asked. One operation at a time                                               |
 * | `type`    | `invoke`; or how it ended: `ok`, `fail` (certainly no effect), `info` (nobody knows)      |
 * | `f`       | register: `read`, `write`, `cas`; kv: `get`, `put`, `append`, `cas`, `delete`             |
 * | `key`     | kv: a string or a number                                                                  |
 * | `value`   | invoke: what is written, `[from, to]` of a cas. ok: what a read or get returned; of a cas |
 * |           | `false` where it did not match; of a delete `true` or `false`: whether the key was there  |
 * | `error`   | fail, info: why. A cas that failed without one did not match                              |
 *
 * Values are null, numbers or strings. Empty lines and other fields are passed over.
 */
import { HistoryFormatError, isEventType, shown, type HistoryEvent } from "./event.js";

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseLine(text: string, fail: (expected: string, found: unknown) => never): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fail("an object of JSON", text);
  }
}

function eventOf(text: string, line: number, file: string): HistoryEvent {
  const fail = (expected: string, found: unknown): never => {
    throw new HistoryFormatError(file, line, expected, shown(found));
  };
  const object = parseLine(text, fail);
  if (!isObject(object)) return fail("an object of JSON", object);
  const { process, type, f, key, value, error } = object;
  if (typeof process !== "number" || !Number.isInteger(process)) return fail("an integer process", process);
  if (typeof type !== "string" || !isEventType(type)) {
    return fail("a type of invoke, ok, fail or info", type);
  }
  if (typeof f !== "string") return fail("a name in f", f);
  if (key !== undefined && typeof key !== "string" && typeof key !== "number") {
    return fail("a string or a number in key", key);
  }
  if (error !== undefined && error !== null && typeof error !== "string") return fail("text in error", error);
  return {
    line,
    process,
    type,
    f,
    key: key === undefined ? undefined : String(key),
    value,
    error: error ?? undefined,
  };
}

/** Throws `HistoryFormatError`. */
export function parseJsonl(text: string, file: string): HistoryEvent[] {
  const events: HistoryEvent[] = [];
  text.split("\n").forEach((line, i) => {
    if (line.trim() !== "") events.push(eventOf(line, i + 1, file));
  });
  return events;
}
