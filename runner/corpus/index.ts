/**
 * Directories of repro files: one file for each failure, named after it.
 *
 * What lives here: the names, the directory, and the way from a failing seed of a batch to its file. What it
 * promises: a file is there whole or not at all, and is durable once it was stored; the same failure gets the same
 * name, and another one beside it where the first no longer shows it; nothing that is there is ever replaced or
 * removed. What it does not: find failures (see `runner/fuzz`), or make them smaller.
 */
export { reproName } from "./names.js";
export { Probe } from "./probe.js";
export {
  isSameRun,
  PATIENCE_MS,
  recordedLines,
  recordFailure,
  recordFailures,
  type Keeps,
  type Recorded,
} from "./record.js";
export { DEFAULT_REPROS, ReproStore, type CorpusEntry } from "./store.js";
export { CorpusWork, type CorpusOutcome } from "./work.js";
