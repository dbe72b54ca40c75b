import { assert } from "../env/index.js";

const SLAB_BYTES = 64 * 1024;
/** Larger ones get an array of their own, so that little of a slab stays unused. */
const SHARED_BYTES_MAX = SLAB_BYTES / 8;
/** V8 keeps typed arrays up to this length on its heap, where they cost no more than a view does. */
const ON_HEAP_BYTES_MAX = 64;

/**
 * Gives arrays that are parts of larger ones, as Node's `Buffer` does: to V8 an array buffer of its own costs ten
 * times as much as a view. Nothing is used twice. Whoever keeps an array keeps the slab around it alive, up to
 * 64 KiB.
 */
export class Slab {
  #bytes = new Uint8Array(0);
  #used = 0;

  /** So many zeros, which belong to the caller. */
  take(length: number): Uint8Array {
    assert(Number.isSafeInteger(length) && length >= 0, "a length is a whole number from 0 on");
    if (length <= ON_HEAP_BYTES_MAX || length > SHARED_BYTES_MAX) return new Uint8Array(length);
    if (length > this.#bytes.length - this.#used) {
      this.#bytes = new Uint8Array(SLAB_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += length;
    return this.#bytes.subarray(start, this.#used);
  }
}
