/**
 * Scenarios in a test suite of the user's, whatever runs it: `seedstorm/testing`.
 *
 * What lives here: `checkSeeds`, and in `vitest.ts` a test around it, `seedstorm/vitest`.
 *
 * What it promises: the same verdicts and trace hashes as the command line, in the process of the test, also
 * where several tests overlap. What it does not: use more than one core, or end a seed that hangs.
 */
export { checkSeeds, type CheckSeedsOptions } from "./check-seeds.js";
export { SeedFailed, SeedsVacuous } from "./errors.js";
export type { SeedReport } from "#reports/seed-report.js";
