/** Compares two recorded traces in all respects. */
import type { TraceRecord } from "#sim/trace.js";
import type { ResultLine, TraceHeader } from "#reports/traces/index.js";
import { partingOf, withCauses, type TraceDifference } from "./first-difference.js";
import type { Pace } from "./pace.js";
import { outcomeDifference, outcomeOf, type OutcomeDifference } from "./outcomes.js";
import { spreadOf, type NodeDifference } from "./spread.js";
import { headerOf, parseRecord, recordLinesOf } from "./trace-reader.js";

/** One of the two traces. */
export interface TraceFacts {
  readonly header: TraceHeader;
  /** Undefined where the trace was cut off. */
  readonly result: ResultLine | undefined;
}

export interface TraceComparison {
  readonly sides: readonly [first: TraceFacts, second: TraceFacts];
  /** Undefined where the records are the same. */
  readonly difference: TraceDifference | undefined;
  readonly spread: readonly NodeDifference[];
  readonly outcome: OutcomeDifference;
}

/** `context`: records to show before and after. Throws `TraceFormatError`. */
export async function compareTraces(
  paths: readonly [string, string],
  context: number,
  pace: Pace,
): Promise<TraceComparison> {
  const headers = paths.map(headerOf);
  const [a, b] = [await outcomeOf(paths[0], pace), await outcomeOf(paths[1], pace)];
  return {
    sides: [
      { header: headers[0]!, result: a.result },
      { header: headers[1]!, result: b.result },
    ],
    ...(await compareRecords(paths, context, pace)),
    outcome: outcomeDifference(a, b),
  };
}

async function compareRecords(
  paths: readonly [string, string],
  context: number,
  pace: Pace,
): Promise<Pick<TraceComparison, "difference" | "spread">> {
  const [first, second] = [recordLinesOf(paths[0]), recordLinesOf(paths[1])];
  try {
    const parting = await partingOf(first, second, context, pace);
    if (parting === undefined) return { difference: undefined, spread: [] };
    const spread = await spreadOf(rest(parting.first, first), rest(parting.second, second), pace);
    return { difference: await withCauses(parting, paths[0], pace), spread };
  } finally {
    // A generator that is left in the middle keeps its file open.
    first.return(undefined);
    second.return(undefined);
  }
}

/** What was read already, then what was not. */
function* rest(read: readonly TraceRecord[], lines: Iterable<string>): Generator<TraceRecord> {
  yield* read;
  for (const line of lines) yield parseRecord(line);
}
