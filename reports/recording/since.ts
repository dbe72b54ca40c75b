/** What is kept of a run that is too long to be kept. */
import type { Moment } from "./recording.js";

/**
 * What happened from a time on, and of all with the same key the last from before it: that still held then. What has no
 * key held for a moment only.
 */
export function sinceAndLast<T extends Moment>(
  all: readonly T[],
  fromUs: number,
  keyOf: (each: T) => string | undefined,
): T[] {
  const before = new Map<string, T>();
  for (const each of all) {
    const key = each.timeUs < fromUs ? keyOf(each) : undefined;
    if (key !== undefined) before.set(key, each);
  }
  const kept = new Set(before.values());
  return all.filter((each) => each.timeUs >= fromUs || kept.has(each));
}
