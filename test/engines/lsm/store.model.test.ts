// Drawn operations through flushes, compactions and new lives: every way to configure a tree gives the same answers.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { LsmStore, type LsmOptions } from "#engines/lsm/index.js";
import type { KeyValueStore } from "#engines/store/index.js";
import { MemoryStore } from "../store/memory-store.js";
import { answersOf, drawnSteps, type Step } from "../store/steps.js";
import { TINY, testEnv } from "./support.js";

const SETTINGS: readonly Partial<LsmOptions>[] = [
  {},
  { strategy: "size-tiered" },
  { blockCacheBytes: 0, table: { blockBytes: 64, restartInterval: 1, bloomBitsPerKey: 0 }, maxImmutables: 1 },
  { memtableBytes: 100, level1Bytes: 300, tableBytes: 200, stopFiles: 6, maxLevels: 7 },
  { memtableBytes: 100_000, policy: { kind: "none" } },
];

/** The same, but that a flush merges everything. */
function compacting(store: LsmStore): KeyValueStore {
  return new Proxy(store, {
    get(target, name): unknown {
      const value: unknown = Reflect.get(target, name === "flush" ? "compact" : name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

async function answersWith(
  steps: readonly Step[],
  options: Partial<LsmOptions>,
  rare: number,
): Promise<unknown> {
  const env = testEnv();
  let calls = 0;
  // Rare paths are taken now and then: never, or at every so manieth call.
  env.inner.buggified = () => rare > 0 && ++calls % rare === 0;
  let lives = 0;
  return answersOf(steps, async () => {
    // From life to life the strategy changes too.
    const strategy = options.strategy ?? (lives++ % 3 === 2 ? "size-tiered" : "leveled");
    const store = await LsmStore.open(env, { ...TINY, ...options, strategy });
    return lives % 2 === 1 ? compacting(store) : store;
  });
}

test("every tree gives the answers of a sorted list", async () => {
  const setting = fc.constantFrom(...SETTINGS);
  const rare = fc.constantFrom(0, 3, 7);
  await fc.assert(
    fc.asyncProperty(drawnSteps(80), setting, rare, async (steps, options, every) => {
      const shared = testEnv();
      const expected = await answersOf(steps, () => MemoryStore.open(shared, { directory: "model" }));
      expect(await answersWith(steps, options, every)).toEqual(expected);
    }),
    { seed: 11, numRuns: 40 },
  );
});
