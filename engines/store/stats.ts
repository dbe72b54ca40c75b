/** What a level of an LSM tree, or the whole of a B-tree, holds and has cost. */
export interface LevelStats {
  /** `L0` to `L6`; `pages` of a B-tree. */
  readonly name: string;
  readonly files: number;
  readonly bytes: number;
  /** Bytes written to it since the store was opened. */
  readonly writtenBytes: number;
  /** Bytes read for compactions from it. */
  readonly compactedBytes: number;
}

/** Figures since the store was opened; all integers. */
export interface StoreStats {
  /** Keys and values that were put, and keys deleted. */
  readonly userBytes: number;
  readonly batches: number;
  readonly operations: number;
  /** Bytes written to the log. */
  readonly logBytes: number;
  /** Bytes written to all other files. Write amplification is (logBytes + storedBytes) / userBytes. */
  readonly storedBytes: number;
  readonly gets: number;
  /** Steps of iterators. */
  readonly steps: number;
  /** Blocks or pages that reads looked at, in memory or not. Read amplification is lookups / gets. */
  readonly lookups: number;
  readonly cacheHits: number;
  /** Those that had to be read from the device, and how many bytes that were. */
  readonly cacheMisses: number;
  readonly readBytes: number;
  /** Bytes in all files now. Space amplification is fileBytes over the bytes of all live keys and values. */
  readonly fileBytes: number;
  /** Bytes of memory that the configuration bounds: memtables, caches, pool, kept versions. */
  readonly memoryBytes: number;
  /** Writes that were slowed down, or had to wait, for flushes, compactions or checkpoints. */
  readonly slowedWrites: number;
  readonly stalledWrites: number;
  readonly levels: readonly LevelStats[];
}
