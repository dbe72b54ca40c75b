/**
 * Places observations of "the value was another" into an order of updates that is fixed already: each at the
 * earliest gap that its interval, those placed before it and the value allow. Earliest is best: whoever comes
 * later is only bound from below.
 */
import { SET } from "./action.js";
import type { Partition } from "./partition.js";
import type { ValueOperations } from "./values.js";

/** The gaps of an order: gap g lies before its g-th operation, the last one behind all. */
interface Gaps {
  /** By gap: the value in it. */
  readonly values: Int32Array;
  /** By gap: the next gap with another value; the number of gaps where there is none. */
  readonly nextOther: Int32Array;
}

function gapsOf(actions: ValueOperations, order: readonly number[]): Gaps {
  const values = new Int32Array(order.length + 1);
  values[0] = actions.initial;
  for (let g = 0; g < order.length; g++) {
    const operation = order[g]!;
    values[g + 1] = actions.effect[operation] === SET ? actions.operand[operation]! : values[g]!;
  }
  const nextOther = new Int32Array(values.length);
  for (let g = values.length - 1; g >= 0; g--) {
    const same = g + 1 < values.length && values[g + 1] === values[g];
    nextOther[g] = same ? nextOther[g + 1]! : g + 1;
  }
  return { values, nextOther };
}

/** By rank of an invocation: the first gap behind everything that had ended by then. */
function lowestGaps(part: Partition<unknown, unknown>, places: Int32Array): Int32Array {
  const lowest = new Int32Array(part.events.length);
  let gap = 0;
  for (let at = 0; at < lowest.length; at++) {
    const event = part.events[at]!;
    if (event < 0) gap = Math.max(gap, places[~event]! + 1);
    lowest[at] = gap;
  }
  return lowest;
}

/** By rank of an answer: the last gap before everything that had not begun by then. */
function highestGaps(part: Partition<unknown, unknown>, places: Int32Array, gaps: number): Int32Array {
  const highest = new Int32Array(part.events.length);
  let gap = gaps - 1;
  for (let at = highest.length - 1; at >= 0; at--) {
    const event = part.events[at]!;
    if (event >= 0 && places[event]! >= 0) gap = Math.min(gap, places[event]!);
    highest[at] = gap;
  }
  return highest;
}

/** Chooses a gap for each of the observations; undefined where one fits nowhere. */
function chooseGaps(
  part: Partition<unknown, unknown>,
  actions: ValueOperations,
  order: readonly number[],
  observations: readonly number[],
): Int32Array | undefined {
  const places = new Int32Array(part.operations.length).fill(-1);
  order.forEach((operation, place) => (places[operation] = place));
  const { values, nextOther } = gapsOf(actions, order);
  const lowest = lowestGaps(part, places);
  const highest = highestGaps(part, places, values.length);
  const chosen = new Int32Array(part.operations.length).fill(-1);
  for (const operation of observations) chosen[operation] = values.length;
  let behind = 0;
  for (let at = 0; at < part.events.length; at++) {
    const event = part.events[at]!;
    const operation = event < 0 ? ~event : event;
    if (chosen[operation] === -1) continue;
    if (event < 0) {
      behind = Math.max(behind, chosen[operation]!);
      continue;
    }
    const gap = Math.max(lowest[at]!, behind);
    const free = values[gap] === actions.expected[operation] ? nextOther[gap]! : gap;
    if (free > highest[part.answeredAt[operation]!]!) return undefined;
    chosen[operation] = free;
  }
  return chosen;
}

/** The order with the observations in it; undefined where this order has no room for all of them. */
export function placeObservations(
  part: Partition<unknown, unknown>,
  actions: ValueOperations,
  order: readonly number[],
  observations: readonly number[],
): number[] | undefined {
  const chosen = chooseGaps(part, actions, order, observations);
  if (chosen === undefined) return undefined;
  // Observations of one gap keep the order of their invocations: `toSorted` is stable.
  const placed = observations.toSorted((a, b) => chosen[a]! - chosen[b]!);
  const full: number[] = [];
  let next = 0;
  for (let gap = 0; gap <= order.length; gap++) {
    while (next < placed.length && chosen[placed[next]!] === gap) full.push(placed[next++]!);
    if (gap < order.length) full.push(order[gap]!);
  }
  return full;
}
