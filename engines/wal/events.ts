import type { Observation } from "../env/index.js";
import type { Lsn, SegmentKind } from "./format.js";

/** What recovery found and did. */
export interface WalRecovery {
  /** Bytes behind the last accepted batch that were given up, a hole and valid batches behind it included. */
  readonly cutBytes: number;
  /** Records that were written again, to a new segment, since nothing proved them durable. */
  readonly rewrittenRecords: number;
  /** Temporary files of a crash that were removed. */
  readonly sweptFiles: number;
  /** Segments that a later one superseded and that were removed. */
  readonly removedSegments: number;
}

/** What a log tells `env.observe`: at most one event for each batch, sync or cut, never one for each record. */
export type WalEvent = Observation & { readonly directory: string } & (
    | {
        readonly kind: "wal/opened";
        readonly firstLsn: Lsn;
        readonly lastLsn: Lsn;
        readonly segments: number;
        readonly recovery: WalRecovery;
      }
    | { readonly kind: "wal/appended"; readonly firstLsn: Lsn; readonly lastLsn: Lsn; readonly bytes: number }
    /** Every record up to `lsn` is durable. */
    | { readonly kind: "wal/persisted"; readonly lsn: Lsn }
    | {
        readonly kind: "wal/segment-created";
        readonly number: number;
        readonly segment: SegmentKind;
        readonly firstLsn: Lsn;
      }
    /** Every record above `lsn` is gone for good. */
    | { readonly kind: "wal/truncated-suffix"; readonly lsn: Lsn }
    /** Records below `lsn` are no longer served. */
    | { readonly kind: "wal/truncated-prefix"; readonly lsn: Lsn }
    /** The log is empty and goes on with `lsn`. */
    | { readonly kind: "wal/restarted"; readonly lsn: Lsn }
    /** An append was refused for want of space. */
    | { readonly kind: "wal/no-space" }
    | { readonly kind: "wal/read-only"; readonly code: string }
    | {
        readonly kind: "wal/damage";
        readonly segment: string;
        readonly offset: number;
        readonly lsn: Lsn | undefined;
      }
    | { readonly kind: "wal/closed"; readonly lastLsn: Lsn; readonly durableLsn: Lsn }
  );

/** The rare paths of the log, for `mustReach`. */
export const WAL_MARKS = [
  "wal/damage-refused",
  "wal/enospc-append",
  "wal/enospc-roll",
  "wal/hole-with-valid-behind",
  "wal/oversize-batch",
  "wal/recovery-removed-void-segment",
  "wal/recovery-swept-tmp",
  "wal/restart",
  "wal/rewrite-on-recovery",
  "wal/rewrite-of-whole-segment",
  "wal/segment-rolled",
  "wal/short-write-continued",
  "wal/sync-failed",
  "wal/tail-vanished",
  "wal/torn-tail-cut",
  "wal/truncate-prefix-removed-segment",
  "wal/truncate-suffix-across-segments",
  "wal/write-failed",
] as const;

export type WalMark = (typeof WAL_MARKS)[number];
