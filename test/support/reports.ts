/** Reports of seeds, made up. */
import type { BatchFacts } from "#reports/batch/facts.js";
import type { SeedReport } from "#reports/seed-report.js";

/** A seed that held, but for what is given. */
export function seedReport(seed: number, over: Partial<SeedReport> = {}): SeedReport {
  return {
    scenario: "sample",
    seed,
    verdict: "pass",
    findings: [],
    traceHash: seed.toString(16).padStart(16, "0"),
    events: 10,
    simTimeUs: 1_000,
    counts: { operations: 5 },
    enabled: [],
    faults: {},
    marks: {},
    ...over,
  };
}

/** A seed in which an invariant broke. */
export function failingReport(seed: number, invariant = "sample/broken", message = "it broke"): SeedReport {
  return seedReport(seed, {
    verdict: "fail",
    findings: [{ invariant, message, node: "n1", timeUs: 1_000, eventId: 10, place: "" }],
  });
}

/** The facts of a batch of three seeds that ran to its end, but for what is given. */
export function batchFacts(over: Partial<BatchFacts> = {}): BatchFacts {
  return {
    input: { scenario: "sample", parameters: new Map(), switches: new Map(), program: "seedstorm" },
    scenario: "sample",
    version: "1.2.3",
    mustReach: [],
    coverageSeeds: 100,
    requireCoverage: false,
    range: { first: 0, last: 2 },
    shard: { index: 1, of: 1 },
    seeds: { first: 0, stride: 1, count: 3 },
    end: "complete",
    wallMs: 1_500,
    workers: 2,
    rate: { widthMs: 125, seeds: [0, 1, 2] },
    vacuous: [],
    judged: false,
    ...over,
  };
}
