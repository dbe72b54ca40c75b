import { assert, type Random } from "../../env/index.js";
import type { Sequence } from "../../store/index.js";
import { PUT, type Cursor, type EntryKind, type Found } from "../cursor.js";
import { PLACE_BITS, PLACE_MASK } from "./arena.js";
import { MemtableCursor } from "./memtable-cursor.js";
import { VALUE, VALUE_LENGTH, WORD_BYTES, readKind, readSequence } from "./node.js";
import { SkipList } from "./skip-list.js";

/**
 * The newest entries of a store, in memory: versions of keys in internal order. Nothing is removed; it is dropped as a
 * whole. What `get` and the cursors give are views of memory that is never written again.
 */
export class Memtable {
  readonly #list: SkipList;
  #entries = 0;

  /** Draws one number, the seed of the towers' heights. */
  constructor(random: Random) {
    this.#list = new SkipList(random.uint32());
  }

  /** Versions of keys, tombstones among them. */
  get entries(): number {
    return this.#entries;
  }

  get isEmpty(): boolean {
    return this.#entries === 0;
  }

  /** Memory that entries take: keys, values, and 28 bytes and a tower for each; values that were replaced too. */
  get sizeBytes(): number {
    return this.#list.values.used + this.#list.nodes.used * WORD_BYTES;
  }

  /**
   * Adds a version of the key, a copy. Where there is one of the same sequence, this one takes its place: a batch may
   * change a key twice. A tombstone's value is empty.
   */
  add(
    kind: EntryKind,
    sequence: Sequence,
    keyBytes: Uint8Array,
    keyStart: number,
    keyEnd: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    assert(Number.isSafeInteger(sequence) && sequence > 0, "a sequence is a whole number from 1 to 2^53 - 1");
    assert(keyStart <= keyEnd && keyEnd <= keyBytes.length, "the key lies within its bytes");
    assert(valueStart <= valueEnd && valueEnd <= valueBytes.length, "the value lies within its bytes");
    assert(kind === PUT || valueStart === valueEnd, "a tombstone has no value");
    const isNew = this.#list.put(
      kind,
      sequence,
      keyBytes,
      keyStart,
      keyEnd,
      valueBytes,
      valueStart,
      valueEnd,
    );
    if (isNew) this.#entries++;
  }

  /** The newest version of `key` that is not above `sequence`; undefined: none here. */
  get(key: Uint8Array, sequence: Sequence): Found | undefined {
    const list = this.#list;
    const node = list.find(key, 0, key.length, sequence);
    if (!list.hasKeyOfFind(node, key.length)) return undefined;
    const words = list.nodes.chunks[node >>> PLACE_BITS]!;
    const at = node & PLACE_MASK;
    const address = words[at + VALUE]!;
    const start = address & PLACE_MASK;
    const value = list.values.chunks[address >>> PLACE_BITS]!.subarray(
      start,
      start + words[at + VALUE_LENGTH]!,
    );
    return { kind: readKind(words, at), sequence: readSequence(words, at), value };
  }

  /**
   * Sees what is added in front of it, in the direction it moves, if it is added before it gets there. Where it stands,
   * its entry stays as it was.
   */
  cursor(): Cursor {
    return new MemtableCursor(this.#list);
  }
}
