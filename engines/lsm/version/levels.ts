/** Levels: which tables are where, and the rules that they keep. */

import { compareKeys, type Sequence } from "../../store/index.js";
import type { Pointer, VersionEdit } from "./edit.js";
import type { TableMeta } from "./meta.js";

/** More than any store is configured to have. */
export const MOST_LEVELS = 16;

export interface HasMeta {
  readonly meta: TableMeta;
}

/**
 * Of each level its tables: in L0 the one with the newest entry first; below, disjoint and in the order of their
 * keys.
 */
export type Levels<T extends HasMeta> = readonly (readonly T[])[];

/** A rule that does not hold, in words. */
export interface Breach {
  readonly rule: string;
  readonly message: string;
}

/**
 * The levels without what the edit removes and with `added`, the tables that it adds. Or the rule that the edit
 * breaks: it was never written so.
 */
export function editLevels<T extends HasMeta>(
  levels: Levels<T>,
  edit: VersionEdit,
  added: readonly { readonly level: number; readonly table: T }[],
): Levels<T> | Breach {
  const next = levels.map((level) => [...level]);
  for (const { level, number } of edit.removed) {
    const at = next[level]?.findIndex((table) => table.meta.number === number) ?? -1;
    if (at < 0) return { rule: "unknown-table", message: `table ${number} is not in L${level}` };
    next[level]!.splice(at, 1);
  }
  for (const { level, table } of added) {
    if (level >= MOST_LEVELS) return { rule: "unknown-level", message: `there is no L${level}` };
    while (next.length <= level) next.push([]);
    next[level]!.push(table);
  }
  for (const [level, tables] of next.entries()) tables.sort(level === 0 ? newestFirst : byKey);
  return breachOf(next, edit) ?? next;
}

/** The first rule that the levels break. */
export function breachOf(
  levels: Levels<HasMeta>,
  bounds: { readonly nextNumber: number; readonly logStart: Sequence },
): Breach | undefined {
  const numbers = new Set<number>();
  for (const [level, tables] of levels.entries()) {
    for (const [at, { meta }] of tables.entries()) {
      const breach = breachOfTable(meta, bounds);
      if (breach !== undefined) return breach;
      if (numbers.has(meta.number))
        return { rule: "table-twice", message: `table ${meta.number} is there twice` };
      numbers.add(meta.number);
      const before = tables[at - 1]?.meta;
      if (level === 0 || before === undefined) continue;
      // By user keys: the versions of one key never stand in two tables of a level.
      if (compareKeys(before.largestKey, meta.smallestKey) >= 0) {
        const message = `tables ${before.number} and ${meta.number} of L${level} overlap`;
        return { rule: "level-overlap", message };
      }
    }
  }
  return undefined;
}

function breachOfTable(
  meta: TableMeta,
  { nextNumber, logStart }: { readonly nextNumber: number; readonly logStart: Sequence },
): Breach | undefined {
  const { number, smallestSequence, largestSequence } = meta;
  if (number < 1 || number >= nextNumber) {
    return { rule: "table-number", message: `table ${number} where ${nextNumber} is the next number` };
  }
  // What is in a table needs no log: else a batch could be there in a part, or its sequence be given again.
  if (largestSequence >= logStart || smallestSequence < 1 || smallestSequence > largestSequence) {
    const message = `table ${number} holds ${smallestSequence} to ${largestSequence}, the log begins at ${logStart}`;
    return { rule: "table-sequences", message };
  }
  if (compareKeys(meta.smallestKey, meta.largestKey) > 0) {
    return { rule: "table-keys", message: `the keys of table ${number} end before they begin` };
  }
  return undefined;
}

/** The pointers with those of an edit in place of older ones. */
export function editPointers(pointers: readonly Pointer[], edit: VersionEdit): readonly Pointer[] {
  const kept = pointers.filter(({ level }) => !edit.pointers.some((each) => each.level === level));
  return [...kept, ...edit.pointers].sort((a, b) => a.level - b.level);
}

/** Where in a level of disjoint tables the first one is whose keys do not all come before `key`. */
export function findTable(tables: readonly HasMeta[], key: Uint8Array): number {
  let low = 0;
  let high = tables.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys(tables[middle]!.meta.largestKey, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

export interface KeyRange {
  readonly smallestKey: Uint8Array;
  readonly largestKey: Uint8Array;
}

/** The keys from the first of any to the last of any; at least one table. */
export function rangeOf(tables: readonly HasMeta[]): KeyRange {
  let { smallestKey, largestKey } = tables[0]!.meta;
  for (const { meta } of tables) {
    if (compareKeys(meta.smallestKey, smallestKey) < 0) smallestKey = meta.smallestKey;
    if (compareKeys(meta.largestKey, largestKey) > 0) largestKey = meta.largestKey;
  }
  return { smallestKey, largestKey };
}

export function overlaps(a: KeyRange, b: KeyRange): boolean {
  return compareKeys(a.smallestKey, b.largestKey) <= 0 && compareKeys(b.smallestKey, a.largestKey) <= 0;
}

export function bytesOf(tables: readonly HasMeta[]): number {
  return tables.reduce((sum, { meta }) => sum + meta.fileBytes, 0);
}

/** By their newest entries. No two tables of L0 hold parts of the same batch, so there are no ties. */
function newestFirst(a: HasMeta, b: HasMeta): number {
  return b.meta.largestSequence - a.meta.largestSequence || b.meta.number - a.meta.number;
}

function byKey(a: HasMeta, b: HasMeta): number {
  return compareKeys(a.meta.smallestKey, b.meta.smallestKey);
}
