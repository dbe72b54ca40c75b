/**
 * Directories of repro files: one file for each failure, named after it.
 *
 * What lives here: the names, the directory, and the way from a failing seed of a batch to its file. What it
 * promises: a file is there whole or not at all, and is durable once it was stored; the same failure gets the same
 * name; nothing that is there is ever replaced or removed. What it does not: run what it holds (see
 * `runner/fuzz`).
 */
export { reproName } from "./names.js";
export { PATIENCE_MS, recordedLines, recordFailure, recordFailures, type Recorded } from "./record.js";
export { DEFAULT_REPROS, ReproStore, type CorpusEntry, type StoredRepro } from "./store.js";
