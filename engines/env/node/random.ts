import { randomFillSync } from "node:crypto";
import { assert } from "../assert.js";
import type { Random } from "../index.js";

/** One call to the system's generator costs a microsecond whatever its size: fetch many numbers at once. */
const POOL_SIZE = 1024;
const UINT32_RANGE = 0x1_0000_0000;

/** Random numbers from the operating system. */
export class NodeRandom implements Random {
  readonly #pool: Uint32Array<ArrayBuffer> = new Uint32Array(POOL_SIZE);
  #next: number = POOL_SIZE;

  uint32(): number {
    if (this.#next === POOL_SIZE) {
      randomFillSync(this.#pool);
      this.#next = 0;
    }
    const value = this.#pool[this.#next++];
    assert(value !== undefined, "the pool has a number left");
    return value;
  }

  below(bound: number): number {
    assert(Number.isInteger(bound) && bound >= 1 && bound <= UINT32_RANGE, "bound is in [1, 2^32]");
    // Numbers from the last, incomplete multiple of `bound` would favour the small results: draw again.
    const limit = UINT32_RANGE - (UINT32_RANGE % bound);
    let value = this.uint32();
    while (value >= limit) value = this.uint32();
    return value % bound;
  }
}
