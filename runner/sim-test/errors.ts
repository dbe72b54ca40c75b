/** What a test of the user's fails with. */
import { SeedstormError } from "#engines/env/index.js";
import { clockTime } from "#reports/format.js";
import type { SeedReport } from "#reports/seed-report.js";

/** An invariant broke. `todo` has the command that replays the seed, where the module is known. */
export class SeedFailed extends SeedstormError {
  readonly seed: number;
  readonly invariant: string;
  readonly report: SeedReport;

  constructor(report: SeedReport, held: number, todo: string) {
    const [finding] = report.findings;
    const { invariant, message, node, timeUs, stack } = finding!;
    const on = node === "" ? "" : ` on ${node}`;
    super("SEED_FAILED", {
      expected: `${invariant} to hold`,
      found: message,
      where: `seed ${report.seed} of ${report.scenario}, ${clockTime(timeUs)}${on}, after ${held} that held`,
      todo,
    });
    this.seed = report.seed;
    this.invariant = invariant;
    this.report = report;
    // Test runners show the stack of a cause: the place in the user's code.
    if (stack !== undefined) this.cause = withStack(message, stack);
  }
}

/** All seeds held, but prove less than they seem to. */
export class SeedsVacuous extends SeedstormError {
  /** A line each. */
  readonly reasons: readonly string[];

  constructor(scenario: string, seeds: number, reasons: readonly string[]) {
    super("SEEDS_VACUOUS", {
      expected: "each enabled fault to change something and each mark to be reached",
      found: reasons.join("; "),
      where: `${seeds} seeds of ${scenario}`,
      todo: "run more seeds, or make the storm stronger",
    });
    this.reasons = reasons;
  }
}

function withStack(message: string, stack: string): Error {
  const cause = new Error(message);
  cause.stack = stack;
  return cause;
}
