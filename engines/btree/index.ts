/**
 * An on-disk B+ tree under the interface `KeyValueStore`.
 *
 * What lives here: `BtreeStore`, with its buffer pool (`pool/`), its pages (`page/`), the tree over them (`tree/`), the
 * redo log of page changes, fuzzy checkpoints, recovery, and the versions of pages that snapshots need. The layout of
 * its files is in FORMAT.md.
 *
 * What it promises: a batch is there as a whole or not at all; a crash at any step leaves the batches up to some
 * sequence, every one of them that was acknowledged as the log's policy promises. A page that a power loss tears is
 * repaired from the log. A read never waits for the writer, and sees one state. Memory is bounded by the options, but
 * for the pages of the batch that is being written. Bytes that are not what was written are reported, never served.
 *
 * What it does not: a page whose last write the device lost before the store was opened, and that was valid before, is
 * noticed only where it contradicts its neighbours. That nobody else opens its directory is up to the disk, once it is
 * another environment's or process's. Files never shrink: freed pages are used again.
 */
export { BTREE_MARKS, type BtreeEvent, type BtreeMark, type BtreeRecovery } from "./events.js";
export type { BtreeOptions } from "./options.js";
export type { EvictionKind } from "./pool/index.js";
export type { BtreeInspection } from "./stats.js";
export { BtreeStore } from "./store.js";
