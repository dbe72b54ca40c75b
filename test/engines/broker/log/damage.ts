import type { MemoryDisk } from "../../support/memory-env.js";

/** Of the files that follow from the segments. */
export const LOG_SUFFIXES: readonly string[] = [
  ".index",
  ".timeindex",
  ".snapshot",
  "leader-epoch-checkpoint",
];

/** The same files, but for a flipped bit. */
export function damageOf(disk: MemoryDisk, path: string, at: number): MemoryDisk {
  const image = disk.copy();
  image.files.get(path)!.bytes[at]! ^= 4;
  return image;
}
