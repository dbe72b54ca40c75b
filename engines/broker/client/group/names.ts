import { partitionName, type TopicPartition } from "../../types.js";

export function nameSet(partitions: readonly TopicPartition[]): ReadonlySet<string> {
  return new Set(partitions.map(partitionName));
}

/** Those that are not among `others`. */
export function without(
  partitions: readonly TopicPartition[],
  others: readonly TopicPartition[],
): readonly TopicPartition[] {
  const names = nameSet(others);
  return partitions.filter((each) => !names.has(partitionName(each)));
}
