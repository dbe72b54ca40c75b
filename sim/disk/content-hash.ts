/** A hash wide enough to tell hundreds of thousands of images apart. */
import { finalize, fold } from "../hash.js";

/** A hash of 64 bits in two lanes. Order matters. */
export class ContentHash {
  #low: number;
  #high: number;

  constructor() {
    this.#low = 0x2f0b4a1d;
    this.#high = 0x7a3c9e55;
  }

  word(value: number): this {
    this.#low = fold(this.#low, value);
    this.#high = Math.imul((this.#high ^ value) + 0x165667b1, 0x27d4eb2f);
    this.#high ^= this.#high >>> 15;
    return this;
  }

  /** An integer below 2^53. */
  number(value: number): this {
    return this.word(value | 0).word(Math.floor(value / 0x1_0000_0000));
  }

  text(text: string): this {
    this.word(text.length);
    for (let i = 0; i < text.length; i++) this.word(text.charCodeAt(i));
    return this;
  }

  bytes(bytes: Uint8Array): this {
    this.word(bytes.length);
    const whole = bytes.length & ~3;
    for (let i = 0; i < whole; i += 4) {
      this.word(bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    }
    for (let i = whole; i < bytes.length; i++) this.word(bytes[i]!);
    return this;
  }

  /** 53 bits. */
  value(): number {
    return finalize(this.#low) + (finalize(this.#high) & 0x1f_ffff) * 0x1_0000_0000;
  }
}
