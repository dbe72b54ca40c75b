import { assert } from "../env/index.js";
import type { Lsn } from "./format.js";

/** Where a batch begins. */
export interface Position {
  readonly offset: number;
  readonly lsn: Lsn;
}

/** The offsets of some of a segment's batches, in order: the first one, and then one every so many bytes. */
export class SparseIndex {
  readonly #everyBytes: number;
  readonly #offsets: number[] = [];
  readonly #lsns: Lsn[] = [];

  constructor(everyBytes: number) {
    this.#everyBytes = everyBytes;
  }

  /** Offers the next batch, which is noted if it is far enough from the last one noted. */
  note(offset: number, lsn: Lsn): void {
    const last = this.#offsets.length - 1;
    if (last >= 0) {
      assert(lsn > this.#lsns[last]! && offset > this.#offsets[last]!, "batches are noted in order");
      if (offset - this.#offsets[last]! < this.#everyBytes) return;
    }
    this.#offsets.push(offset);
    this.#lsns.push(lsn);
  }

  /** The last noted batch that begins at or below `lsn`. Undefined where none does. */
  floor(lsn: Lsn): Position | undefined {
    let low = 0;
    let high = this.#lsns.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#lsns[middle]! <= lsn) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    return { offset: this.#offsets[low - 1]!, lsn: this.#lsns[low - 1]! };
  }
}
