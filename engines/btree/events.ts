import type { Env, Observation } from "../env/index.js";
import type { Sequence } from "../store/index.js";
import type { Lsn } from "../wal/index.js";

/** What opening a store found and did. */
export interface BtreeRecovery {
  /** Log records that were done again. */
  readonly replayedRecords: number;
  /** Pages that they brought up to date. */
  readonly replayedPages: number;
  /** Those of them that were torn, damaged or not there yet, and are whole again. */
  readonly repairedPages: number;
}

/** What a store tells `env.observe`: at most one event for each group of batches, never one for each operation. */
export type BtreeEvent = Observation & { readonly directory: string } & (
    | {
        readonly kind: "btree/opened";
        readonly sequence: Sequence;
        readonly checkpointLsn: Lsn;
        readonly entries: number;
        readonly recovery: BtreeRecovery;
      }
    /** Readers see the batches up to `lastSequence` from now on. */
    | {
        readonly kind: "btree/published";
        readonly firstSequence: Sequence;
        readonly lastSequence: Sequence;
        readonly pages: number;
      }
    | { readonly kind: "btree/checkpoint-begun"; readonly redoLsn: Lsn; readonly dirtyPages: number }
    /** An open needs the log from `redoLsn` on. */
    | { readonly kind: "btree/checkpointed"; readonly redoLsn: Lsn; readonly writtenPages: number }
    /** It is tried again later. */
    | { readonly kind: "btree/checkpoint-postponed"; readonly code: string }
    | { readonly kind: "btree/snapshot-given-up"; readonly sequence: Sequence; readonly keptBytes: number }
    /** A write was refused for want of space. */
    | { readonly kind: "btree/no-space" }
    | { readonly kind: "btree/read-only"; readonly code: string }
    | { readonly kind: "btree/damage"; readonly path: string; readonly offset: number }
    | { readonly kind: "btree/closed"; readonly sequence: Sequence }
  );

/** The rare paths of the store, for `mustReach`. */
export const BTREE_MARKS = [
  "btree/borrow",
  "btree/checkpoint-postponed",
  "btree/checkpoint-under-writes",
  "btree/damage-refused",
  "btree/dirty-page-evicted",
  "btree/full-page-image",
  "btree/merge",
  "btree/no-space",
  "btree/page-freed",
  "btree/page-loaded-for-write",
  "btree/page-repaired",
  "btree/page-reused",
  "btree/pool-overflow",
  "btree/recovery-swept-tmp",
  "btree/redo",
  "btree/short-write-continued",
  "btree/snapshot-given-up",
  "btree/split",
  "btree/superblock-repaired",
  "btree/synced-for-eviction",
  "btree/tree-grown",
  "btree/tree-shrunk",
  "btree/version-read",
  "btree/write-group",
  "btree/writer-slowed",
  "btree/writer-stalled",
] as const;

export type BtreeMark = (typeof BTREE_MARKS)[number];

/** Tells what happened in the store of one directory. */
export class Telling {
  readonly env: Env;
  readonly directory: string;

  constructor(env: Env, directory: string) {
    this.env = env;
    this.directory = directory;
  }

  observe(event: BtreeEvent): void {
    this.env.observe(event);
  }

  reached(mark: BtreeMark): void {
    this.env.reached(mark);
  }
}
