import { copyBytes } from "../../bytes/index.js";
import type { Env } from "../../env/index.js";
import { compareBytes, type Sequence } from "../../store/index.js";
import { TOMBSTONE, type Cursor } from "../cursor.js";
import { reached } from "../events.js";
import type { HasMeta } from "../version/levels.js";

const FIRST_KEY_BYTES = 256;

/** Whether tables that are not merged may hold a key. It is asked for keys in their order. */
export interface OlderTables {
  mayHold(keyBytes: Uint8Array, keyStart: number, keyEnd: number): boolean;
}

/** For a flush: there always may be older tables, so its tombstones stay. */
export const ANY_OLDER: OlderTables = { mayHold: () => true };

/** Walks along lists of disjoint tables as the keys go up, as LevelDB's `IsBaseLevelForKey` does. */
export class OlderLists implements OlderTables {
  readonly #lists: readonly (readonly HasMeta[])[];
  /** In each list, the first table that doesn't end before the last key that was asked for. */
  readonly #places: number[];

  constructor(lists: readonly (readonly HasMeta[])[]) {
    this.#lists = lists;
    this.#places = lists.map(() => 0);
  }

  mayHold(keyBytes: Uint8Array, keyStart: number, keyEnd: number): boolean {
    for (let i = 0; i < this.#lists.length; i++) {
      const tables = this.#lists[i]!;
      let place = this.#places[i]!;
      for (; place < tables.length; place++) {
        const { largestKey } = tables[place]!.meta;
        if (compareBytes(largestKey, 0, largestKey.length, keyBytes, keyStart, keyEnd) >= 0) break;
      }
      this.#places[i] = place;
      const smallestKey = tables[place]?.meta.smallestKey;
      if (smallestKey === undefined) continue;
      if (compareBytes(smallestKey, 0, smallestKey.length, keyBytes, keyStart, keyEnd) <= 0) return true;
    }
    return false;
  }
}

/**
 * Says of each entry of a merge, in internal order, whether anybody may still want it: the newest version of a key, and
 * those that a snapshot sees.
 */
export class Retention {
  /** Whether the last entry asked for was the first of its key. */
  isNewKey: boolean = false;
  droppedEntries: number = 0;
  droppedTombstones: number = 0;
  readonly #env: Env;
  readonly #snapshots: readonly Sequence[];
  readonly #older: OlderTables;
  #key = new Uint8Array(FIRST_KEY_BYTES);
  #keyBytes = -1;
  /** Of the version before, which is the next newer one of its key. */
  #newerSequence: Sequence = 0;

  /** `snapshots`: of all that are open, in order. One that is taken later sees the newest versions only. */
  constructor(env: Env, snapshots: readonly Sequence[], older: OlderTables) {
    this.#env = env;
    this.#snapshots = snapshots;
    this.#older = older;
  }

  keeps(cursor: Cursor): boolean {
    const { keyBytes, keyStart, keyEnd, sequence } = cursor;
    const isSameKey =
      keyEnd - keyStart === this.#keyBytes &&
      compareBytes(this.#key, 0, this.#keyBytes, keyBytes, keyStart, keyEnd) === 0;
    this.isNewKey = !isSameKey;
    if (!isSameKey) this.#remember(keyBytes, keyStart, keyEnd);
    const newerSequence = this.#newerSequence;
    this.#newerSequence = sequence;
    if (isSameKey && !this.#isSeen(sequence, newerSequence)) {
      this.droppedEntries++;
      reached(this.#env, "lsm/dropped-shadowed-version");
      return false;
    }
    if (isSameKey) reached(this.#env, "lsm/snapshot-kept-version");
    if (cursor.kind !== TOMBSTONE || !this.#isIdle(cursor)) return true;
    this.droppedEntries++;
    this.droppedTombstones++;
    reached(this.#env, "lsm/dropped-tombstone");
    return false;
  }

  /** Whether a snapshot sees this version and not the next newer one. */
  #isSeen(sequence: Sequence, newerSequence: Sequence): boolean {
    const snapshots = this.#snapshots;
    for (let i = 0; i < snapshots.length; i++) {
      if (snapshots[i]! >= sequence) return snapshots[i]! < newerSequence;
    }
    return false;
  }

  /**
   * Whether a tombstone hides nothing: every snapshot sees it, so that no older version among the entries is kept, and
   * no other table can hold one.
   */
  #isIdle({ keyBytes, keyStart, keyEnd, sequence }: Cursor): boolean {
    const [oldest] = this.#snapshots;
    return (oldest === undefined || oldest >= sequence) && !this.#older.mayHold(keyBytes, keyStart, keyEnd);
  }

  #remember(keyBytes: Uint8Array, keyStart: number, keyEnd: number): void {
    const length = keyEnd - keyStart;
    if (length > this.#key.length) this.#key = new Uint8Array(2 * length);
    copyBytes(this.#key, 0, keyBytes, keyStart, keyEnd);
    this.#keyBytes = length;
  }
}
