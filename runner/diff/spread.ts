/**
 * How a difference spreads: which node was the first to do anything else than on the other side, and when. Ids
 * shift once two traces part, so what is compared is each node's own sequence of what it did and when.
 */
import type { TraceRecord } from "#sim/trace.js";
import type { Pace } from "./pace.js";
import { TraceRest } from "./trace-rest.js";

/** Where a node's two sequences part. */
export interface NodeDifference {
  readonly node: string;
  /** Of the earlier of the two records. */
  readonly timeUs: number;
  /** What it did next; undefined where it did nothing more. */
  readonly first: TraceRecord | undefined;
  readonly second: TraceRecord | undefined;
  /** The nodes by way of which the difference came, from where it began to the last one before this. */
  readonly way: readonly string[];
}

type Open = { -readonly [K in keyof NodeDifference]: NodeDifference[K] };
type Rests = readonly [first: TraceRest, second: TraceRest];

const SIDES = ["first", "second"] as const;

/**
 * The nodes of two traces from where they part, in the order in which they differ; those that never do are left
 * out. Reads both side by side in simulated time: what it holds does not grow with their length, but for a few
 * bytes an event.
 */
export async function spreadOf(
  first: Iterator<TraceRecord>,
  second: Iterator<TraceRecord>,
  pace: Pace,
): Promise<NodeDifference[]> {
  const rests = [new TraceRest(first), new TraceRest(second)] as const;
  const found = new Map<string, Open>();
  for (;;) {
    const timeUs = Math.min(rests[0].timeUs, rests[1].timeUs);
    if (timeUs === Infinity) return [...found.values()];
    const nodes = new Set<string>();
    for (const [i, rest] of rests.entries()) {
      for (const record of rest.at(timeUs)) {
        const breath = pace.step();
        if (breath !== undefined) await breath;
        if (record.node === "") continue;
        const difference = found.get(record.node);
        if (difference !== undefined) difference[SIDES[i]!] ??= record;
        else {
          rest.queue(record);
          nodes.add(record.node);
        }
      }
    }
    // All that happens at this time is queued, so what has no counterpart by now has none.
    for (const node of nodes) {
      const difference = differenceOf(rests, node, timeUs, found);
      if (difference !== undefined) found.set(node, difference);
    }
  }
}

/** What differs in the queues of a node, which are empty afterwards. */
function differenceOf(
  rests: Rests,
  node: string,
  timeUs: number,
  found: ReadonlyMap<string, NodeDifference>,
): Open | undefined {
  const [ofFirst, ofSecond] = [rests[0].take(node), rests[1].take(node)];
  const length = Math.max(ofFirst.length, ofSecond.length);
  for (let i = 0; i < length; i++) {
    const [first, second] = [ofFirst[i], ofSecond[i]];
    if (first !== undefined && second !== undefined && looksSame(first, second)) continue;
    const origin = (first && rests[0].originOf(first)) ?? (second && rests[1].originOf(second));
    rests[0].mark(node, first);
    rests[1].mark(node, second);
    const way = origin === undefined ? [] : [...found.get(origin)!.way, origin];
    return { node, timeUs, first, second, way };
  }
  return undefined;
}

/** All but ids and the hash, which shift where another node does something else. */
function looksSame(a: TraceRecord, b: TraceRecord): boolean {
  return (
    a.type === b.type &&
    a.kind === b.kind &&
    a.incarnation === b.incarnation &&
    a.sizeBytes === b.sizeBytes &&
    a.detail === b.detail &&
    JSON.stringify(a.message?.value) === JSON.stringify(b.message?.value)
  );
}
