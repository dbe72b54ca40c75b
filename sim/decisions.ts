/**
 * Keyed decisions: what the world does at a site is a pure function of (seed, site, stable identity), so no
 * decision shifts another. Adding a message, a file or a fault leaves every other answer as it was, which is
 * what makes overrides and shrinking possible.
 *
 * A draw of 0 is the benign default at every site. Answers other than the default can be recorded, and any can be
 * overridden: a repro is a seed and a sparse list of overrides.
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

/** `site:*` overrides every answer of a site. */
const EVERY = "*";

/** The overrides of one site. */
interface SiteOverrides {
  every: number | undefined;
  /** By what stands behind the colon of their keys. */
  readonly byIdentity: Map<string, number>;
}

const PPM = 1_000_000;

export class Decisions {
  readonly seed: number;
  readonly #seedLow: number;
  readonly #seedHigh: number;
  readonly overrides: ReadonlyMap<string, number>;
  /** By the name of the site. */
  readonly #overrides: ReadonlyMap<string, SiteOverrides>;
  readonly #used: Set<string> = new Set();
  #recording: Map<string, number> | undefined;

  /** `seed`: a safe integer from 0. `overrides`: by the keys that a recording gave, or `site:*` for a whole site. */
  constructor(seed: number, overrides: ReadonlyMap<string, number> = new Map()) {
    assert(Number.isSafeInteger(seed) && seed >= 0, "the seed is an integer in [0, 2^53)");
    this.seed = seed;
    this.#seedLow = seed | 0;
    this.#seedHigh = Math.trunc(seed / 0x1_0000_0000) | 0;
    this.overrides = overrides;
    this.#overrides = bySite(overrides);
  }

  /** Keys of the overrides that answered at least once. */
  get overridesUsed(): ReadonlySet<string> {
    return this.#used;
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

  /** What was drawn at a site in some way of its own, or what an override says instead. The benign answer is 0. */
  overridable(drawn: number, where: Site, a: number, b = 0, c = 0, d = 0): number {
    return this.#answer(drawn, where, a, b, c, d);
  }

  #answer(drawn: number, where: Site, a: number, b: number, c: number, d: number): number {
    if (this.#overrides.size === 0 && this.#recording === undefined) return drawn;
    const overrides = this.#overrides.get(where.name);
    if (overrides === undefined && this.#recording === undefined) return drawn;
    const identity = `${a}.${b}.${c}.${d}`;
    const value =
      overrides === undefined ? drawn : (this.#overridden(where.name, overrides, identity) ?? drawn);
    if (value !== 0) this.#recording?.set(`${where.name}:${identity}`, value);
    return value;
  }

  #overridden(name: string, { every, byIdentity }: SiteOverrides, identity: string): number | undefined {
    const exact = byIdentity.get(identity);
    if (exact !== undefined) this.#used.add(`${name}:${identity}`);
    else if (every !== undefined) this.#used.add(`${name}:${EVERY}`);
    return exact ?? every;
  }
}

function bySite(overrides: ReadonlyMap<string, number>): Map<string, SiteOverrides> {
  const sites = new Map<string, SiteOverrides>();
  for (const [key, value] of overrides) {
    const colon = key.lastIndexOf(":");
    assert(colon > 0, "the key of an override is a site and an identity");
    const name = key.slice(0, colon);
    const identity = key.slice(colon + 1);
    let entry = sites.get(name);
    if (entry === undefined) sites.set(name, (entry = { every: undefined, byIdentity: new Map() }));
    if (identity === EVERY) entry.every = value;
    else entry.byIdentity.set(identity, value);
  }
  return sites;
}
