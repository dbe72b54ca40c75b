import { crc32c } from "../../../bytes/index.js";
import { assert, type Random } from "../../../env/index.js";

/** Where the records with a key go: always to the same partition, while the topic has as many. */
export function partitionOfKey(key: Uint8Array, partitions: number): number {
  assert(partitions > 0, "a topic has partitions");
  return (crc32c(key, 0, key.length) >>> 0) % partitions;
}

/** Another one than `present` where there is another, by chance. */
export function anotherPartition(random: Random, partitions: number, present: number | undefined): number {
  assert(partitions > 0, "a topic has partitions");
  if (present === undefined || partitions === 1) return random.below(partitions);
  return (present + 1 + random.below(partitions - 1)) % partitions;
}
