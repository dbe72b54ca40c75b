/**
 * Snapshots of a state machine, so that its log can be cut.
 *
 * What lives here: `SnapshotStore`, which keeps the latest snapshot of one state in one directory, and
 * `verify`. The layout of a file is in FORMAT.md.
 *
 * What it promises: a crash at any step leaves the old snapshot or the new one, whole. A chunk is served as it
 * was saved or not at all. A snapshot under its final name that is not what was saved is damage, reported with
 * file and offset; nothing is deleted then, and no older one is taken for it.
 *
 * What it does not: it keeps no history, and it knows neither the state nor the log. A device that says it has
 * made durable what it has not can take the new snapshot away after the old one is gone.
 */

export { SnapshotDamagedError, SnapshotError, type Outcome, type SnapshotErrorCode } from "./errors.js";
export { SNAPSHOT_MARKS, type SnapshotEvent, type SnapshotMark } from "./events.js";
export { MAX_CHUNK_BYTES } from "./format.js";
export type { Chunks } from "./snapshot-file.js";
export type { SnapshotInfo } from "./recovery.js";
export { SnapshotStore, type SnapshotInspection, type SnapshotOptions } from "./store.js";
export { verify, type SnapshotReport } from "./verify.js";
