/** Reads recorded traces, a line at a time: they may be longer than memory. */
import type { TraceRecord } from "#sim/trace.js";
import { jsonDepth, MAX_JSON_DEPTH } from "#reports/json-depth.js";
import { linesOf } from "#reports/spool.js";
import { isRecordLine, TRACE_FORMAT, type TraceHeader, type TraceLine } from "#reports/traces/index.js";
import { TraceFormatError } from "./errors.js";

const SHOWN_CHARS = 60;

/** The first line. Throws `TraceFormatError` where the file can't be read, or is no trace. */
export function headerOf(path: string): TraceHeader {
  const lines = readableLines(path);
  try {
    const line = lines.next();
    const header = line.done === true ? undefined : tryParse(line.value);
    if (isHeader(header)) return header;
    const expected = `a first line with "format": "${TRACE_FORMAT}", a scenario and a seed`;
    throw new TraceFormatError(path, expected, line.done === true ? "an empty file" : shown(line.value));
  } finally {
    // A generator that is left in the middle keeps its file open.
    lines.return(undefined);
  }
}

/** The lines of the records, as they stand there: equal records are equal lines. */
export function* recordLinesOf(path: string): Generator<string> {
  for (const line of readableLines(path)) if (isRecordLine(line)) yield line;
}

/** All that is no record, parsed. Throws `TraceFormatError` where a line is none. */
export function* otherLinesOf(path: string): Generator<Exclude<TraceLine, TraceRecord>> {
  let number = 0;
  for (const line of readableLines(path)) {
    if (number++ === 0 || isRecordLine(line)) continue;
    const parsed = tryParse(line);
    if (!isObject(parsed) || typeof parsed["type"] !== "string") {
      throw new TraceFormatError(`${path}:${number}`, "a line of a trace", shown(line));
    }
    yield parsed as unknown as Exclude<TraceLine, TraceRecord>;
  }
}

/** Throws `TraceFormatError`. */
export function parseRecord(line: string): TraceRecord {
  const record = tryParse(line);
  if (isRecord(record)) return record;
  throw new TraceFormatError("a record of the trace", "a whole one", shown(line));
}

function* readableLines(path: string): Generator<string> {
  try {
    yield* linesOf(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new TraceFormatError(path, "a file that can be read", code);
  }
}

function tryParse(line: string): unknown {
  if (jsonDepth(line) > MAX_JSON_DEPTH) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isHeader(value: unknown): value is TraceHeader {
  return (
    isObject(value) &&
    value["format"] === TRACE_FORMAT &&
    (["scenario", "seedstorm", "node"] as const).every((name) => typeof value[name] === "string") &&
    Number.isSafeInteger(value["seed"])
  );
}

function isRecord(value: unknown): value is TraceRecord {
  return (
    isObject(value) &&
    (["node", "kind", "detail"] as const).every((name) => typeof value[name] === "string") &&
    (["timeUs", "id", "cause", "incarnation", "sizeBytes", "digest"] as const).every((name) =>
      Number.isSafeInteger(value[name]),
    )
  );
}

function shown(line: string): string {
  return line.length > SHOWN_CHARS ? `${line.slice(0, SHOWN_CHARS)}...` : line;
}
