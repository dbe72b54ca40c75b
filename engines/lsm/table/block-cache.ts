import { assert } from "../../env/index.js";

/** Who finds blocks in memory by their place in a table, and so has to know when one is no longer there. */
export interface BlockOwner {
  /** The block `id` has left the cache. */
  evicted(id: number): void;
}

/** What an entry, its block's object and the array around the bytes take beside the bytes themselves, about. */
const ENTRY_BYTES = 400;

/** A block in the cache. */
export class CacheEntry<T> {
  readonly content: T;
  readonly owner: BlockOwner;
  readonly id: number;
  /** What it takes of the cache's capacity. */
  readonly chargeBytes: number;
  /** Used since the hand came by. */
  isHot: boolean = false;
  /** Its neighbours in the ring, which is the cache's own business. */
  before: CacheEntry<unknown> | undefined = undefined;
  behind: CacheEntry<unknown> | undefined = undefined;

  constructor(content: T, contentBytes: number, owner: BlockOwner, id: number) {
    this.content = content;
    this.owner = owner;
    this.id = id;
    this.chargeBytes = contentBytes + ENTRY_BYTES;
  }
}

/**
 * Which blocks of all tables of a store stay in memory: data, indexes and filters alike. Never more than its capacity,
 * at no time; what doesn't fit at all is not kept. Beyond it are only the blocks that cursors stand in and reads under
 * way.
 *
 * Eviction is CLOCK (Corbató, "A Paging Experiment with the Multics System", 1968): a hand goes round a ring, passes
 * what was used since it last came by, and takes the first block that was not. A block is new in the ring without that
 * mark, so that what a scan reads once doesn't push out what is read often.
 *
 * Tables find their blocks themselves, by position, without a hash: a look-up costs a load of an array's element.
 */
export class BlockCache {
  readonly capacityBytes: number;
  /** Charged now. */
  usedBytes: number = 0;
  /** Blocks in it now. */
  blocks: number = 0;
  /** Blocks that were asked for and in memory; those that were not; and what had to be read for these. */
  hits: number = 0;
  misses: number = 0;
  readBytes: number = 0;
  evictions: number = 0;
  /** The next one to be looked at. New ones go right before it, so that their turn comes last. */
  #hand: CacheEntry<unknown> | undefined;

  /** A capacity of 0 keeps nothing. */
  constructor(capacityBytes: number) {
    assert(
      Number.isSafeInteger(capacityBytes) && capacityBytes >= 0,
      "a capacity is a whole number of bytes from 0 on",
    );
    this.capacityBytes = capacityBytes;
  }

  /** The block was asked for and is here. */
  touch(entry: CacheEntry<unknown>): void {
    entry.isHot = true;
    this.hits++;
  }

  /** Takes it in, others out for it. False where it is larger than the whole cache; then nothing has changed. */
  admit(entry: CacheEntry<unknown>): boolean {
    assert(entry.behind === undefined, "a block is taken in once");
    if (entry.chargeBytes > this.capacityBytes) return false;
    while (this.usedBytes + entry.chargeBytes > this.capacityBytes) this.#evictOne();
    const hand = this.#hand ?? entry;
    const before = hand.before ?? entry;
    entry.before = before;
    entry.behind = hand;
    before.behind = entry;
    hand.before = entry;
    this.#hand = hand;
    this.blocks++;
    this.usedBytes += entry.chargeBytes;
    return true;
  }

  /** Takes one out that its owner needs no more. The owner is not told. */
  remove(entry: CacheEntry<unknown>): void {
    const { before, behind } = entry;
    assert(before !== undefined && behind !== undefined, "only a block that is in the cache is taken out");
    before.behind = behind;
    behind.before = before;
    if (this.#hand === entry) this.#hand = behind === entry ? undefined : behind;
    entry.before = undefined;
    entry.behind = undefined;
    this.blocks--;
    this.usedBytes -= entry.chargeBytes;
  }

  #evictOne(): void {
    let candidate = this.#hand;
    assert(candidate !== undefined, "a cache that holds too much holds something");
    while (candidate.isHot) {
      candidate.isHot = false;
      candidate = candidate.behind!;
    }
    this.#hand = candidate;
    this.remove(candidate);
    this.evictions++;
    candidate.owner.evicted(candidate.id);
  }
}
