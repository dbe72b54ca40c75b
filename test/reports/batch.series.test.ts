/** What shards can be joined by: histograms, rates and tallies do not depend on how a batch was divided. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binsOf, rateSpans } from "#reports/batch/bins.js";
import { isRateWidth, RateSeries } from "#reports/batch/rate-series.js";
import { Histogram } from "#reports/histogram.js";
import { BatchTally, KEPT_PER_FAILURE, type TallyPart } from "#reports/tally.js";
import type { SeedReport } from "#reports/seed-report.js";
import { failingReport, seedReport } from "../support/reports.js";

const seed = 4;

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

describe("histograms", () => {
  test("joined are the histogram of all values", () => {
    const values = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1 });
    fc.assert(
      fc.property(values, values, (a, b) => {
        const joined = histogramOf(a);
        joined.join(histogramOf(b).data());
        expect(joined.data()).toEqual(histogramOf([...a, ...b]).data());
      }),
      { seed },
    );
  });

  test("that had to round join to the same, whatever the parts and their order", () => {
    // Far apart, so that one doubling of the width merges nothing.
    const values = Array.from({ length: 20_000 }, (_, i) => i * 37 + (i % 11));
    const whole = histogramOf(values).data();
    expect(whole.width).toBeGreaterThan(1);
    expect(whole.buckets.length).toBeLessThanOrEqual(16_384);
    for (const of of [2, 3]) {
      const joined = new Histogram();
      for (let i = of - 1; i >= 0; i--) {
        joined.join(histogramOf(values.filter((_, at) => at % of === i)).data());
      }
      expect(joined.data()).toEqual(whole);
    }
  });

  test("drawn in bins lose no seed, and have each value in its bin", () => {
    const values = fc.array(fc.integer({ min: -60, max: 300 }), { minLength: 1 });
    fc.assert(
      fc.property(values, fc.nat(9), fc.integer({ min: 1, max: 40 }), (a, zeros, most) => {
        const { from, width, counts } = binsOf(histogramOf(a).data(), zeros, most);
        const all = [...a, ...Array.from({ length: zeros }, () => 0)];
        expect(counts.length).toBeLessThanOrEqual(most);
        expect(counts).toEqual(
          counts.map((_, i) => all.filter((value) => Math.floor((value - from) / width) === i).length),
        );
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(all.length);
      }),
      { seed },
    );
  });
});

describe("rates", () => {
  const moments = fc.array(fc.nat(10_000_000), { minLength: 1, maxLength: 50 });
  const seriesOf = (times: readonly number[]): RateSeries => {
    const series = new RateSeries();
    for (const time of times) series.add(time);
    return series;
  };

  test("stay small over any time, and count every seed in its span", () => {
    fc.assert(
      fc.property(moments, (times) => {
        const { widthMs, seeds } = seriesOf(times).data();
        expect(isRateWidth(widthMs)).toBe(true);
        expect(seeds.length).toBeLessThanOrEqual(120);
        expect(seeds).toEqual(
          seeds.map((_, i) => times.filter((time) => Math.floor(time / widthMs) === i).length),
        );
        expect(seeds.reduce((sum, count) => sum + count, 0)).toBe(times.length);
      }),
      { seed },
    );
  });

  test("joined are the rate of both", () => {
    fc.assert(
      fc.property(moments, moments, (a, b) => {
        const joined = seriesOf(a);
        joined.join(seriesOf(b).data());
        expect(joined.data()).toEqual(seriesOf([...a, ...b]).data());
      }),
      { seed },
    );
  });

  test("drawn cover the time of the batch without a gap, and all its seeds", () => {
    fc.assert(
      fc.property(moments, (times) => {
        const wallMs = Math.max(...times) + 1;
        const spans = rateSpans(seriesOf(times).data(), wallMs);
        expect(spans[0]!.fromMs).toBe(0);
        expect(spans.at(-1)!.untilMs).toBe(wallMs);
        for (const [i, { fromMs }] of spans.entries()) if (i > 0) expect(fromMs).toBe(spans[i - 1]!.untilMs);
        expect(spans.length).toBeLessThanOrEqual(60);
        expect(spans.reduce((sum, { seeds }) => sum + seeds, 0)).toBe(times.length);
      }),
      { seed },
    );
  });
});

/** Plain data, as it would come from a file. */
function partOf(tally: BatchTally): TallyPart {
  const { verdicts, events, simTimeUs, coverage } = tally;
  const part = {
    verdicts,
    events,
    simTimeUs,
    coverage,
    figures: tally.figures(),
    failures: tally.failures(),
  };
  return JSON.parse(JSON.stringify(part)) as TallyPart;
}

function tallyOf(reports: readonly SeedReport[]): BatchTally {
  const tally = new BatchTally();
  for (const report of reports) tally.add(report);
  return tally;
}

/** Figures and failures come up here and there, some in few seeds. */
function oddReport(at: number, choice: number): SeedReport {
  if (choice < 3) return failingReport(at, `sample/${choice}`);
  const counts = { [`late${choice % 5}`]: choice, operations: at, [`own${choice % 7}`]: 1 };
  return seedReport(at, { counts, marks: { [`m${choice % 4}`]: choice }, enabled: ["crash"] });
}

describe("tallies", () => {
  test("of shards join to that of the batch, in any order of the shards", () => {
    const choices = fc.array(fc.nat(20), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(choices, fc.integer({ min: 1, max: 5 }), fc.boolean(), (drawn, of, backwards) => {
        const reports = drawn.map((choice, at) => oddReport(at, choice));
        const shards = Array.from({ length: of }, (_, i) => reports.filter((_report, at) => at % of === i));
        const joined = new BatchTally();
        for (const shard of backwards ? shards.reverse() : shards) joined.join(partOf(tallyOf(shard)));
        const whole = tallyOf(reports);
        expect(joined.figureNames()).toEqual(whole.figureNames());
        expect(partOf(joined)).toEqual(partOf(whole));
        for (const { count, first } of joined.failures()) {
          expect(first).toHaveLength(Math.min(count, KEPT_PER_FAILURE));
        }
      }),
      { seed },
    );
  });

  test("tell failures apart by invariant and by place", () => {
    const at = (place: string): SeedReport["findings"] => [
      { invariant: "a/b", message: "", node: "", timeUs: 0, eventId: 0, place },
    ];
    const tally = tallyOf([
      seedReport(0, { verdict: "fail", findings: at("engines/x f") }),
      seedReport(1, { verdict: "fail", findings: at("engines/y g") }),
      seedReport(2, { verdict: "fail", findings: at("engines/x f") }),
    ]);
    expect(tally.failures().map(({ key, count }) => [key, count])).toEqual([
      ["a/b at engines/x f", 2],
      ["a/b at engines/y g", 1],
    ]);
  });
});
