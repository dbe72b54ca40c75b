import { readU32 } from "../../bytes/index.js";
import { assert } from "../../env/index.js";

/**
 * Bloom filters over user keys (Bloom 1970). One hash of 32 bits gives all probes, by double hashing (Kirsch and
 * Mitzenmacher, "Less Hashing, Same Performance: Building a Better Bloom Filter", 2006). Two keys in 2^32 have the same
 * hash, which adds 0.02 % of false positives for each million keys of a table.
 */

const MAX_PROBES = 22;
const MIN_BYTES = 8;
/** The number of a bit has to fit into 32 bits. */
const MAX_BYTES = 0x1fff_ffff;
const SEED = 0x9747b28c;
const TWO_32 = 0x1_0000_0000;

/** With ln 2 times as many probes as there are bits for each key, the fewest absent keys pass. */
export function probesOf(bitsPerKey: number): number {
  return Math.max(1, Math.trunc((bitsPerKey * 69) / 100));
}

/** Gathers the hashes of keys, since how large the filter is follows from how many there are. */
export class BloomBuilder {
  readonly #bitsPerKey: number;
  #hashes: Uint32Array = new Uint32Array(256);
  #used = 0;

  constructor(bitsPerKey: number) {
    this.#bitsPerKey = bitsPerKey;
  }

  /** Of the filter as it would be now. */
  get sizeBytes(): number {
    return 1 + bitBytesOf(this.#used, this.#bitsPerKey);
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    if (this.#used === this.#hashes.length) {
      const larger = new Uint32Array(2 * this.#used);
      larger.set(this.#hashes);
      this.#hashes = larger;
    }
    this.#hashes[this.#used++] = hashBytes(bytes, start, end, SEED);
  }

  /** Writes the filter's bits and its number of probes to `target[at]`, `sizeBytes` zeros. Returns where it ends. */
  write(target: Uint8Array, at: number): number {
    const bitBytes = this.sizeBytes - 1;
    const scale = scaleOf(bitBytes);
    const probes = probesOf(this.#bitsPerKey);
    for (let i = 0; i < this.#used; i++) {
      let place = this.#hashes[i]!;
      const step = stepOf(place);
      for (let probe = 0; probe < probes; probe++) {
        const bit = ((place >>> 0) * scale) >>> 0;
        target[at + (bit >>> 3)]! |= 1 << (bit & 7);
        place = (place + step) | 0;
      }
    }
    target[at + bitBytes] = probes;
    return at + bitBytes + 1;
  }
}

export class BloomFilter {
  readonly #bytes: Uint8Array;
  readonly #scale: number;
  readonly #probes: number;

  /** `bytes[0, end)` is what `BloomBuilder.write` wrote. Check with `isBloomFilter` what a file says. */
  constructor(bytes: Uint8Array, end: number) {
    assert(isBloomFilter(bytes, end), "a filter is made of what a filter's builder wrote");
    this.#bytes = bytes;
    this.#scale = scaleOf(end - 1);
    this.#probes = bytes[end - 1]!;
  }

  /** False: the key was never added. True: it was, or it is one of the few that pass all the same. */
  mayContain(bytes: Uint8Array, start: number, end: number): boolean {
    const filter = this.#bytes;
    const scale = this.#scale;
    const probes = this.#probes;
    let place = hashBytes(bytes, start, end, SEED);
    const step = stepOf(place);
    for (let probe = 0; probe < probes; probe++) {
      const bit = ((place >>> 0) * scale) >>> 0;
      if ((filter[bit >>> 3]! & (1 << (bit & 7))) === 0) return false;
      place = (place + step) | 0;
    }
    return true;
  }
}

export function isBloomFilter(bytes: Uint8Array, end: number): boolean {
  const probes = bytes[end - 1];
  const bitBytes = end - 1;
  const isSized = bitBytes >= MIN_BYTES && bitBytes <= MAX_BYTES;
  return isSized && probes !== undefined && probes >= 1 && probes <= MAX_PROBES;
}

function bitBytesOf(keys: number, bitsPerKey: number): number {
  return Math.min(MAX_BYTES, Math.max(MIN_BYTES, Math.ceil((keys * bitsPerKey) / 8)));
}

/**
 * What takes a number of 32 bits to a bit of the filter: a multiplication, which costs less than a remainder. Exact
 * enough never to give the number of bits itself: a factor of 2^-32 below it stays apart in 53 bits.
 */
function scaleOf(bitBytes: number): number {
  return (bitBytes * 8) / TWO_32;
}

/** How far the second probe is from the first: the hash, mixed again. */
function stepOf(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  return Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
}

/** MurmurHash3 for 32 bits (Appleby, 2011), as an unsigned integer. */
export function hashBytes(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed | 0;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    hash ^= scrambled(readU32(bytes, at));
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  if (at < end) {
    let rest = bytes[at]!;
    if (at + 1 < end) rest |= bytes[at + 1]! << 8;
    if (at + 2 < end) rest |= bytes[at + 2]! << 16;
    hash ^= scrambled(rest);
  }
  hash ^= end - start;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scrambled(word: number): number {
  const product = Math.imul(word, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}
