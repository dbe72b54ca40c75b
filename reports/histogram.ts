/** Exact minimum and median of integers, in bounded memory, whatever the order in which they come. */
import { assert } from "#engines/env/index.js";

/** Up to so many distinct values the median is exact; beyond, neighbours share a bucket. */
const MAX_BUCKETS = 16_384;

/** A histogram as plain data; each bucket is named by its least value. */
export interface HistogramData {
  readonly min: number;
  readonly max: number;
  readonly width: number;
  readonly buckets: readonly (readonly [value: number, times: number])[];
}

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

  /** A power of two: buckets are multiples of it, and so is the median. */
  get width(): number {
    return this.#width;
  }

  /** False once there were too many distinct values. */
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
    this.#fit();
  }

  /**
   * Adds the values of another. The width is the least that fits, so the outcome is the same as if all values
   * had come here in the first place.
   */
  join(other: HistogramData): void {
    if (other.buckets.length === 0) return;
    while (this.#width < other.width) this.#widen();
    this.#min = Math.min(this.#min, other.min);
    this.#max = Math.max(this.#max, other.max);
    for (const [value, times] of other.buckets) {
      this.#total += times;
      this.#put(value, times);
    }
    this.#fit();
  }

  /** All of it, as plain data: for files, and for `join`. */
  data(): HistogramData {
    return { min: this.min, max: this.max, width: this.#width, buckets: this.entries() };
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

  /** The buckets, by value. */
  entries(): [value: number, times: number][] {
    return [...this.#buckets].sort(([a], [b]) => a - b);
  }

  #put(value: number, times: number): void {
    const bucket = value - (((value % this.#width) + this.#width) % this.#width);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + times);
  }

  /** One doubling may not be enough where values lie far apart. */
  #fit(): void {
    while (this.#buckets.size > MAX_BUCKETS) this.#widen();
  }

  #widen(): void {
    const old = this.#buckets;
    this.#width *= 2;
    this.#buckets = new Map();
    for (const [value, times] of old) this.#put(value, times);
  }
}
