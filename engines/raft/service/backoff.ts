import { assert, assertDurationUs, type Random } from "../../env/index.js";
import { jittered } from "../../rpc/index.js";

/** How long to wait before trying again: twice as long each time up to a cap, half of it by chance. */
export class Backoff {
  readonly #random: Random;
  readonly #maxUs: number;
  #nextUs: number;

  constructor(random: Random, minUs: number, maxUs: number) {
    assertDurationUs(minUs);
    assertDurationUs(maxUs);
    assert(minUs > 0 && minUs <= maxUs, "waits grow from something to something longer");
    this.#random = random;
    this.#maxUs = maxUs;
    this.#nextUs = minUs;
  }

  /** The next wait, in microseconds. */
  next(): number {
    const fullUs = this.#nextUs;
    this.#nextUs = Math.min(this.#maxUs, 2 * fullUs);
    return jittered(this.#random, fullUs);
  }
}
