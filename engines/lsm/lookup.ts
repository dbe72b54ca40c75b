import { compareKeys, isPromise, type MaybePromise, type Sequence } from "../store/index.js";
import type { Found } from "./cursor.js";
import { findTable } from "./version/levels.js";
import type { TableFile, Version } from "./version/version.js";

/**
 * The newest version of `key` up to `sequence` in the tables. Where it takes a promise, it holds the version and a copy
 * of the key. Throws, or rejects with, what tables throw.
 */
export function lookUp(
  version: Version,
  key: Uint8Array,
  sequence: Sequence,
): MaybePromise<Found | undefined> {
  return search(version, key, sequence, 0, undefined);
}

/**
 * Goes through the places where the key may be, from `place` on: each table of L0, then each level. `newest` is what
 * those before held.
 */
function search(
  version: Version,
  key: Uint8Array,
  sequence: Sequence,
  place: number,
  newest: Found | undefined,
): MaybePromise<Found | undefined> {
  const { levels } = version;
  const level0 = levels[0]!;
  const places = level0.length + levels.length - 1;
  let found = newest;
  for (let at = place; at < places; at++) {
    const isLevel0 = at < level0.length;
    // What is further down is older: in L0, where even the newest entry is; in the levels, all of it.
    if (found !== undefined && (!isLevel0 || level0[at]!.meta.largestSequence <= found.sequence))
      return found;
    const file = isLevel0 ? level0[at] : tableFor(levels[at - level0.length + 1]!, key);
    if (file === undefined || !mayHold(file, key, sequence)) continue;
    const its = file.table.get(key, sequence);
    if (isPromise(its)) return goOn(version, key, sequence, at + 1, found, its);
    found = newer(found, its);
  }
  return found;
}

async function goOn(
  version: Version,
  key: Uint8Array,
  sequence: Sequence,
  place: number,
  newest: Found | undefined,
  pending: Promise<Found | undefined>,
): Promise<Found | undefined> {
  const kept = key.slice();
  version.hold();
  try {
    return await search(version, kept, sequence, place, newer(newest, await pending));
  } finally {
    version.release();
  }
}

/** The one table of a level of disjoint tables that may hold the key. */
function tableFor(tables: readonly TableFile[], key: Uint8Array): TableFile | undefined {
  return tables.length === 0 ? undefined : tables[findTable(tables, key)];
}

function mayHold({ meta }: TableFile, key: Uint8Array, sequence: Sequence): boolean {
  if (meta.smallestSequence > sequence) return false;
  return compareKeys(meta.smallestKey, key) <= 0 && compareKeys(key, meta.largestKey) <= 0;
}

function newer(a: Found | undefined, b: Found | undefined): Found | undefined {
  if (a === undefined) return b;
  return b === undefined || b.sequence < a.sequence ? a : b;
}
