/**
 * A write-ahead log that a database can be built on.
 *
 * What lives here: `Wal` (append, group commit, read, scan, cut at both ends), its recovery, and `verify`. Whoever
 * makes a state out of it can be told once for all records of a batch (`WalFollower`), and work while the device makes
 * them durable. The layout of its files is in FORMAT.md.
 *
 * What it promises: an append that was acknowledged under the policies `each` and `group` survives the loss of
 * the process and of the machine; under `interval` and `none`, that of the process, and a sync that resolved
 * covers what came before it. A crash leaves a prefix of what was appended; an atomic append whole or not at
 * all. A record is served byte for byte as it was written, or not at all: damage to what was durable is
 * reported with segment, offset and LSN, and nothing is dropped for it.
 *
 * What it does not: a device that says it has made durable what it has not can take the end of the log away
 * unseen. A segment file that is lost is noticed only between two others. Nothing keeps two `Wal`s of one environment from
 * opening one directory. An open needs room for what was not proven durable; on a full device it fails until
 * there is some.
 *
 * Limits: LSNs up to 2^53 - 1; a batch, and so a record or an atomic append, up to 1 GiB with its headers; a
 * batch never spans segments.
 */

export { WalDamagedError, WalError, type Outcome, type WalErrorCode } from "./errors.js";
export { WAL_MARKS, type WalEvent, type WalMark, type WalRecovery } from "./events.js";
export type { RecordSource, WalFollower, WrittenBatch } from "./follower.js";
export { MAX_BATCH_BYTES, type Lsn, type SegmentKind } from "./format.js";
export type { SyncPolicy, WalOptions } from "./options.js";
export type { WalChunk } from "./reader.js";
export { verify, type SegmentReport, type WalReport } from "./verify.js";
export { Wal, type LsnRange, type WalInspection } from "./wal.js";
