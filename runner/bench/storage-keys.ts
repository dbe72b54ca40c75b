/** The keys and values of `bench storage` and of large loads: made when they are needed, so that none is kept. */

export const KEY_BYTES = 16;
export const VALUE_BYTES = 100;
export const ENTRY_BYTES: number = KEY_BYTES + VALUE_BYTES;

/** Odd numbers are the keys that are missing, so there are half as many of both. */
export const MOST_KEYS = 1_000_000_000;

const ZERO = 0x30;
const POOL_BYTES = 1 << 20;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Sixteen decimal digits. The array is the same each time: stores copy what they are given. */
export class Keys {
  readonly #bytes: Uint8Array = new Uint8Array(KEY_BYTES);

  /** The key of this index, from 0; they ascend with it. */
  at(index: number): Uint8Array {
    return this.#write(2 * index);
  }

  /** One that no store has, between those of this index and the next. */
  missing(index: number): Uint8Array {
    return this.#write(2 * index + 1);
  }

  #write(number: number): Uint8Array {
    const bytes = this.#bytes;
    let rest = number;
    for (let at = KEY_BYTES - 1; at >= 0; at--) {
      const tens = Math.floor(rest / 10);
      bytes[at] = ZERO + rest - tens * 10;
      rest = tens;
    }
    return bytes;
  }
}

/** The index of a key that `Keys.at` made. */
export function indexOfKey(key: Uint8Array): number {
  let number = 0;
  for (const digit of key) number = number * 10 + (digit - ZERO);
  return number / 2;
}

/** Letters that compress badly. A value is a part of one large text that depends on its key and its generation. */
export class Values {
  readonly #pool: Uint8Array = new Uint8Array(POOL_BYTES);

  constructor() {
    const numbers = new Numbers(7);
    for (let at = 0; at < POOL_BYTES; at++) {
      this.#pool[at] = LETTERS.charCodeAt(numbers.below(LETTERS.length));
    }
  }

  /** A view that must not be changed. */
  of(index: number, generation: number): Uint8Array {
    const at = (index * 131 + generation * 7_919) % (POOL_BYTES - VALUE_BYTES);
    return this.#pool.subarray(at, at + VALUE_BYTES);
  }
}

/** Random numbers for a workload, the same for the same seed (mulberry32). */
export class Numbers {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  below(bound: number): number {
    return Math.floor(this.fraction() * bound);
  }

  /** In [0, 1). */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }
}

const ROUNDS = 4;

/**
 * All numbers below `count`, each once, in an order that looks random: a Feistel network over the next power of
 * four, walked until it gives one below `count` (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002).
 * A shuffled array of a billion would be most of the memory that is measured.
 */
export class Permutation {
  readonly #count: number;
  readonly #halfBits: number;
  readonly #mask: number;
  readonly #seed: number;

  constructor(count: number, seed: number) {
    this.#count = count;
    this.#halfBits = Math.max(1, Math.ceil(Math.log2(Math.max(2, count)) / 2));
    this.#mask = 2 ** this.#halfBits - 1;
    this.#seed = seed;
  }

  at(index: number): number {
    let number = index;
    do number = this.#step(number);
    while (number >= this.#count);
    return number;
  }

  #step(number: number): number {
    let left = (number >>> this.#halfBits) & this.#mask;
    let right = number & this.#mask;
    for (let round = 0; round < ROUNDS; round++) {
      let mixed = Math.imul(right ^ Math.imul(this.#seed + round, 0x9e3779b1), 0x85ebca6b);
      mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
      [left, right] = [right, left ^ ((mixed ^ (mixed >>> 16)) & this.#mask)];
    }
    return left * (this.#mask + 1) + right;
  }
}

/** As in YCSB. */
const SKEW = 0.99;

/**
 * Ranks below `count`, a few of them very often (Gray et al., "Quickly Generating Billion-Record Synthetic
 * Databases", 1994, as in YCSB). Whoever asks spreads the ranks over the keys.
 */
export class Zipfian {
  readonly #count: number;
  readonly #numbers: Numbers;
  readonly #zeta: number;
  readonly #eta: number;

  constructor(count: number, seed: number) {
    this.#count = count;
    this.#numbers = new Numbers(seed);
    this.#zeta = zeta(count);
    this.#eta = (1 - (2 / count) ** (1 - SKEW)) / (1 - zeta(2) / this.#zeta);
  }

  next(): number {
    const fraction = this.#numbers.fraction();
    const scaled = fraction * this.#zeta;
    if (scaled < 1) return 0;
    if (scaled < 1 + 0.5 ** SKEW) return Math.min(1, this.#count - 1);
    const rank = Math.floor(this.#count * (this.#eta * fraction - this.#eta + 1) ** (1 / (1 - SKEW)));
    return Math.min(rank, this.#count - 1);
  }
}

function zeta(count: number): number {
  let sum = 0;
  for (let rank = 1; rank <= count; rank++) sum += 1 / rank ** SKEW;
  return sum;
}
