/** Why something happened: the chain of events back from it. */
import type { TraceRecord } from "#sim/trace.js";
import { EventIndex } from "./event-index.js";
import type { Pace } from "./pace.js";
import { parseRecord, recordLinesOf } from "./trace-reader.js";

/** Longer chains lead into the start of the run, not to a reason. */
const MAX_CAUSES = 6;

/**
 * For each record its causes, the nearest first, among the first `count` records of the file. The cause of an
 * effect is the event in which it happened.
 */
export async function causesIn(
  path: string,
  count: number,
  records: readonly (TraceRecord | undefined)[],
  pace: Pace,
): Promise<TraceRecord[][]> {
  const index = new EventIndex();
  await eachOf(path, count, pace, (line, number) => {
    const { type, id, cause } = parseRecord(line);
    if (type === "event") index.put(id, cause, number);
  });
  const chains = records.map((record) => (record === undefined ? [] : chainOf(record, index)));
  const wanted = new Map<number, TraceRecord | undefined>(chains.flat().map((number) => [number, undefined]));
  await eachOf(path, count, pace, (line, number) => {
    if (wanted.has(number)) wanted.set(number, parseRecord(line));
  });
  return chains.map((chain) => chain.map((number) => wanted.get(number)!));
}

/** Numbers of records. */
function chainOf(record: TraceRecord, index: EventIndex): number[] {
  const chain: number[] = [];
  let id = causeOf(record);
  for (;;) {
    const number = index.numberOf(id);
    if (number === undefined || chain.length === MAX_CAUSES) return chain;
    chain.push(number);
    id = index.causeOf(id);
  }
}

/** The event that something happened because of: for an effect that in which it did. */
export function causeOf({ type, id, cause }: TraceRecord): number {
  return type === "effect" ? id : cause;
}

async function eachOf(
  path: string,
  count: number,
  pace: Pace,
  use: (line: string, number: number) => void,
): Promise<void> {
  let number = 0;
  for (const line of recordLinesOf(path)) {
    if (number >= count) return;
    use(line, number++);
    const breath = pace.step();
    if (breath !== undefined) await breath;
  }
}
