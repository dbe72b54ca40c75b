/**
 * An LSM tree (O'Neil et al., "The Log-Structured Merge-Tree", 1996), built as LevelDB is: an ordered map on disk that
 * takes writes at the speed of its log.
 *
 * What lives here: `LsmStore`. A batch goes to the write-ahead log and to a memtable (`memtable/`), where it is seen once the
 * log has acknowledged it; a full memtable is
 * written to a table (`table/`); tables are merged (`compaction/`); the manifest says which tables there are
 * (`version/`). The files are described in FORMAT.md, tables in table/FORMAT.md.
 *
 * What it promises: what `KeyValueStore` promises, in the simulator and on real files. A read of what is in memory
 * costs no promise. Reads are never blocked by flushes and compactions. Memory is bounded by the configuration:
 * memtables, the block cache, and what the log has not answered yet; beyond it is what callers leave waiting, and what
 * open iterators keep. Where space runs out, writes are refused once the memtables are full, and go on when there is
 * some. What is damaged is refused and reported, and nothing is dropped for it.
 *
 * What it does not: that nobody else opens its directory is up to the disk, once it is another environment's or
 * process's. Every table is an open file. A device that lies may take away the last writes, as it may from the log. An
 * open needs room for a manifest, and for tables where the log holds more than a memtable does; on a full device it
 * fails until there is some.
 *
 * Limits: keys up to 64 KiB - 1, values up to 64 MiB, batches up to 128 MiB.
 */
export { LSM_MARKS, type LsmEvent, type LsmMark, type LsmRecovery } from "./events.js";
export type { LsmInspection, TableInspection } from "./inspect.js";
export { LSM_LIMITS, type LsmOptions, type StrategyName } from "./options.js";
export { LsmStore } from "./store.js";
export type { TableOptions } from "./table/index.js";
