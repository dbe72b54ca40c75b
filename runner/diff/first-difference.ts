/** The first record in which two traces differ. */
import type { TraceRecord } from "#sim/trace.js";
import { causesIn } from "./causes.js";
import { Pace } from "./pace.js";
import { parseRecord, recordLinesOf } from "./trace-reader.js";

/** Where two traces part: what both say before, and what each says from there on. */
export interface TraceDifference {
  /** Number of records that are the same. */
  readonly index: number;
  readonly before: readonly TraceRecord[];
  /** From the record that differs on. Empty where the trace ends. */
  readonly first: readonly TraceRecord[];
  readonly second: readonly TraceRecord[];
  /**
   * For each side the causes of what differs, the nearest first. All of them lie in the part that both have in
   * common: a cause comes before its effect.
   */
  readonly causes: readonly [first: readonly TraceRecord[], second: readonly TraceRecord[]];
}

export const CONTEXT_RECORDS = 3;

/** Compares two trace files; undefined where they are the same. Throws `TraceFormatError`. */
export async function firstDifference(
  firstPath: string,
  secondPath: string,
): Promise<TraceDifference | undefined> {
  const pace = new Pace();
  const [first, second] = [recordLinesOf(firstPath), recordLinesOf(secondPath)];
  try {
    const parting = await partingOf(first, second, CONTEXT_RECORDS, pace);
    return parting === undefined ? undefined : await withCauses(parting, firstPath, pace);
  } finally {
    // A generator that is left in the middle keeps its file open.
    first.return(undefined);
    second.return(undefined);
  }
}

export type Parting = Omit<TraceDifference, "causes">;

/** Both causes are looked up in the same file: up to there it says what the other one says. */
export async function withCauses(parting: Parting, path: string, pace: Pace): Promise<TraceDifference> {
  const { index, first, second } = parting;
  const [a, b] = await causesIn(path, index, [first[0], second[0]], pace);
  return { ...parting, causes: [a!, b!] };
}

/**
 * The same over lines, each a record in JSON. Reads on by `context` records at most; what it has read beyond
 * the difference is in `first` and `second`.
 */
export async function partingOf(
  first: Iterator<string>,
  second: Iterator<string>,
  context: number,
  pace: Pace,
): Promise<Parting | undefined> {
  const before: string[] = [];
  for (let index = 0; ; index++) {
    const a = first.next();
    const b = second.next();
    if (a.done === true && b.done === true) return undefined;
    if (a.done !== true && b.done !== true && a.value === b.value) {
      before.push(a.value);
      if (before.length > context) before.shift();
      const breath = pace.step();
      if (breath !== undefined) await breath;
      continue;
    }
    return {
      index,
      before: before.map(parseRecord),
      first: following(a, first, context),
      second: following(b, second, context),
    };
  }
}

/** The record that differs and those behind it, `context` in all but at least the one. */
function following(
  differing: IteratorResult<string>,
  rest: Iterator<string>,
  context: number,
): TraceRecord[] {
  const records: TraceRecord[] = [];
  for (let line = differing; line.done !== true; line = rest.next()) {
    records.push(parseRecord(line.value));
    if (records.length >= context) break;
  }
  return records;
}
