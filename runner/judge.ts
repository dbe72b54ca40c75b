/** What a batch proves: whether its coverage is judged, and the exit code that says how it ended. */
import { vacuities, type Coverage } from "#sim/faults/index.js";
import type { BatchVerdict } from "#reports/batch/facts.js";
import { EXIT } from "./exit-codes.js";

/** What a scenario asks of the coverage of a batch; see `Scenario`. */
export interface CoverageAsked {
  readonly mustReach: readonly string[];
  readonly coverageSeeds: number;
  /** Judge a batch that is smaller, too, where it is `whole`. */
  readonly requireCoverage: boolean;
}

/**
 * Why the batch is vacuous, where that is judged. `whole`: it was not cut short and is no part of another. What
 * is not whole is only judged where it is large enough by itself.
 */
export function judgeCoverage(
  seeds: number,
  coverage: Coverage,
  asked: CoverageAsked,
  whole: boolean,
): { readonly judged: boolean; readonly vacuous: readonly string[] } {
  const judged = seeds >= asked.coverageSeeds || (whole && asked.requireCoverage);
  return { judged, vacuous: judged ? vacuities(coverage, asked.mustReach) : [] };
}

export const VERDICT_EXIT: Readonly<Record<BatchVerdict, number>> = {
  interrupted: EXIT.interrupted,
  "not deterministic": EXIT.notDeterministic,
  broken: EXIT.broken,
  vacuous: EXIT.vacuous,
  held: EXIT.held,
};
