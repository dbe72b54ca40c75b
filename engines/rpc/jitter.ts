import type { Random } from "../env/index.js";

/**
 * Between half of it and all, in microseconds: callers that failed together do not come back together ("equal jitter" in
 * Brooker, "Exponential Backoff And Jitter", AWS 2015).
 */
export function jittered(random: Random, durationUs: number): number {
  const halfUs = Math.floor(durationUs / 2);
  return halfUs + random.below(durationUs - halfUs + 1);
}
