/** What a batch knows of one seed. */
import type { SeedResult } from "#sim/run-seed.js";
import type { Finding } from "#sim/world.js";
import { placeOf } from "#sim/place.js";
import { thrownText } from "./printable.js";

/** `hung`: over its wall-clock limit. `died`: its worker ended under it. Neither has a result. */
export type Verdict = "pass" | "fail" | "hung" | "died";

/** A `SeedResult`, or what stands for it where the seed never ended. */
export interface SeedReport extends Omit<SeedResult, "verdict"> {
  readonly verdict: Verdict;
}

/** The report of a seed that did not come to an end: no hash, no events, one finding. */
export function unfinished(
  scenario: string,
  seed: number,
  verdict: "hung" | "died",
  message: string,
): SeedReport {
  const invariant = verdict === "hung" ? "limits/hung" : "limits/worker-died";
  return withoutResult(scenario, seed, verdict, {
    invariant,
    message,
    node: "",
    timeUs: 0,
    eventId: 0,
    place: "",
  });
}

/** The report of a seed in which the simulator itself broke. */
export function broken(scenario: string, seed: number, error: unknown): SeedReport {
  return withoutResult(scenario, seed, "fail", {
    invariant: "simulator/internal-error",
    message: thrownText(error),
    node: "",
    timeUs: 0,
    eventId: 0,
    place: error instanceof Error ? placeOf(error.stack ?? "") : "",
    ...(error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {}),
  });
}

function withoutResult(
  scenario: string,
  seed: number,
  verdict: Verdict,
  finding: SeedReport["findings"][number],
): SeedReport {
  return {
    scenario,
    seed,
    verdict,
    findings: [finding],
    traceHash: "",
    events: 0,
    simTimeUs: 0,
    counts: {},
    enabled: [],
    faults: {},
    marks: {},
  };
}

/** What tells one failure from another: the broken invariant and, where it is known, the place in the code. */
export function failureKeyOf({ invariant, place }: Pick<Finding, "invariant" | "place">): string {
  return place === "" ? invariant : `${invariant} at ${place}`;
}

/** The failure that a seed shows. */
export function failureKey({ findings: [finding] }: Pick<SeedReport, "findings">): string {
  return finding === undefined ? "none" : failureKeyOf(finding);
}

/** Whether the seed came to an end, so that its figures and coverage count. */
export function finished(report: Pick<SeedReport, "traceHash">): boolean {
  return report.traceHash !== "";
}

/** The one object a line of `--json`. */
export function jsonLine(report: SeedReport): string {
  const [finding] = report.findings;
  const { scenario, seed, verdict, traceHash, events, simTimeUs, counts } = report;
  const failure =
    finding === undefined
      ? {}
      : {
          invariant: finding.invariant,
          message: finding.message,
          node: finding.node,
          timeUs: finding.timeUs,
        };
  return `${JSON.stringify({ scenario, seed, verdict, traceHash, events, simTimeUs, ...failure, counts })}\n`;
}
