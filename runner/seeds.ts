/** Which seeds a batch runs, and in which order. */
import { assert } from "#engines/env/index.js";
import { WHOLE, type Shard } from "./input/shard.js";

/**
 * Seeds at positions 0, 1, 2...: an arithmetic sequence. A shard is every n-th seed of a range, so that the
 * shards of a range are disjoint, cover it, and are known without talking to each other.
 */
export class SeedSequence {
  readonly first: number;
  readonly stride: number;
  /** How many; `Infinity` where only time ends the batch. */
  readonly length: number;

  constructor(first: number, stride: number, length: number) {
    assert(
      length === Infinity || Number.isSafeInteger(first + stride * Math.max(0, length - 1)),
      "seeds are exact",
    );
    this.first = first;
    this.stride = stride;
    this.length = length;
  }

  /** The part of [first, last] that belongs to the shard; it may be empty. `last` may be `Infinity`. */
  static shard(first: number, last: number, shard: Shard = WHOLE): SeedSequence {
    const start = first + shard.index - 1;
    const length = last === Infinity ? Infinity : Math.max(0, Math.floor((last - start) / shard.of) + 1);
    return new SeedSequence(start, shard.of, length);
  }

  at(position: number): number {
    assert(position >= 0 && position < this.length, "the position is in the sequence");
    return this.first + position * this.stride;
  }

  /** `length` seeds from `position` on, fewer where the sequence ends. */
  slice(position: number, length: number): SeedSequence {
    const left = Math.max(0, Math.min(length, this.length - position));
    return new SeedSequence(this.first + position * this.stride, this.stride, left);
  }

  /** The same seeds, last first. Only of a finite sequence. */
  reversed(): SeedSequence {
    assert(this.length !== Infinity, "an endless sequence has no last seed");
    if (this.length === 0) return this;
    return new SeedSequence(this.at(this.length - 1), -this.stride, this.length);
  }
}
