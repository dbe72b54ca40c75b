/**
 * Reading an LSM tree in order: cursors over several sources, and the store's iterator over them.
 *
 * What lives here: `MergingCursor` (memtables, tables and levels as one), `ConcatenatingCursor` (the tables of one
 * level as one), and `LsmIterator`, which makes of the versions of keys what one snapshot sees of them.
 *
 * What it promises: both directions, in any order of moves. Everything is synchronous where the sources are; a move
 * costs a promise only where a source had to ask its device. No object for an entry.
 *
 * What it does not: it holds no files and no memory alive; whoever makes a cursor does.
 */
export { ConcatenatingCursor, type LevelFile } from "./concatenating-cursor.js";
export { MergingCursor } from "./merging-cursor.js";
export { BEFORE_VERSIONS, BEHIND_VERSIONS, compareEntries } from "./order.js";
export { LsmIterator, type IteratorHooks } from "./store-iterator.js";
