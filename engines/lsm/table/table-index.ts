import { ByteReader, type MakeError, copyBytes, varintLength, writeVarint } from "../../bytes/index.js";
import { compareBytes, type Sequence } from "../../store/index.js";
import { withRoom } from "./room.js";

/** The index of a table while it is being written: content of its block. */
export class IndexBuilder {
  bytes: Uint8Array = new Uint8Array(1024);
  sizeBytes: number = 0;
  count: number = 0;

  /** The next data block is `blockBytes` long, and its last entry is not behind (`separator`, `sequence`). */
  add(separator: Uint8Array, sequence: Sequence, blockBytes: number): void {
    const { length } = separator;
    const numbers = varintLength(length) + varintLength(sequence) + varintLength(blockBytes);
    this.bytes = withRoom(this.bytes, this.sizeBytes + numbers + length);
    const keyAt = writeVarint(this.bytes, this.sizeBytes, length);
    const sequenceAt = copyBytes(this.bytes, keyAt, separator, 0, length);
    const sizeAt = writeVarint(this.bytes, sequenceAt, sequence);
    this.sizeBytes = writeVarint(this.bytes, sizeAt, blockBytes);
    this.count++;
  }
}

/** A key, its sequence and a block's size take at least this much. */
const MIN_ENTRY_BYTES = 3;

/** Finds the data block for a key: the separators, one behind the other, and columns of integers. */
export class TableIndex {
  /** How many data blocks there are. */
  readonly count: number;
  readonly #keys: Uint8Array;
  readonly #keyStarts: Uint32Array;
  readonly #sequences: Float64Array;
  readonly #offsets: Float64Array;
  /** What all separators begin with, in bytes. */
  readonly #prefixBytes: number;
  /** The four bytes behind that of each one, zeros where it ends before: most comparisons need no more. */
  readonly #heads: Uint32Array;

  /**
   * From what `IndexBuilder` made for `count` blocks that fill the file up to `dataBytes`. Throws `badFormat`'s error
   * for anything else.
   */
  constructor(content: Uint8Array, count: number, dataBytes: number, badFormat: MakeError) {
    const reader = new ByteReader(content, "the index", badFormat);
    if (count * MIN_ENTRY_BYTES > content.length) reader.fail(`${count} entries`, `${content.length} bytes`);
    const keys = new Uint8Array(content.length);
    const keyStarts = new Uint32Array(count + 1);
    const sequences = new Float64Array(count);
    const offsets = new Float64Array(count + 1);
    let keysEnd = 0;
    for (let block = 0; block < count; block++) {
      const key = reader.bytes();
      keysEnd = copyBytes(keys, keysEnd, key, 0, key.length);
      keyStarts[block + 1] = keysEnd;
      sequences[block] = reader.integer();
      const end = offsets[block]! + reader.integer();
      if (end > dataBytes) reader.fail(`blocks within ${dataBytes} bytes`, `one that ends at ${end}`);
      offsets[block + 1] = end;
    }
    reader.end();
    if (offsets[count] !== dataBytes) reader.fail(`blocks up to ${dataBytes}`, `up to ${offsets[count]}`);
    this.count = count;
    this.#keys = keys.slice(0, keysEnd);
    this.#keyStarts = keyStarts;
    this.#sequences = sequences;
    this.#offsets = offsets;
    this.#prefixBytes = sharedBytes(this.keyOf(0), this.keyOf(count - 1));
    this.#heads = new Uint32Array(count);
    for (let block = 0; block < count; block++) {
      this.#heads[block] = headOf(this.keyOf(block), this.#prefixBytes);
    }
  }

  /** Of memory. */
  get sizeBytes(): number {
    const columns = this.#keyStarts.byteLength + this.#sequences.byteLength + this.#offsets.byteLength;
    return this.#keys.length + columns + this.#heads.byteLength;
  }

  /** Where a data block begins; of `count`: where the last one ends. */
  offsetOf(block: number): number {
    return this.#offsets[block]!;
  }

  sizeOf(block: number): number {
    return this.#offsets[block + 1]! - this.#offsets[block]!;
  }

  /** The separator of a block: a view, and its sequence. */
  keyOf(block: number): Uint8Array {
    return this.#keys.subarray(this.#keyStarts[block], this.#keyStarts[block + 1]);
  }

  sequenceOf(block: number): Sequence {
    return this.#sequences[block]!;
  }

  /**
   * The first block whose separator is at or behind (`key`, `sequence`) in internal order; `count`: none. The first
   * entry at or behind that place stands in it, or begins the next one; and in that case it is of another key.
   */
  find(key: Uint8Array, sequence: Sequence): number {
    const keys = this.#keys;
    const prefixBytes = this.#prefixBytes;
    const prefixEnd = Math.min(prefixBytes, key.length);
    const order = compareBytes(keys, 0, prefixBytes, key, 0, prefixEnd);
    if (order !== 0) return order < 0 ? this.count : 0;
    const heads = this.#heads;
    const head = headOf(key, prefixBytes);
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = heads[middle]!;
      const isBefore = other === head ? this.#isBefore(middle, key, sequence) : other < head;
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #isBefore(block: number, key: Uint8Array, sequence: Sequence): boolean {
    const starts = this.#keyStarts;
    const order = compareBytes(this.#keys, starts[block]!, starts[block + 1]!, key, 0, key.length);
    return order < 0 || (order === 0 && this.#sequences[block]! > sequence);
  }
}

function sharedBytes(a: Uint8Array, b: Uint8Array): number {
  let shared = 0;
  while (shared < a.length && shared < b.length && a[shared] === b[shared]) shared++;
  return shared;
}

/** Four bytes as a number in the order of keys. */
function headOf(key: Uint8Array, at: number): number {
  if (at + 4 <= key.length) {
    return ((key[at]! << 24) | (key[at + 1]! << 16) | (key[at + 2]! << 8) | key[at + 3]!) >>> 0;
  }
  let head = 0;
  for (let i = at; i < at + 4; i++) head = head * 0x100 + (i < key.length ? key[i]! : 0);
  return head;
}
