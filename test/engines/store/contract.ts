/**
 * The one contract suite of `KeyValueStore`: every sentence of the comments in `engines/store` that a program can
 * observe without a crash. What crashes leave, the scenarios check.
 */
import { describe } from "vitest";
import type { Env } from "#engines/env/index.js";
import type { KeyValueStore } from "#engines/store/index.js";
import { iteratorContract } from "./contract/iterators.js";
import { lifeContract } from "./contract/life.js";
import { modelContract } from "./contract/model.js";
import { readContract } from "./contract/reads.js";
import { writeContract } from "./contract/writes.js";
import type { Place } from "./places.js";

export interface StoreHarness {
  readonly place: Place;
  /** Opens the store, or makes it; the same one each time in one environment. */
  readonly open: (env: Env) => Promise<KeyValueStore>;
}

export function storeContract(name: string, harness: StoreHarness): void {
  describe(`${name} keeps the contract`, () => {
    describe("writes", () => writeContract(harness));
    describe("reads", () => readContract(harness));
    describe("iterators", () => iteratorContract(harness));
    describe("its life", () => lifeContract(harness));
    describe("model", () => modelContract(harness));
  });
}
