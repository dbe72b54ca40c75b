/**
 * Repros: failures as files that can be run again, also after the code has changed.
 *
 * What lives here: the format, how a repro is made of a failing run, how its file is read and written, and how it
 * is run. What it promises: on the code that it was made with, a repro gives the same failure and the same trace
 * hash; on other code it runs still, and `unusedParts` says what of it no longer applies; a file that is no repro
 * is refused in one line. What it does not: make repros smaller (see `runner/shrink`).
 */
export {
  sizeOf,
  REPRO_FORMAT,
  type Repro,
  type ReproFailure,
  type ReproFault,
  type ReproSize,
} from "./format.js";
export { makeRepro, reproOfSeed, struckFaults } from "./make.js";
export { runRepro, seedOptionsOf, unusedParts, type ReproRun, type ReproRunOptions } from "./run.js";
export { parseRepro, readRepro, reproText, ReproFormatError } from "./text.js";
export { failureKeyOf } from "#reports/seed-report.js";
