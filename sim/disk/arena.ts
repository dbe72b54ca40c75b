/** Keeps the bytes of unsynced writes without an allocation each. */
import { NO_BYTES } from "./layout.js";

const CHUNK_BYTES = 16_384;

/**
 * A bump allocator over chunks. Nothing is freed by hand: a chunk goes when no delta refers to it any more.
 * A typed array of its own for each write of 100 bytes costs several times the copy.
 */
export class Arena {
  /** Where the bytes of the last `put` are. */
  chunk: Uint8Array = NO_BYTES;
  at = 0;
  #open: Uint8Array = NO_BYTES;
  #used = 0;

  /** Copies `bytes`; they are then in `chunk` from `at` on. */
  put(bytes: Uint8Array): void {
    const length = bytes.length;
    if (length > CHUNK_BYTES >>> 2) {
      this.chunk = bytes.slice();
      this.at = 0;
      return;
    }
    if (this.#used + length > this.#open.length) {
      this.#open = new Uint8Array(CHUNK_BYTES);
      this.#used = 0;
    }
    this.#open.set(bytes, this.#used);
    this.chunk = this.#open;
    this.at = this.#used;
    this.#used += length;
  }
}
