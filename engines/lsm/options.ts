import { checkChoice, checkInteger, checkOptions, type StoreLimits } from "../store/index.js";
import type { SyncPolicy, WalOptions } from "../wal/index.js";
import { tableOptionsOf, type TableOptions } from "./table/options.js";

/**
 * Which tables are merged with which.
 *
 * - `leveled`: levels of disjoint tables, each level larger than the one before. Few tables are asked for a key, and
 *   little space is wasted; every byte is written again some ten times a level (LevelDB, RocksDB).
 * - `size-tiered`: tables of similar size are merged into one. Bytes are written again less often; a key may stand in
 *   many tables, and a merge needs room for all that it merges (Cassandra).
 */
export type StrategyName = "leveled" | "size-tiered";

export interface LsmOptions {
  /** The store's own directory; made where it is missing, its parent must be there. */
  readonly directory: string;
  /** When a write is acknowledged. Default: `group` without a delay. */
  readonly policy?: SyncPolicy;
  /** More about the log. */
  readonly wal?: Partial<Omit<WalOptions, "directory" | "policy">>;
  /** A memtable that has grown beyond this is written to a table. Default 4 MiB. */
  readonly memtableBytes?: number;
  /** How many full memtables may wait to be written. With one more full, writers wait. Default 2. */
  readonly maxImmutables?: number;
  readonly table?: Partial<TableOptions>;
  /** What all blocks in memory may take. Default 64 MiB. */
  readonly blockCacheBytes?: number;
  /** So many tables in L0 are merged into L1; in size-tiered stores, so many of one size into one. Default 4. */
  readonly level0Files?: number;
  /** With so many tables that wait to be merged, each write waits a millisecond. Default 8. */
  readonly slowdownFiles?: number;
  /** With so many, writers wait until there are fewer. Default 12. */
  readonly stopFiles?: number;
  /** How large L1 may grow. Default 16 MiB. */
  readonly level1Bytes?: number;
  /** How many times larger each level may grow than the one before. Default 10. */
  readonly levelFactor?: number;
  /** A table of L1 and below ends when it has grown beyond this, at the next key. Default 4 MiB. */
  readonly tableBytes?: number;
  /** Default `leveled`. A store may be opened with another strategy than before. */
  readonly strategy?: StrategyName;
  /** L0 and those below it. Default 7. */
  readonly maxLevels?: number;
}

/** The options with all defaults filled in. */
export interface Settings extends Required<Omit<LsmOptions, "table">> {
  readonly table: TableOptions;
}

/** Whether a write is acknowledged only once it is durable: between two of a writer there is a turn of the event loop. */
export function isSynced({ policy }: Settings): boolean {
  return policy.kind === "group" || policy.kind === "each";
}

/** How long keys, values and batches may be. */
export const LSM_LIMITS: StoreLimits = {
  keyBytes: 0xffff,
  valueBytes: 0x400_0000,
  batchBytes: 0x800_0000,
};

const KIB = 1024;
const MIB: number = KIB * KIB;
const LARGEST_BYTES = 0x1_0000_0000_0000;
const STRATEGIES: readonly StrategyName[] = ["leveled", "size-tiered"];

/** Throws STORE_BAD_ARGUMENT. What the log has to say to its options, it says when it is opened. */
export function settingsOf(options: LsmOptions): Settings {
  checkOptions(options);
  const level0Files = options.level0Files ?? 4;
  const slowdownFiles = options.slowdownFiles ?? Math.max(8, level0Files);
  const settings: Settings = {
    directory: options.directory,
    policy: options.policy ?? { kind: "group" },
    wal: options.wal ?? {},
    memtableBytes: options.memtableBytes ?? 4 * MIB,
    maxImmutables: options.maxImmutables ?? 2,
    table: tableOptionsOf(options.table ?? {}),
    blockCacheBytes: options.blockCacheBytes ?? 64 * MIB,
    level0Files,
    slowdownFiles,
    stopFiles: options.stopFiles ?? Math.max(12, slowdownFiles),
    level1Bytes: options.level1Bytes ?? 16 * MIB,
    levelFactor: options.levelFactor ?? 10,
    tableBytes: options.tableBytes ?? 4 * MIB,
    strategy: options.strategy ?? "leveled",
    maxLevels: options.maxLevels ?? 7,
  };
  checkChoice("strategy", settings.strategy, STRATEGIES);
  checkInteger("memtableBytes", settings.memtableBytes, 1, 0x4000_0000);
  checkInteger("maxImmutables", settings.maxImmutables, 1, 64);
  checkInteger("blockCacheBytes", settings.blockCacheBytes, 0, LARGEST_BYTES);
  checkInteger("level0Files", level0Files, 2, 1000);
  checkInteger("slowdownFiles", slowdownFiles, level0Files, 1000);
  checkInteger("stopFiles", settings.stopFiles, slowdownFiles, 1000);
  checkInteger("level1Bytes", settings.level1Bytes, 1, LARGEST_BYTES);
  checkInteger("levelFactor", settings.levelFactor, 2, 1000);
  checkInteger("tableBytes", settings.tableBytes, 1, LARGEST_BYTES);
  checkInteger("maxLevels", settings.maxLevels, 2, 16);
  return settings;
}
