import type { Env, Observation } from "../env/index.js";
import { StoreDamagedError, type Sequence } from "../store/index.js";

/** What opening a store found and did. */
export interface LsmRecovery {
  /** Batches of the log that are in no table, and so went into memtables again. */
  readonly replayedBatches: number;
  /** Tables that had to be written meanwhile, since those batches took more than a memtable. */
  readonly flushedTables: number;
  /** Bytes of an edit that a crash cut off at the manifest's end. */
  readonly tornBytes: number;
  /** Files of a crash that nothing knew, and that were removed. */
  readonly sweptFiles: number;
  /** The log ended below what the tables hold, and goes on behind that. */
  readonly isLogRestarted: boolean;
}

/** What a store tells `env.observe`: nothing for each write, one event for each change of its files. */
export type LsmEvent = Observation & { readonly directory: string } & (
    | {
        readonly kind: "lsm/opened";
        readonly lastSequence: Sequence;
        /** The first record of the log that is in no table. */
        readonly logStart: Sequence;
        readonly files: number;
        readonly recovery: LsmRecovery;
      }
    /** A memtable is in a table of L0, and everything below `logStart` is in tables. */
    | {
        readonly kind: "lsm/flushed";
        readonly number: number;
        readonly bytes: number;
        readonly entries: number;
        readonly logStart: Sequence;
      }
    | {
        readonly kind: "lsm/compacted";
        readonly outputLevel: number;
        readonly inputs: readonly number[];
        readonly outputs: readonly number[];
        readonly readBytes: number;
        readonly writtenBytes: number;
        /** Versions that nothing can see any more, tombstones among them. */
        readonly droppedEntries: number;
        readonly droppedTombstones: number;
      }
    /** A table went to the next level as it is. */
    | { readonly kind: "lsm/moved"; readonly number: number; readonly outputLevel: number }
    | { readonly kind: "lsm/manifest-switched"; readonly number: number }
    | { readonly kind: "lsm/table-removed"; readonly number: number }
    /** Writers wait: for memtables to be written, for tables to be merged. */
    | { readonly kind: "lsm/stalled"; readonly reason: "memtables" | "tables" }
    /** A table or the manifest could not be written for want of space; it will be tried again. */
    | { readonly kind: "lsm/no-space" }
    | { readonly kind: "lsm/read-only"; readonly code: string }
    | { readonly kind: "lsm/damage"; readonly path: string; readonly offset: number }
    | { readonly kind: "lsm/closed"; readonly lastSequence: Sequence }
  );

/** The rare paths of the store, for `mustReach`. */
export const LSM_MARKS = [
  "lsm/compaction-gave-way-to-flush",
  "lsm/compaction-interrupted",
  "lsm/damage-refused",
  "lsm/dropped-shadowed-version",
  "lsm/dropped-tombstone",
  "lsm/enospc-compaction",
  "lsm/enospc-flush",
  "lsm/enospc-manifest",
  "lsm/get-went-async",
  "lsm/iterator-outlived-table",
  "lsm/log-restarted",
  "lsm/manifest-switched-while-open",
  "lsm/manifest-torn-tail",
  "lsm/move",
  "lsm/read-only",
  "lsm/recovery-of-creation",
  "lsm/recovery-flushed",
  "lsm/recovery-swept-orphan",
  "lsm/removal-failed",
  "lsm/short-write-continued",
  "lsm/slowed",
  "lsm/snapshot-kept-version",
  "lsm/stalled-memtables",
  "lsm/stalled-tables",
  "lsm/table-kept-for-reader",
] as const;

export type LsmMark = (typeof LSM_MARKS)[number];

export function observe(env: Env, event: LsmEvent): void {
  env.observe(event);
}

export function reached(env: Env, mark: LsmMark): void {
  env.reached(mark);
}

/** Tells of damage, where `error` is that. */
export function tellDamage(env: Env, directory: string, error: unknown): void {
  if (!(error instanceof StoreDamagedError)) return;
  reached(env, "lsm/damage-refused");
  observe(env, { kind: "lsm/damage", directory, path: error.path, offset: error.offset });
}
