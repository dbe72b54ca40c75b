import { copyBytes } from "../../bytes/index.js";
import { shortestSeparator } from "./separator.js";
import { cellBytes, cellChild, keyEnd, keyStart } from "../page/cells.js";
import { cellStart, SLOT_BYTES, type PageType } from "../page/layout.js";
import type { PageId } from "../page/types.js";

/** Cells in the order of their keys, one behind the other: those of a page or two, to be parted anew. */
export class CellRun {
  readonly #type: PageType;
  readonly #bytes: Uint8Array;
  /** Where each cell begins, and at the end where the last one ends. */
  readonly #starts: number[] = [0];

  /** `mostBytes`: what all of them will take. */
  constructor(type: PageType, mostBytes: number) {
    this.#type = type;
    this.#bytes = new Uint8Array(mostBytes);
  }

  get count(): number {
    return this.#starts.length - 1;
  }

  /** What they take with their slots. */
  get usedBytes(): number {
    return this.#used(this.count);
  }

  addFrom(page: Uint8Array, from: number, to: number): void {
    for (let slot = from; slot < to; slot++) {
      const start = cellStart(page, slot);
      this.#add(page, start, start + cellBytes(page, this.#type, start));
    }
  }

  addCell(cell: Uint8Array): void {
    this.#add(cell, 0, cell.length);
  }

  /** The cells [from, to). */
  cells(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(this.#starts[from], this.#starts[to]);
  }

  key(index: number): Uint8Array {
    const start = this.#starts[index]!;
    return this.#bytes.subarray(keyStart(this.#bytes, start), keyEnd(this.#bytes, start));
  }

  child(index: number): PageId {
    return cellChild(this.#bytes, this.#starts[index]!);
  }

  /** The separator between cell `index` and the one before it. */
  separator(index: number): Uint8Array {
    return shortestSeparator(this.key(index - 1), this.key(index));
  }

  /** How many cells go to the left of two leaves, so that both have about as much. */
  leafCut(): number {
    const total = this.usedBytes;
    const above = this.#firstBeyondHalf(total);
    // The cell across the middle goes to the side that has less without it.
    return this.#used(above) + this.#used(above - 1) > total ? above - 1 : above;
  }

  /** Which cell goes up from between two internal pages: the one across the middle. */
  internalCut(): number {
    return this.#firstBeyondHalf(this.usedBytes) - 1;
  }

  /** The smallest number of cells, from the first on, that take more than half. */
  #firstBeyondHalf(total: number): number {
    let count = 0;
    while (this.#used(count) * 2 <= total) count++;
    return count;
  }

  /** What the first `count` cells and their slots take. */
  #used(count: number): number {
    return this.#starts[count]! + count * SLOT_BYTES;
  }

  #add(from: Uint8Array, start: number, end: number): void {
    const at = this.#starts[this.count]!;
    this.#starts.push(copyBytes(this.#bytes, at, from, start, end));
  }
}
