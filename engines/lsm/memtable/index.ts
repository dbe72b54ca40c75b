/**
 * The memtable: the part of an LSM tree that takes the writes, in memory.
 *
 * What lives here: `Memtable`, a skip list of versions of keys in arenas (`arena.ts`, `node.ts`, `skip-list.ts`), and
 * its cursor.
 *
 * What it promises: no object and no allocation of V8's for an entry; look-ups and adds in O(log n), adds in ascending
 * order and a step either way in O(1). What was given out stays as it is, and cursors go on, whatever is added. The
 * same calls and the same seed make the same structure, and so the same `sizeBytes`.
 *
 * What it does not: it knows nothing of what may be visible to whom: a sequence is a number to it. Nothing bounds its
 * size but what its owner does.
 */
export { Memtable } from "./memtable.js";
