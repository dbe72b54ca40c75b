/** What several parts of a plan draw. */
import type { Stream } from "#sim/streams.js";

/** The same values in a random order. */
export function shuffle<T>(values: readonly T[], stream: Stream): T[] {
  const shuffled = [...values];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = stream.below(i + 1);
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
}
