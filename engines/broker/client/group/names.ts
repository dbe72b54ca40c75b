import { partitionNames } from "../../partition-names.js";
import { partitionName, type TopicPartition } from "../../types.js";

/** Those that are not among `others`. */
export function without(
  partitions: readonly TopicPartition[],
  others: readonly TopicPartition[],
): readonly TopicPartition[] {
  const names = partitionNames(others);
  return partitions.filter((each) => !names.has(partitionName(each)));
}
