// The same operations under many option sets of both engines: the same answers.
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { BtreeStore, type BtreeOptions } from "#engines/btree/index.js";
import type { Env } from "#engines/env/index.js";
import { LsmStore, type LsmOptions } from "#engines/lsm/index.js";
import type { KeyValueStore } from "#engines/store/index.js";
import type { SyncPolicy } from "#engines/wal/index.js";
import { MemoryStore } from "./memory-store.js";
import { simulated } from "./places.js";
import { answersOf, drawnSteps, type Answers, type Step } from "./steps.js";

type Open = (env: Env) => Promise<KeyValueStore>;

const KIB = 1024;

const policy: fc.Arbitrary<SyncPolicy> = fc.oneof(
  fc.constantFrom<SyncPolicy>({ kind: "each" }, { kind: "group" }, { kind: "none" }),
  fc.record({ kind: fc.constant("group" as const), maxDelayUs: fc.integer({ min: 0, max: 2_000 }) }),
  fc.record({ kind: fc.constant("interval" as const), intervalUs: fc.integer({ min: 100, max: 5_000 }) }),
);

const lsmOptions: fc.Arbitrary<LsmOptions> = fc.record({
  directory: fc.constant("lsm"),
  policy,
  wal: fc.record({ segmentBytes: fc.constantFrom(KIB, 16 * KIB) }),
  memtableBytes: fc.constantFrom(256, KIB, 16 * KIB, 4 * KIB * KIB),
  maxImmutables: fc.integer({ min: 1, max: 3 }),
  table: fc.record({
    blockBytes: fc.constantFrom(64, 256, 4 * KIB),
    restartInterval: fc.constantFrom(1, 2, 16),
    bloomBitsPerKey: fc.constantFrom(0, 1, 10),
  }),
  blockCacheBytes: fc.constantFrom(0, KIB, 64 * KIB),
  level0Files: fc.integer({ min: 2, max: 4 }),
  level1Bytes: fc.constantFrom(256, KIB, 8 * KIB),
  levelFactor: fc.integer({ min: 2, max: 10 }),
  tableBytes: fc.constantFrom(128, KIB, 8 * KIB),
  strategy: fc.constantFrom("leveled", "size-tiered"),
  maxLevels: fc.integer({ min: 2, max: 7 }),
});

const btreeOptions: fc.Arbitrary<BtreeOptions> = fc
  .record({
    directory: fc.constant("btree"),
    policy,
    pageBytes: fc.constantFrom(512, KIB, 4 * KIB, 32 * KIB),
    poolPages: fc.constantFrom(16, 20, 200),
    eviction: fc.constantFrom("lru" as const, "hot-cool" as const),
    checkpointBytes: fc.constantFrom(2 * KIB, 16 * KIB, 4 * KIB * KIB),
  })
  .map(({ poolPages, ...options }) => ({ ...options, poolBytes: poolPages * options.pageBytes }));

const engine: fc.Arbitrary<Open> = fc.oneof(
  lsmOptions.map(
    (options): Open =>
      (env) =>
        LsmStore.open(env, options),
  ),
  btreeOptions.map(
    (options): Open =>
      (env) =>
        BtreeStore.open(env, options),
  ),
);

async function answers(steps: readonly Step[], open: Open): Promise<Answers> {
  let given: Answers = [];
  await simulated(async (env) => {
    given = await answersOf(steps, () => open(env));
  });
  return given;
}

it("page sizes, block sizes, levels, strategies, caches, policies and engines make no difference", () =>
  fc.assert(
    fc.asyncProperty(
      drawnSteps(100),
      fc.array(engine, { minLength: 3, maxLength: 3 }),
      async (steps, engines) => {
        const expected = await answers(steps, (env) => MemoryStore.open(env, { directory: "model" }));
        for (const open of engines) expect(await answers(steps, open)).toEqual(expected);
      },
    ),
    { seed: 5, numRuns: 14 },
  ));

it("one store may be opened with other options each time", () =>
  fc.assert(
    fc.asyncProperty(
      drawnSteps(100),
      fc.array(lsmOptions, { minLength: 2, maxLength: 4 }),
      async (steps, options) => {
        const expected = await answers(steps, (env) => MemoryStore.open(env, { directory: "model" }));
        let opened = 0;
        const open: Open = (env) => LsmStore.open(env, options[opened++ % options.length]!);
        expect(await answers(steps, open)).toEqual(expected);
      },
    ),
    { seed: 9, numRuns: 10 },
  ));
