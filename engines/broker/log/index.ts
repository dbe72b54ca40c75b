/**
 * The log of a partition at one broker, on the files of its directory: what leaders and followers append to, followers
 * and consumers read, and recovery brings back. FORMAT.md has the files.
 *
 * What lives here: segments with their indexes, the leader epoch cache, the producers' states and transactions, recovery
 * (`recovery/`), retention and compaction (`cleaner/`).
 *
 * What it promises: whatever is below the recovery point is there after any crash, and whatever else is there is the
 * beginning of what was appended, without a hole; what was cut off does not come back once `truncateTo` has resolved;
 * no bytes are served but those that were written; a producer's batch is in the log once. What it says of transactions
 * follows from its batches; neither retention nor compaction touches one that is open, or whose marker may yet be cut
 * off. A log whose disk has failed is offline for good. What it does not: it knows no replicas and no high watermark but
 * what it is told; nothing is durable before `flush`; damage is not repaired, that is what the other replicas are for.
 */
export { openPartitionLog } from "./partition-log.js";
export type * from "./types.js";
