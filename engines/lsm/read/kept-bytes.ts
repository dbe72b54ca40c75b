import { copyBytes } from "../../bytes/index.js";

const NOT_SET = -1;
const FIRST_CAPACITY_BYTES = 64;

/** A copy of a key or a value for while the cursor goes on. One buffer, used again and again. */
export class KeptBytes {
  #bytes = new Uint8Array(FIRST_CAPACITY_BYTES);
  #length = NOT_SET;
  #view = this.#bytes;

  set(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length > this.#bytes.length) {
      this.#bytes = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      this.#view = this.#bytes;
    }
    copyBytes(this.#bytes, 0, source, start, end);
    this.#length = length;
  }

  /** False where nothing was set yet. Backwards, since keys that follow one another differ near their ends. */
  equals(source: Uint8Array, start: number, end: number): boolean {
    if (end - start !== this.#length) return false;
    const bytes = this.#bytes;
    for (let i = this.#length - 1; i >= 0; i--) if (bytes[i] !== source[start + i]) return false;
    return true;
  }

  /** What was set last; valid until the next `set`. The same object as long as the length stays. */
  get view(): Uint8Array {
    if (this.#view.length !== this.#length) this.#view = this.#bytes.subarray(0, this.#length);
    return this.#view;
  }
}
