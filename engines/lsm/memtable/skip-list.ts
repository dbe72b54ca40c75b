import { copyBytes } from "../../bytes/index.js";
import { compareBytes, type Sequence } from "../../store/index.js";
import type { EntryKind } from "../cursor.js";
import { Arena, PLACE_BITS, PLACE_MASK } from "./arena.js";
import {
  HEADER_WORDS,
  KEY_LENGTH,
  NEXT,
  PREVIOUS,
  VALUE,
  VALUE_LENGTH,
  WORD_BYTES,
  keyStartOf,
  readSequence,
  writeVersion,
} from "./node.js";

/** 4^12 nodes, with one in four on the next level each: Pugh, "Skip lists" (1990); as LevelDB's. */
const HEIGHT_MAX = 12;

/**
 * Nodes in internal order (`Cursor`), in arenas: links are addresses, and no entry is an object. The list is a ring:
 * the head is before the first node and behind the last one. It is for one writer and, between its calls, any number
 * of readers: a node never moves and never goes, and no byte of a key or a value is written twice.
 */
export class SkipList {
  /** The nodes' words, and the same memory as bytes, for their keys. */
  readonly nodes: Arena<Int32Array>;
  readonly keyChunks: Uint8Array[] = [];
  readonly values: Arena<Uint8Array> = new Arena((length) => new Uint8Array(length));
  readonly head: number;
  /** On each level, the last node before what `find` looked for. */
  readonly #path = new Int32Array(HEIGHT_MAX);
  /** The last node of each level. */
  readonly #tails = new Int32Array(HEIGHT_MAX);
  #height = 1;
  /** How many bytes what `find` found has in common with the key it looked for. */
  #shared = 0;
  /** The state of xorshift32 (Marsaglia 2003), which is never 0. */
  #random: number;

  constructor(seed: number) {
    this.#random = seed | 1;
    this.nodes = new Arena((length) => {
      const words = new Int32Array(length);
      this.keyChunks.push(new Uint8Array(words.buffer));
      return words;
    });
    this.head = this.#allocateNode(HEIGHT_MAX, 0);
    const words = this.nodes.chunks[this.head >>> PLACE_BITS]!;
    const at = this.head & PLACE_MASK;
    words[at + PREVIOUS] = this.head;
    for (let level = 0; level < HEIGHT_MAX; level++) words[at + NEXT - level] = this.head;
    this.#path.fill(this.head);
    this.#tails.fill(this.head);
  }

  /** The node behind `node` on the lowest level; the head behind the last. */
  next(node: number): number {
    return this.nodes.chunks[node >>> PLACE_BITS]![(node & PLACE_MASK) + NEXT]!;
  }

  /** The node before `node` on the lowest level; the head before the first. */
  previous(node: number): number {
    return this.nodes.chunks[node >>> PLACE_BITS]![(node & PLACE_MASK) + PREVIOUS]!;
  }

