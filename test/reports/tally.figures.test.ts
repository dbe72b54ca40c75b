import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Histogram } from "#reports/histogram.js";
import { BatchTally, KEPT_PER_FAILURE } from "#reports/tally.js";
import { unfinished } from "#reports/seed-report.js";
import { failingReport, seedReport } from "../support/reports.js";

function lowerMedian(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.ceil(values.length / 2) - 1]!;
}

describe("histogram", () => {
  test("minimum, maximum and lower median are exact, whatever the order", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1 }),
        fc.nat(20),
        (values, zeros) => {
          const histogram = new Histogram();
          for (const value of values) histogram.add(value);
          expect(histogram.min).toBe(Math.min(...values));
          expect(histogram.max).toBe(Math.max(...values));
          expect(histogram.median()).toBe(lowerMedian(values));
          expect(histogram.median(zeros)).toBe(
            lowerMedian([...values, ...Array.from({ length: zeros }, () => 0)]),
          );
          expect(histogram.exact).toBe(true);
        },
      ),
      { seed: 8 },
    );
  });

  test("with very many distinct values stays small, and says that it rounds", () => {
    const histogram = new Histogram();
    for (let value = 0; value < 100_000; value++) histogram.add(value);
    expect(histogram.entries().length).toBeLessThanOrEqual(16_384);
    expect(histogram.exact).toBe(false);
    expect(histogram.min).toBe(0);
    expect(histogram.max).toBe(99_999);
    expect(Math.abs(histogram.median() - 49_999)).toBeLessThanOrEqual(8);
    expect(histogram.entries().reduce((sum, [, times]) => sum + times, 0)).toBe(100_000);
  });
});

describe("tally", () => {
  test("a figure that a seed did not count is 0 there; seeds that never ended don't count", () => {
    const tally = new BatchTally();
    tally.add(seedReport(0, { counts: { operations: 4 } }));
    tally.add(seedReport(1, { counts: { operations: 6, crashes: 2 } }));
    tally.add(seedReport(2, { counts: { operations: 9 } }));
    tally.add(unfinished("sample", 3, "hung", "too slow"));
    expect(tally.figure("operations")).toMatchObject({ min: 4, median: 6, max: 9 });
    expect(tally.figure("crashes")).toMatchObject({ min: 0, median: 0, max: 2 });
    expect(tally.seeds).toBe(4);
    expect(tally.coverage.seeds).toBe(3);
    expect(tally.verdicts).toEqual({ pass: 3, fail: 0, hung: 1, died: 0 });
  });

  test("keeps the first failing seeds of each invariant and counts the others", () => {
    const tally = new BatchTally();
    for (let seed = 0; seed < 1_000; seed++) tally.add(failingReport(seed, `sample/${seed % 2}`));
    for (const [index, group] of tally.failures().entries()) {
      expect(group.key).toBe(`sample/${index}`);
      expect(group.count).toBe(500);
      expect(group.first.map(({ seed }) => seed)).toEqual(
        Array.from({ length: KEPT_PER_FAILURE }, (_, i) => index + 2 * i),
      );
    }
    expect(tally.failing).toBe(1_000);
  });
});
