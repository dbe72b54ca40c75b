/** How many seeds ended when, in bounded memory over any time. */
import { assert } from "#engines/env/index.js";

/** So many buckets at most: more than a chart has room for. */
const MAX_BUCKETS = 120;
/** A power of two times this is the width of every series, so that any two of them can be joined. */
const FIRST_WIDTH_MS = 125;

/** The series as plain data: `seeds[i]` ended in the `i`-th span of `widthMs` since the batch began. */
export interface RateData {
  readonly widthMs: number;
  readonly seeds: readonly number[];
}

/** Whether a series may have buckets of this width. */
export function isRateWidth(widthMs: number): boolean {
  let width = FIRST_WIDTH_MS;
  while (width < widthMs) width *= 2;
  return width === widthMs;
}

/** Counts of buckets that are twice as wide. */
export function inPairs(counts: readonly number[]): number[] {
  const half = Math.ceil(counts.length / 2);
  return Array.from({ length: half }, (_, i) => counts[2 * i]! + (counts[2 * i + 1] ?? 0));
}

export class RateSeries {
  #widthMs = FIRST_WIDTH_MS;
  #seeds: number[] = [];

  /** Counts seeds that ended `elapsedMs` after the batch began. */
  add(elapsedMs: number, seeds = 1): void {
    assert(elapsedMs >= 0, "a batch begins before its seeds end");
    while (elapsedMs >= this.#widthMs * MAX_BUCKETS) this.#widen();
    const bucket = Math.floor(elapsedMs / this.#widthMs);
    while (this.#seeds.length <= bucket) this.#seeds.push(0);
    this.#seeds[bucket]! += seeds;
  }

  /** Adds another part of the same batch, as if both had begun at once. */
  join(part: RateData): void {
    assert(isRateWidth(part.widthMs), "widths are powers of two of one another");
    while (this.#widthMs < part.widthMs) this.#widen();
    for (const [i, seeds] of part.seeds.entries()) this.add(i * part.widthMs, seeds);
  }

  data(): RateData {
    return { widthMs: this.#widthMs, seeds: [...this.#seeds] };
  }

  #widen(): void {
    this.#widthMs *= 2;
    this.#seeds = inPairs(this.#seeds);
  }
}
