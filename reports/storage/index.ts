/**
 * The comparison of storage engines that `bench storage` makes: as text, as CSV, and as a page.
 *
 * What lives here: the measurements as data, their medians, and pure functions from them to text. What it promises:
 * the same measurements give the same text; a figure that has no meaning for a workload is left empty, not zero.
 * What it does not: measure anything, or touch a file.
 */
export { storageCsv } from "./csv.js";
export { storagePage } from "./page.js";
export {
  summarize,
  type Amplification,
  type StorageFacts,
  type StorageResult,
  type StorageRow,
} from "./rows.js";
export { storageTables } from "./tables.js";
