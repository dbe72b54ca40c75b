/** The last lines of a replay. */
import type { Run } from "#sim/scenario.js";
import { clockTime, plural } from "#reports/format.js";
import type { SeedReport } from "#reports/seed-report.js";
import type { Subject } from "./subject.js";

/** The seed, the verdict and the command; for a repro how that compares with what it holds. */
export function verdictLines(subject: Subject, report: SeedReport, run: Run | undefined): string[] {
  const verdict = report.verdict === "pass" ? "held" : "failed";
  return [
    `seed ${subject.seed}  ${verdict}  trace ${report.traceHash}, ` +
      `${plural(report.events, "event")}, ${clockTime(report.simTimeUs)}  ${subject.command}`,
    ...subject.compare(report, run),
  ];
}
