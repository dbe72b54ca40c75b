/** Exact minimum and median of a stream of integers, in bounded memory. */
import { assert } from "#engines/env/index.js";

/** Up to so many distinct values the median is exact; beyond, neighbours share a bucket. */
const MAX_BUCKETS = 16_384;

export class Histogram {
  #buckets: Map<number, number> = new Map();
  #width = 1;
  #total = 0;
  #min = Infinity;
  #max = -Infinity;

  /** How many values there are. */
  get total(): number {
    return this.#total;
  }

  get min(): number {
    assert(this.#total > 0, "an empty histogram has no minimum");
    return this.#min;
  }

  get max(): number {
    assert(this.#total > 0, "an empty histogram has no maximum");
    return this.#max;
  }

  /** False once there were too many distinct values; the median is then a multiple of some width. */
  get exact(): boolean {
    return this.#width === 1;
  }

  add(value: number, times = 1): void {
    assert(Number.isSafeInteger(value), "figures are integers");
    if (times === 0) return;
    this.#total += times;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    this.#put(value, times);
    if (this.#buckets.size > MAX_BUCKETS) this.#widen();
  }

  /** The lower median: the value at rank ceil(n/2), after as many implied zeros were added. */
  median(zeros = 0): number {
    const total = this.#total + zeros;
    assert(total > 0, "an empty histogram has no median");
    const buckets = new Map(this.#buckets);
    buckets.set(0, (buckets.get(0) ?? 0) + zeros);
    let rank = Math.ceil(total / 2);
    for (const value of [...buckets.keys()].sort((a, b) => a - b)) {
      rank -= buckets.get(value)!;
      if (rank <= 0) return value;
    }
    return this.#max;
  }

  /** The buckets, by value: for files, so that histograms of shards can be joined. */
  entries(): [value: number, times: number][] {
    return [...this.#buckets].sort(([a], [b]) => a - b);
  }

  #put(value: number, times: number): void {
    const bucket = value - (((value % this.#width) + this.#width) % this.#width);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + times);
  }

  #widen(): void {
    const old = this.#buckets;
    this.#width *= 2;
    this.#buckets = new Map();
    for (const [value, times] of old) this.#put(value, times);
  }
}
