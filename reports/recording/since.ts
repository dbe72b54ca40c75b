/** What is kept of a run that is too long to be kept. */
import type { Moment } from "./recording.js";

/** What happened from a time on, and of each node the last that counts from before it: that still held then. */
export function sinceAndLast<T extends Moment & { readonly node: string }>(
  all: readonly T[],
  fromUs: number,
  counts: (each: T) => boolean = () => true,
): T[] {
  const before = new Map<string, T>();
  for (const each of all) if (each.timeUs < fromUs && counts(each)) before.set(each.node, each);
  const kept = new Set(before.values());
  return all.filter((each) => each.timeUs >= fromUs || kept.has(each));
}
