import { assert } from "../../env/index.js";

/**
 * Page buffers to be used again: a new one costs more than to fill an old one. What it gives may hold anything.
 *
 * A cursor keeps the bytes of the leaf that it stands on. While somebody does so (`hold`), nothing that comes back is
 * used again, and the garbage collector takes it.
 */
export class PageBuffers {
  readonly pageBytes: number;
  readonly #keptPages: number;
  readonly #spare: Uint8Array[] = [];
  #holders = 0;

  constructor(pageBytes: number, keptPages: number) {
    this.pageBytes = pageBytes;
    this.#keptPages = keptPages;
  }

  take(): Uint8Array {
    return this.#spare.pop() ?? new Uint8Array(this.pageBytes);
  }

  /** Nobody but holders knows these bytes any more. */
  giveBack(bytes: Uint8Array): void {
    // A short read's array is a view of another one: not one of ours.
    if (this.#holders > 0 || this.#spare.length >= this.#keptPages) return;
    if (bytes.length === this.pageBytes) this.#spare.push(bytes);
  }

  hold(): void {
    this.#holders++;
  }

  release(): void {
    assert(this.#holders > 0, "who releases has held");
    this.#holders--;
  }
}
