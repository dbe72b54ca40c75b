/** Cuts what is to be drawn into as many parts as there is room for. */
import type { HistogramData } from "../histogram.js";
import { inPairs, type RateData } from "./rate-series.js";

/** So many seeds had a value from `from` on, up to the next bin. */
export interface Bins {
  readonly from: number;
  readonly width: number;
  readonly counts: readonly number[];
}

/** At most `most` bins over all values; `zeros` more seeds had 0. */
export function binsOf({ min, max, width, buckets }: HistogramData, zeros: number, most: number): Bins {
  const from = zeros > 0 ? Math.min(0, min) : min;
  const to = zeros > 0 ? Math.max(0, max) : max;
  // No finer than the histogram, or most of the bins would be empty.
  const binWidth = Math.max(width, Math.ceil((to - from + 1) / most));
  const counts: number[] = Array.from({ length: Math.ceil((to - from + 1) / binWidth) }, () => 0);
  const put = (value: number, times: number): void => {
    counts[Math.floor((Math.max(value, from) - from) / binWidth)]! += times;
  };
  for (const [value, times] of buckets) put(value, times);
  if (zeros > 0) put(0, zeros);
  return { from, width: binWidth, counts };
}

/** A span of a batch's time, and how many seeds ended in it. */
export interface RateSpan {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly seeds: number;
  readonly perSecond: number;
}

/** More are finer than what a reader can tell apart. */
const MOST_SPANS = 60;
/** With fewer spans than this the course of a batch is hard to see. */
const FEW_SPANS = 12;
/** A rate over fewer seeds than this is mostly noise. */
const ENOUGH_SEEDS = 8;

/** The spans up to the end of the batch, as many as there is something to see in. */
export function rateSpans({ widthMs, seeds }: RateData, wallMs: number): RateSpan[] {
  const total = seeds.reduce((sum, count) => sum + count, 0);
  let counts = seeds;
  let width = widthMs;
  const isTooFine = (): boolean =>
    counts.length > MOST_SPANS || (counts.length > FEW_SPANS && total < counts.length * ENOUGH_SEEDS);
  while (isTooFine()) {
    counts = inPairs(counts);
    width *= 2;
  }
  const spans = counts.map((count, i) => span(i * width, Math.min((i + 1) * width, wallMs), count));
  // What is left of the last bucket may be too short to say anything.
  const last = spans.at(-1);
  const before = spans.at(-2);
  if (last === undefined || before === undefined || last.untilMs - last.fromMs >= width / 2) return spans;
  return [...spans.slice(0, -2), span(before.fromMs, last.untilMs, before.seeds + last.seeds)];
}

function span(fromMs: number, untilMs: number, seeds: number): RateSpan {
  const end = Math.max(untilMs, fromMs + 1);
  return { fromMs, untilMs: end, seeds, perSecond: (seeds * 1_000) / (end - fromMs) };
}
