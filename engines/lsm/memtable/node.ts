import type { Sequence } from "../../store/index.js";
import type { EntryKind } from "../cursor.js";

/**
 * A node of the skip list: seven words at its address, the key right behind them, and the links of the higher levels
 * before them, that of level n at -n. So what a search looks at is in one cache line, or two; RocksDB's
 * InlineSkipList does it that way.
 */
export const NEXT = 0;
/** The node before it on the lowest level, so that a step back costs no search. */
export const PREVIOUS = 1;
export const KEY_LENGTH = 2;
/** The lower 32 bits of the sequence; then the upper 21 over one bit for the kind. */
const SEQUENCE_LOW = 3;
const SEQUENCE_HIGH = 4;
/** The value's address in an arena of its own, since searches never look at values. */
export const VALUE = 5;
export const VALUE_LENGTH = 6;
export const HEADER_WORDS = 7;

export const WORD_BYTES = 4;
const TWO_32 = 0x1_0000_0000;

/** Where the key of the node at `at` begins, in bytes. */
export function keyStartOf(at: number): number {
  return (at + HEADER_WORDS) * WORD_BYTES;
}

export function writeVersion(words: Int32Array, at: number, sequence: Sequence, kind: EntryKind): void {
  words[at + SEQUENCE_LOW] = sequence | 0;
  words[at + SEQUENCE_HIGH] = (Math.floor(sequence / TWO_32) << 1) | kind;
}

export function readSequence(words: Int32Array, at: number): Sequence {
  return (words[at + SEQUENCE_HIGH]! >>> 1) * TWO_32 + (words[at + SEQUENCE_LOW]! >>> 0);
}

export function readKind(words: Int32Array, at: number): EntryKind {
  return (words[at + SEQUENCE_HIGH]! & 1) as EntryKind;
}
