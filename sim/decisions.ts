/**
 * Keyed decisions: what the world does at a site is a pure function of (seed, site, stable identity), so no
 * decision shifts another. Adding a message, a file or a fault leaves every other answer as it was, which is
 * what makes overrides and shrinking possible.
 *
 * A draw of 0 is the benign default at every site. Answers other than the default can be recorded; a repro is
 * a seed and a sparse list of overrides of such answers.
 */
import { assert } from "#engines/env/index.js";
import { finalize, fold, hashText } from "./hash.js";
import { EXPONENTIAL_TABLE } from "./exponential-table.js";

/** A place in the simulator where a question is asked. Make one with `site` and keep it. */
export interface Site {
  readonly name: string;
  readonly hash: number;
}

/** The site with this name. Names are unique over the simulator and never change: repro files hold them. */
export function site(name: string): Site {
  return { name, hash: hashText(name) };
}

/** One answer that differs from the benign default. `key` is what an override names. */
export interface RecordedDecision {
  readonly key: string;
  readonly value: number;
}

const PPM = 1_000_000;

export class Decisions {
  readonly seed: number;
  readonly #seedLow: number;
  readonly #seedHigh: number;
  readonly #overrides: ReadonlyMap<string, number>;
  #recording: Map<string, number> | undefined;

  /** `seed`: a safe integer from 0. `overrides`: by the keys that a recording gave. */
  constructor(seed: number, overrides: ReadonlyMap<string, number> = new Map()) {
    assert(Number.isSafeInteger(seed) && seed >= 0, "the seed is an integer in [0, 2^53)");
    this.seed = seed;
    this.#seedLow = seed | 0;
    this.#seedHigh = Math.trunc(seed / 0x1_0000_0000) | 0;
    this.#overrides = overrides;
  }

  /** From now on keeps every answer that differs from the benign default. */
  record(): void {
    this.#recording ??= new Map();
  }

  /** The answers kept since `record`, in the order in which they were first given. */
  recorded(): RecordedDecision[] {
    return [...(this.#recording ?? [])].map(([key, value]) => ({ key, value }));
  }

  /** Uniform 32 bits, with no notion of a benign answer: for identities and ties, never for faults. */
  bits(where: Site, a: number, b = 0, c = 0, d = 0): number {
    let h = fold(this.#seedLow ^ where.hash, this.#seedHigh);
    h = fold(h, a);
    h = fold(h, b);
    h = fold(h, c);
    return finalize(fold(h, d));
  }

  /** True with a probability of `ppm` in a million. The benign answer is false. */
  chance(ppm: number, where: Site, a: number, b = 0, c = 0, d = 0): boolean {
    // Nothing enabled is the common case, and must cost no hash.
    if (ppm === 0 && this.#overrides.size === 0) return false;
    const drawn = this.bits(where, a, b, c, d) % PPM < ppm ? 1 : 0;
    return this.#answer(drawn, where, a, b, c, d) !== 0;
  }

  /** A uniform integer in [0, bound). The benign answer is 0. */
  below(bound: number, where: Site, a: number, b = 0, c = 0, d = 0): number {
    assert(bound >= 1 && bound <= 0x1_0000_0000, "the bound is in [1, 2^32]");
    const drawn = Math.trunc((this.bits(where, a, b, c, d) * bound) / 0x1_0000_0000);
    return Math.min(this.#answer(drawn, where, a, b, c, d), bound - 1);
  }

  /**
   * An exponentially distributed integer with the given mean, cut off at about 8.3 times the mean. From a table of
   * integers: Math.log differs between engines. The benign answer is 0.
   */
  exponential(mean: number, where: Site, a: number, b = 0, c = 0, d = 0): number {
    const quantile = EXPONENTIAL_TABLE[this.bits(where, a, b, c, d) >>> 21]!;
    return this.#answer(Math.trunc((quantile * mean) / 1024), where, a, b, c, d);
  }

  #answer(drawn: number, where: Site, a: number, b: number, c: number, d: number): number {
    if (this.#overrides.size === 0 && this.#recording === undefined) return drawn;
    const key = `${where.name}:${a}.${b}.${c}.${d}`;
    const value = this.#overrides.get(key) ?? drawn;
    if (value !== 0) this.#recording?.set(key, value);
    return value;
  }
}
