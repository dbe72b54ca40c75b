import { assert } from "../../env/index.js";

/**
 * An address is a chunk's number in its upper 16 bits and a place in it in the lower ones. It is an int32, so only
 * what takes its parts may look at it.
 */
export const PLACE_BITS: number = 16;
export const PLACE_MASK: number = 0xffff;
const CHUNK_LENGTH_MAX = 1 << PLACE_BITS;
const CHUNKS_MAX = 1 << (32 - PLACE_BITS);
/** A small memtable, as scenarios have them, costs little; each chunk is twice as long as the one before. */
const FIRST_CHUNK_LENGTH = 256;
/** Longer ones get a chunk of their own, so that less than a quarter of a chunk stays unused. */
const SHARED_LENGTH_MAX = CHUNK_LENGTH_MAX / 4;

/**
 * Gives out room in chunks that never move and are never given back one by one. At most 65,536 chunks, which hold
 * 2^30 elements at the least.
 */
export class Arena<Chunk extends Uint8Array | Int32Array> {
  /** The chunk of `address` is `chunks[address >>> PLACE_BITS]`. */
  readonly chunks: Chunk[] = [];
  readonly #makeChunk: (length: number) => Chunk;
  /** Elements given out. */
  #used = 0;
  /** Of the chunk that is being filled: its number, the first free place, its length; and the length of the next. */
  #current = 0;
  #place = 0;
  #end = 0;
  #nextLength = FIRST_CHUNK_LENGTH;

  constructor(makeChunk: (length: number) => Chunk) {
    this.#makeChunk = makeChunk;
  }

  get used(): number {
    return this.#used;
  }

  /** The address of so many zeros in a row, at least one. Throws RangeError without memory; nothing has changed then. */
  allocate(length: number): number {
    assert(length > 0, "an address is that of an element");
    if (length > this.#end - this.#place) {
      if (length > SHARED_LENGTH_MAX) return this.#allocateAlone(length);
      this.#beginChunk(length);
    }
    const address = (this.#current << PLACE_BITS) | this.#place;
    this.#place += length;
    this.#used += length;
    return address;
  }

  #allocateAlone(length: number): number {
    const number = this.#addChunk(length);
    this.#used += length;
    return number << PLACE_BITS;
  }

  #beginChunk(lengthMin: number): void {
    while (this.#nextLength < lengthMin) this.#nextLength *= 2;
    this.#current = this.#addChunk(this.#nextLength);
    this.#place = 0;
    this.#end = this.#nextLength;
    if (this.#nextLength < CHUNK_LENGTH_MAX) this.#nextLength *= 2;
  }

  #addChunk(length: number): number {
    const number = this.chunks.length;
    assert(number < CHUNKS_MAX, "a memtable is written out long before it has 65,536 chunks");
    this.chunks.push(this.#makeChunk(length));
    return number;
  }
}
