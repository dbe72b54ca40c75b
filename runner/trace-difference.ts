/** The first record in which two traces differ. */
import type { TraceRecord } from "#sim/trace.js";
import { linesOf } from "#reports/spool.js";

/** Where two traces part: what both say before, and what each says from there on. */
export interface TraceDifference {
  /** Number of records that are the same. */
  readonly index: number;
  readonly before: readonly TraceRecord[];
  readonly first: readonly TraceRecord[];
  readonly second: readonly TraceRecord[];
}

const CONTEXT_RECORDS = 3;

/** Compares two trace files; undefined where they are the same. */
export function firstDifference(firstPath: string, secondPath: string): TraceDifference | undefined {
  const [first, second] = [linesOf(firstPath), linesOf(secondPath)];
  try {
    return differenceOf(first, second);
  } finally {
    // A generator that is left in the middle keeps its file open.
    first.return(undefined);
    second.return(undefined);
  }
}

/** The same over lines, each a record in JSON. */
export function differenceOf(first: Iterator<string>, second: Iterator<string>): TraceDifference | undefined {
  const before: string[] = [];
  for (let index = 0; ; index++) {
    const a = first.next();
    const b = second.next();
    if (a.done === true && b.done === true) return undefined;
    if (a.done !== true && b.done !== true && a.value === b.value) {
      before.push(a.value);
      if (before.length > CONTEXT_RECORDS) before.shift();
      continue;
    }
    return {
      index,
      before: before.map(parse),
      first: context(a, first),
      second: context(b, second),
    };
  }
}

function context(differing: IteratorResult<string>, rest: Iterator<string>): TraceRecord[] {
  const records: TraceRecord[] = [];
  for (let line = differing; line.done !== true && records.length < CONTEXT_RECORDS; line = rest.next()) {
    records.push(parse(line.value));
  }
  return records;
}

function parse(line: string): TraceRecord {
  return JSON.parse(line) as TraceRecord;
}
