/**
 * The B+ tree over pages: reads, writes and the check of its structure.
 *
 * What lives here: look-ups, cursors, puts and removals with all that follows from them (splits, merges, borrows,
 * overflow chains, the free list), and `verifyTree`.
 *
 * What it promises: all of it is synchronous. A read that needs a page that is not in memory says which, and goes on
 * once it is there; a write throws `PageFault` before it has changed anything. After each write every rule that
 * `verifyTree` checks holds. A page that is not what others say it is ends in `PageDamaged`, not in a wrong answer.
 *
 * What it does not: it neither loads, keeps nor writes pages, and knows no log, no batches and no versions.
 */
export { getEntry, Lookup, type LookupStatus } from "./lookup.js";
export { TreeCursor } from "./cursor.js";
export { OverflowReader } from "./overflow.js";
export { createTree, putCell, putEntry, removeEntry } from "./write.js";
export { treeLimits, type TreeLimits } from "./limits.js";
export { TREE_RULES, type TreeRule } from "./census.js";
export { verifyTree, type TreeReport } from "./verify.js";
