/**
 * Named streams of random integers, for what is drawn in a sequence rather than by identity: workloads, the
 * swarm's configuration, an engine's own `Random`.
 *
 * Each is seedrandom's tychei, made on first use from the run's seed and the stream's name. Never xor128: its
 * seeding is linear, so that streams with sibling names are correlated (`streams.independence.test.ts`).
 */
import seedrandom from "seedrandom";
import { assert, type Random } from "#engines/env/index.js";

export class Streams {
  readonly #seed: number;
  readonly #byName: Map<string, Stream> = new Map();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** The stream of this name; the same object each time. */
  get(name: string): Stream {
    let stream = this.#byName.get(name);
    if (stream === undefined) {
      // One form for every seed: a number and its text would be two different seeds to seedrandom.
      stream = new Stream(`${this.#seed}/${name}`);
      this.#byName.set(name, stream);
    }
    return stream;
  }
}

/** A sequence of uniform integers. */
export class Stream implements Random {
  readonly #source: seedrandom.PRNG;

  constructor(seed: string) {
    this.#source = seedrandom.tychei(seed);
  }

  uint32(): number {
    return this.#source.int32() >>> 0;
  }

  below(bound: number): number {
    assert(bound >= 1 && bound <= 0x1_0000_0000, "the bound is in [1, 2^32]");
    return Math.trunc((this.uint32() * bound) / 0x1_0000_0000);
  }

  /** An integer in [low, high]. */
  between(low: number, high: number): number {
    assert(low <= high, "the range is not empty");
    return low + this.below(high - low + 1);
  }

  /** True with a probability of `ppm` in a million. */
  chance(ppm: number): boolean {
    return this.below(1_000_000) < ppm;
  }

  /** One of the values, each as likely. */
  pick<T>(values: readonly T[]): T {
    assert(values.length > 0, "there is something to pick from");
    return values[this.below(values.length)]!;
  }
}
