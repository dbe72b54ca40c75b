import { partitionName, type TopicPartition } from "./types.js";

/** Of a list, to look partitions up in. */
export function partitionNames(partitions: readonly TopicPartition[]): ReadonlySet<string> {
  return new Set(partitions.map(partitionName));
}
