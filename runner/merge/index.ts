/**
 * Joins what the shards of a batch found (`run --shard i/n --out DIR`), each on a machine of its own.
 *
 * What it promises: the outcome is that of the whole batch run at once, but for wall-clock figures, in whatever
 * order the directories come; what is no complete set of shards of one batch is refused, and so is a file that
 * was cut off or changed. What it does not: run a seed, or talk to the machines.
 */
export { joinShards, type JoinedBatch } from "./join.js";
export { gatherRepros, REPROS } from "./repros.js";
export { rowsInOrder } from "./rows.js";
export { readShards, type ShardResult } from "./shards.js";
