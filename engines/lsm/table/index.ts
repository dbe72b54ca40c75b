/**
 * Sorted tables (SSTables): files of entries in internal order, written once, then only read.
 *
 * What lives here: `TableBuilder`, which writes one; `Table`, which looks up, walks and verifies one; and
 * `BlockCache`, which all tables of a store share. The layout of the file is in FORMAT.md.
 *
 * What it promises: what is read is what was added, or STORE_DAMAGED with path and offset: the CRC of each block is
 * checked before anything in it is used, a block of another table or of another place is refused, and no length is
 * believed before the size of the file bounds it. Reads of what is in the cache are synchronous; the cache never holds
 * more than its capacity. The filter never denies a key that was added.
 *
 * What it does not: nothing here makes a file durable, names one, removes one, or knows which tables count. Nothing
 * checks that a table holds what a manifest says; its properties are there to compare.
 *
 * Limits: keys and values as long as memory allows, a block below 4 GiB; sequences up to 2^53 - 1.
 */

export { BlockCache } from "./block-cache.js";
export { tableOptionsOf, type TableOptions } from "./options.js";
export type { TableProperties } from "./properties.js";
export { TableBuilder } from "./table-builder.js";
export { Table } from "./table.js";
