import type { LevelStats, StoreStats } from "../store/index.js";
import type { Core } from "./core.js";
import { MOST_LEVELS, bytesOf } from "./version/levels.js";

/** What the store has done since it was opened, as far as nobody else counts it. */
export class Counters {
  batches: number = 0;
  /** Of records, without what the log adds to them. */
  logBytes: number = 0;
  gets: number = 0;
  steps: number = 0;
  slowedWrites: number = 0;
  stalledWrites: number = 0;
  manifestBytes: number = 0;
  /** Bytes of tables that flushes and compactions wrote to each level. */
  readonly writtenBytes: number[] = Array.from({ length: MOST_LEVELS }, () => 0);
  /** Bytes of tables that compactions read from each level. */
  readonly compactedBytes: number[] = Array.from({ length: MOST_LEVELS }, () => 0);
}

export function statsOf({ context, wal, memtables, versions }: Core): StoreStats {
  const { counters, cache } = context;
  const { batches, logBytes, gets, steps, slowedWrites, stalledWrites } = counters;
  const levels = versions.current.levels.map((files, level): LevelStats => {
    const [writtenBytes, compactedBytes] = [counters.writtenBytes[level]!, counters.compactedBytes[level]!];
    return { name: `L${level}`, files: files.length, bytes: bytesOf(files), writtenBytes, compactedBytes };
  });
  const logFileBytes = wal.inspect().segments.reduce((sum, { endOffset }) => sum + endOffset, 0);
  return {
    userBytes: memtables.addedBytes,
    batches,
    operations: memtables.addedOperations,
    logBytes,
    storedBytes: levels.reduce((sum, { writtenBytes }) => sum + writtenBytes, counters.manifestBytes),
    gets,
    steps,
    lookups: cache.hits + cache.misses,
    cacheHits: cache.hits,
    cacheMisses: cache.misses,
    readBytes: cache.readBytes,
    fileBytes: levels.reduce((sum, { bytes }) => sum + bytes, versions.manifest.sizeBytes + logFileBytes),
    memoryBytes: memtables.sizeBytes + cache.usedBytes,
    slowedWrites,
    stalledWrites,
    levels,
  };
}
