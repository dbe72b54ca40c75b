import { readVarint } from "../../bytes/index.js";
import type { Sequence } from "../../store/index.js";
import { PUT, TOMBSTONE, type EntryKind } from "../cursor.js";

/**
 * Reads entries of data blocks, one after the other, into its own fields: an object for each would cost more than
 * the reading. The key is `shared` bytes of the key before it, then `bytes[suffixStart, valueStart)`.
 */
export class EntryReader {
  shared: number = 0;
  suffixStart: number = 0;
  sequence: Sequence = 0;
  kind: EntryKind = TOMBSTONE;
  valueStart: number = 0;
  /** Where the next entry begins. */
  valueEnd: number = 0;

  /** Reads the entry at `start`. False where none stands there that ends at or before `end`. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    let shared = bytes[start]!;
    let suffixBytes = bytes[start + 1]!;
    let valueCode = bytes[start + 2]!;
    let at = start + 3;
    if ((shared | suffixBytes | valueCode) >= 0x80) {
      shared = readVarint(bytes, start);
      at = behindVarint(bytes, start);
      suffixBytes = readVarint(bytes, at);
      at = behindVarint(bytes, at);
      valueCode = readVarint(bytes, at);
      at = behindVarint(bytes, at);
      if (shared < 0 || suffixBytes < 0 || valueCode < 0) return false;
    }
    const suffixStart = this.#readSequence(bytes, at);
    const valueStart = suffixStart + suffixBytes;
    const valueEnd = valueCode === 0 ? valueStart : valueStart + valueCode - 1;
    this.shared = shared;
    this.suffixStart = suffixStart;
    this.kind = valueCode === 0 ? TOMBSTONE : PUT;
    this.valueStart = valueStart;
    this.valueEnd = valueEnd;
    return valueEnd <= end && this.sequence >= 0;
  }

  /** Up to 28 bits without a multiplication. Returns the place behind it. */
  #readSequence(bytes: Uint8Array, start: number): number {
    let byte = bytes[start]!;
    let sequence = byte & 0x7f;
    let at = start + 1;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      if (shift === 28) {
        this.sequence = readVarint(bytes, start);
        return behindVarint(bytes, start);
      }
      byte = bytes[at++]!;
      sequence |= (byte & 0x7f) << shift;
    }
    this.sequence = sequence;
    return at;
  }
}

function behindVarint(bytes: Uint8Array, start: number): number {
  let at = start;
  while (bytes[at++]! >= 0x80);
  return at;
}
