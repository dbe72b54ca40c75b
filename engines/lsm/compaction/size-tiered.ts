import type { Settings } from "../options.js";
import { bytesOf } from "../version/levels.js";
import type { TableFile, Version } from "../version/version.js";
import type { Compaction, CompactionStrategy } from "./strategy.js";

/** A table belongs to a bucket of smaller ones unless it is larger than this part of their average. */
const LARGEST_PERCENT = 150;
/** More than these are not merged at once. */
const MOST_FILES = 32;

/**
 * Cassandra's SizeTieredCompactionStrategy: all tables are in L0, and tables of similar size are merged into one. Those
 * smaller than a memtable count as of one size. Tables that were merged may be older and newer than one that was not,
 * so a look-up goes on until no table is left that could hold a newer version.
 *
 * A store that was leveled before keeps what it has below L0: it is only read.
 */
export class SizeTieredStrategy implements CompactionStrategy {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  pick(version: Version): Compaction | undefined {
    const bucket = this.#fullBuckets(version)[0];
    return bucket === undefined ? undefined : merge(version, bucket.slice(0, MOST_FILES));
  }

  pickLevel(version: Version, level: number): Compaction | undefined {
    const files = version.levels[level] ?? [];
    return level > 0 || files.length < 2 ? undefined : merge(version, files);
  }

  backlog(version: Version): number {
    return this.#fullBuckets(version).reduce((sum, bucket) => sum + bucket.length, 0);
  }

  /** Those with enough tables to be merged, that of the smallest tables first: they are merged the fastest. */
  #fullBuckets(version: Version): readonly (readonly TableFile[])[] {
    const bySize = [...version.levels[0]!].sort((a, b) => a.meta.fileBytes - b.meta.fileBytes);
    const buckets: TableFile[][] = [];
    for (const file of bySize) {
      const last = buckets.at(-1);
      if (last !== undefined && this.#belongs(file, last)) last.push(file);
      else buckets.push([file]);
    }
    return buckets.filter((bucket) => bucket.length >= this.#settings.level0Files);
  }

  #belongs({ meta }: TableFile, bucket: readonly TableFile[]): boolean {
    if (meta.fileBytes < this.#settings.memtableBytes) return true;
    const average = Math.floor(bytesOf(bucket) / bucket.length);
    return meta.fileBytes * 100 <= average * LARGEST_PERCENT;
  }
}

function merge(version: Version, files: readonly TableFile[]): Compaction {
  const [level0, ...deeper] = version.levels;
  const newest = files.reduce((sequence, { meta }) => Math.max(sequence, meta.largestSequence), 0);
  // Whatever is below L0 is older; of L0, what begins before the newest of these ends.
  const beside = level0!.filter((file) => !files.includes(file) && file.meta.smallestSequence < newest);
  return {
    inputs: [{ level: 0, files }],
    outputLevel: 0,
    outputBytes: Number.MAX_SAFE_INTEGER,
    older: [...beside.map((file) => [file]), ...deeper.filter((tables) => tables.length > 0)],
    isMove: false,
    pointer: undefined,
  };
}
