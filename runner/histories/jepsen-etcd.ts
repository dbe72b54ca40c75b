/**
 * The log that Jepsen's etcd test printed, as porcupine's test data keeps it. A line is
 *
 *     INFO  jepsen.util - PROCESS :TYPE :F VALUE
 *
 * split on white space. VALUE is `nil`, a number, `[FROM TO]` or `:timed-out`. Lines of other loggers, and of
 * the nemesis, are passed over.
 */
import { HistoryFormatError, isEventType, type HistoryEvent } from "./event.js";

const LINE = /^INFO\s+jepsen\.util\s+-\s+(\S+)\s+:(\S+)\s+:(\S+)\s+(.*?)\s*$/;
const OURS = /^INFO\s+jepsen\.util\s+-\s+\d/;
const NUMBER = /^-?\d+$/;
const PAIR = /^\[\s*(-?\d+|nil)[\s,]+(-?\d+|nil)\s*\]$/;

function scalar(text: string): number | null {
  return text === "nil" ? null : Number(text);
}

function eventOf(text: string, line: number, file: string): HistoryEvent | undefined {
  const [, process, type, f, value] = LINE.exec(text) ?? [];
  if (process === undefined || type === undefined || f === undefined || value === undefined) {
    if (!OURS.test(text)) return undefined;
    throw new HistoryFormatError(file, line, "PROCESS :TYPE :F VALUE", text);
  }
  if (!NUMBER.test(process)) return undefined;
  if (!isEventType(type)) {
    throw new HistoryFormatError(file, line, ":invoke, :ok, :fail or :info", `:${type}`);
  }
  const event = { line, process: Number(process), type, f, key: undefined, error: undefined };
  const pair = PAIR.exec(value);
  if (pair !== null) return { ...event, value: [scalar(pair[1]!), scalar(pair[2]!)] };
  if (value === "nil" || NUMBER.test(value)) return { ...event, value: scalar(value) };
  if (value.startsWith(":")) return { ...event, value: null, error: value.slice(1) };
  throw new HistoryFormatError(file, line, "nil, a number, [FROM TO] or a keyword", value);
}

/** Throws `HistoryFormatError`. */
export function parseJepsenEtcd(text: string, file: string): HistoryEvent[] {
  const events = text.split("\n").map((line, i) => eventOf(line, i + 1, file));
  return events.filter((event) => event !== undefined);
}
