/**
 * Histories as Jepsen writes them: maps of EDN, one behind the other or in one vector.
 *
 *     {:process 0, :type :invoke, :f :cas, :value [1 2]}
 *     {:process 0, :type :fail, :f :cas, :value [1 2], :error :did-not-succeed}
 *
 * `:type` is `:invoke`, `:ok`, `:fail` or `:info`; entries whose `:process` is no number (`:nemesis`) are passed
 * over, and so are keys that are not named here. A key of a key-value store is in `:key`, or `:value` is
 * `[key value]` as `jepsen.independent` has it.
 */
import { EdnMap, EdnName, EdnReader, ednText, type Edn } from "./edn-reader.js";
import { HistoryFormatError, isEventType, type HistoryEvent } from "./event.js";

/** A keyword without its colon. */
function nameOf(value: Edn | undefined): string | undefined {
  return value instanceof EdnName ? value.text.replace(/^:/, "") : undefined;
}

/** What a history may hold as a value: keywords become their text. */
function plain(value: Edn | undefined): unknown {
  if (value instanceof EdnName) return value.text;
  if (value instanceof EdnMap) {
    return Object.fromEntries([...value.entries].map(([key, each]) => [key, plain(each)]));
  }
  return Array.isArray(value) ? value.map(plain) : value;
}

function scalarText(value: Edn): string {
  return typeof value === "string" ? value : ednText(value);
}

/** The name of the error: `:timed-out`, or the first of `[:did-not-succeed "..."]`. */
function errorOf(error: Edn | undefined): string | undefined {
  if (error === undefined || error === null) return undefined;
  const first: Edn = Array.isArray(error) ? (error[0] ?? null) : error;
  return nameOf(first) ?? scalarText(first);
}

function eventOf(map: EdnMap, file: string): HistoryEvent | undefined {
  const { line, entries } = map;
  const fail = (expected: string, found: Edn | undefined): never => {
    throw new HistoryFormatError(file, line, expected, found === undefined ? "none" : ednText(found));
  };
  const process = entries.get(":process");
  if (typeof process !== "number") {
    return process instanceof EdnName ? undefined : fail(":process with a number or a keyword", process);
  }
  const type = nameOf(entries.get(":type"));
  if (type === undefined || !isEventType(type)) {
    return fail(":type with :invoke, :ok, :fail or :info", entries.get(":type"));
  }
  const f = nameOf(entries.get(":f")) ?? fail(":f with a keyword", entries.get(":f"));
  const key = entries.get(":key");
  return {
    line,
    process,
    type,
    f,
    key: key === undefined ? undefined : scalarText(key),
    value: plain(entries.get(":value")),
    error: errorOf(entries.get(":error")),
  };
}

/** Throws `HistoryFormatError`. */
export function parseEdn(text: string, file: string): HistoryEvent[] {
  const reader = new EdnReader(text, file);
  const events: HistoryEvent[] = [];
  const take = (form: Edn): void => {
    if (form instanceof EdnMap) {
      const event = eventOf(form, file);
      if (event !== undefined) events.push(event);
    } else if (Array.isArray(form)) {
      form.forEach(take);
    } else {
      throw new HistoryFormatError(file, reader.line, "a map", ednText(form));
    }
  };
  for (let form = reader.next(); form !== undefined; form = reader.next()) take(form);
  return events;
}
