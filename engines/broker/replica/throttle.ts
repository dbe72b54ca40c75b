import { assert } from "../../env/index.js";

const US_PER_S = 1_000_000;

/**
 * A rate in bytes per second that holds on average: what was taken may be more than there was, and is waited for
 * afterwards. At most the bytes of one second are saved up.
 */
export class Throttle {
  readonly #bytesPerS: number;
  #availableBytes: number;
  #atUs: number;

  constructor(bytesPerS: number, nowUs: number) {
    assert(bytesPerS > 0, "a throttle lets something through");
    this.#bytesPerS = bytesPerS;
    this.#availableBytes = bytesPerS;
    this.#atUs = nowUs;
  }

  /** How long nothing may be taken; 0 where something may. */
  waitUs(nowUs: number): number {
    this.#refill(nowUs);
    if (this.#availableBytes > 0) return 0;
    return Math.floor((-this.#availableBytes * US_PER_S) / this.#bytesPerS) + 1;
  }

  take(sizeBytes: number, nowUs: number): void {
    this.#refill(nowUs);
    this.#availableBytes -= sizeBytes;
  }

  /** Whole bytes only; the time that made none of them counts next time. */
  #refill(nowUs: number): void {
    const gained = Math.floor(((nowUs - this.#atUs) * this.#bytesPerS) / US_PER_S);
    if (gained === 0) return;
    const full = this.#availableBytes + gained >= this.#bytesPerS;
    this.#availableBytes = full ? this.#bytesPerS : this.#availableBytes + gained;
    this.#atUs = full ? nowUs : this.#atUs + Math.ceil((gained * US_PER_S) / this.#bytesPerS);
  }
}
