/** How long operations took, in bounded memory whatever their number. Values are exact to one part in 32. */

const NS_PER_MS = 1_000_000;
const LONGEST_NS = 0xffff_ffff;
/** Buckets between two powers of two. */
const STEP_BITS = 5;
const STEPS = 1 << STEP_BITS;

export class Latencies {
  /** Below `STEPS` a bucket for each nanosecond; from there on `STEPS` for each power of two. */
  readonly #counts: Float64Array = new Float64Array((32 - STEP_BITS + 1) * STEPS);
  #total = 0;
  #longestNs = 0;

  /** 4.29 s is the most that is told apart. */
  add(durationMs: number): void {
    const ns = Math.min(Math.trunc(durationMs * NS_PER_MS), LONGEST_NS);
    if (ns > this.#longestNs) this.#longestNs = ns;
    this.#total++;
    this.#counts[bucketOf(ns)]!++;
  }

  get total(): number {
    return this.#total;
  }

  get maxUs(): number {
    return this.#longestNs / 1_000;
  }

  /** What this share of the operations did not exceed; 0 where there were none. */
  percentileUs(percent: number): number {
    let left = Math.ceil((this.#total * percent) / 100);
    if (left === 0) return 0;
    const bucket = this.#counts.findIndex((count) => (left -= count) <= 0);
    return Math.min(lastNsOf(bucket), this.#longestNs) / 1_000;
  }
}

function bucketOf(ns: number): number {
  if (ns < STEPS) return ns;
  const shift = 31 - Math.clz32(ns) - STEP_BITS;
  return (shift + 1) * STEPS + ((ns >>> shift) - STEPS);
}

/** The longest that falls into a bucket. */
function lastNsOf(bucket: number): number {
  if (bucket < STEPS) return bucket;
  const shift = Math.floor(bucket / STEPS) - 1;
  return ((bucket % STEPS) + STEPS + 1) * 2 ** shift - 1;
}