  /** Whether `node`, which the last `find` gave, is of the key that it looked for. */
  hasKeyOfFind(node: number, keyLength: number): boolean {
    if (node === this.head || this.#shared !== keyLength) return false;
    return this.nodes.chunks[node >>> PLACE_BITS]![(node & PLACE_MASK) + KEY_LENGTH] === keyLength;
  }

  /** The first node at or behind (`key`, `sequence`), or the head. */
  find(key: Uint8Array, start: number, end: number, sequence: Sequence): number {
    const nodes = this.nodes.chunks;
    const keys = this.keyChunks;
    const path = this.#path;
    const length = end - start;
    let node = this.head;
    let beyond = this.head;
    // Bytes that the key shares with `node` and with `beyond`. What is between them shares the fewer of the two.
    let sharedLeft = 0;
    let sharedRight = 0;
    for (let level = this.#height - 1; level >= 0; level--) {
      for (;;) {
        const next = nodes[node >>> PLACE_BITS]![(node & PLACE_MASK) + NEXT - level]!;
        if (next === beyond) break;
        const words = nodes[next >>> PLACE_BITS]!;
        const at = next & PLACE_MASK;
        const keyLength = words[at + KEY_LENGTH]!;
        const bytes = keys[next >>> PLACE_BITS]!;
        const keyStart = keyStartOf(at);
        const both = keyLength < length ? keyLength : length;
        let shared = sharedLeft < sharedRight ? sharedLeft : sharedRight;
        while (shared < both && bytes[keyStart + shared] === key[start + shared]) shared++;
        let order = keyLength - length;
        if (shared < both) order = bytes[keyStart + shared]! - key[start + shared]!;
        else if (order === 0) order = sequence - readSequence(words, at);
        if (order >= 0) {
          beyond = next;
          sharedRight = shared;
          break;
        }
        node = next;
        sharedLeft = shared;
      }
      path[level] = node;
    }
    this.#shared = sharedRight;
    return beyond;
  }

  /** Adds an entry, or gives one that has its key and sequence the new value. True: it was added. */
  put(
    kind: EntryKind,
    sequence: Sequence,
    keyBytes: Uint8Array,
    keyStart: number,
    keyEnd: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): boolean {
    const isLast = this.#isBehindAll(keyBytes, keyStart, keyEnd, sequence);
    const found = isLast ? this.head : this.find(keyBytes, keyStart, keyEnd, sequence);
    const isNew = isLast || !this.#isVersionOfFind(found, keyEnd - keyStart, sequence);
    const value = this.#addValue(valueBytes, valueStart, valueEnd);
    const path = isLast ? this.#tails : this.#path;
    const node = isNew ? this.#link(path, found, keyBytes, keyStart, keyEnd) : found;
    const words = this.nodes.chunks[node >>> PLACE_BITS]!;
    const at = node & PLACE_MASK;
    words[at + VALUE] = value;
    words[at + VALUE_LENGTH] = valueEnd - valueStart;
    writeVersion(words, at, sequence, kind);
    return isNew;
  }

  #isVersionOfFind(node: number, keyLength: number, sequence: Sequence): boolean {
    if (!this.hasKeyOfFind(node, keyLength)) return false;
    return readSequence(this.nodes.chunks[node >>> PLACE_BITS]!, node & PLACE_MASK) === sequence;
  }

  /** So that entries which are put in their order cost no search. */
  #isBehindAll(key: Uint8Array, start: number, end: number, sequence: Sequence): boolean {
    const last = this.#tails[0]!;
    if (last === this.head) return true;
    const words = this.nodes.chunks[last >>> PLACE_BITS]!;
    const at = last & PLACE_MASK;
    const lastStart = keyStartOf(at);
    const lastEnd = lastStart + words[at + KEY_LENGTH]!;
    const order = compareBytes(this.keyChunks[last >>> PLACE_BITS]!, lastStart, lastEnd, key, start, end);
    return order < 0 || (order === 0 && readSequence(words, at) > sequence);
  }

  #addValue(bytes: Uint8Array, start: number, end: number): number {
    const value = this.values.allocate(end === start ? 1 : end - start);
    copyBytes(this.values.chunks[value >>> PLACE_BITS]!, value & PLACE_MASK, bytes, start, end);
    return value;
  }

  /** A new node with this key behind those of `path`, and on the lowest level before `next`. */
  #link(path: Int32Array, next: number, key: Uint8Array, start: number, end: number): number {
    const nodes = this.nodes.chunks;
    const height = this.#drawHeight();
    const node = this.#allocateNode(height, end - start);
    const words = nodes[node >>> PLACE_BITS]!;
    const at = node & PLACE_MASK;
    copyBytes(this.keyChunks[node >>> PLACE_BITS]!, keyStartOf(at), key, start, end);
    words[at + KEY_LENGTH] = end - start;
    words[at + PREVIOUS] = path[0]!;
    nodes[next >>> PLACE_BITS]![(next & PLACE_MASK) + PREVIOUS] = node;
    // On the levels that the list has not had yet, `path` still says the head.
    if (height > this.#height) this.#height = height;
    for (let level = 0; level < height; level++) {
      const before = path[level]!;
      const beforeWords = nodes[before >>> PLACE_BITS]!;
      const link = (before & PLACE_MASK) + NEXT - level;
      const behind = beforeWords[link]!;
      words[at + NEXT - level] = behind;
      beforeWords[link] = node;
      if (behind === this.head) this.#tails[level] = node;
    }
    return node;
  }

  #allocateNode(height: number, keyLength: number): number {
    const keyWords = Math.ceil(keyLength / WORD_BYTES);
    return this.nodes.allocate(height - 1 + HEADER_WORDS + keyWords) + height - 1;
  }

  /** 1, and one more with a chance of one in four each. */
  #drawHeight(): number {
    let bits = this.#random;
    bits ^= bits << 13;
    bits ^= bits >>> 17;
    bits ^= bits << 5;
    this.#random = bits;
    let height = 1;
    for (; height < HEIGHT_MAX && (bits & 3) === 0; bits >>>= 2) height++;
    return height;
  }
}
