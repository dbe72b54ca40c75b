/** Reports of seeds, made up. */
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
