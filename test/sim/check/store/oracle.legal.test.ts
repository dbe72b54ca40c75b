// Whatever a right store does, the oracle has nothing to say.
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { StoreOracle } from "#sim/check/index.js";
import { KEYS, ToyStore, idOf, type ToyStep } from "./toy-store.js";

const client = fc.integer({ min: 0, max: 3 });
const key = fc.integer({ min: 0, max: KEYS - 1 });

const send = fc.record({
  kind: fc.constant("send" as const),
  client,
  keys: fc.array(key, { minLength: 1, maxLength: 4 }),
  puts: fc.integer({ min: 0, max: 15 }),
});
const step: fc.Arbitrary<ToyStep> = fc.oneof(
  { weight: 4, arbitrary: send },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("commit" as const), isNewest: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("answer" as const), client }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom("fail" as const, "lose-sight" as const), client }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom("get" as const, "get-at-snapshot" as const), client, key }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("scan" as const),
      client,
      from: key,
      count: fc.integer({ min: 0, max: 10 }),
      reverse: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("snapshot" as const, "sync" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("crash" as const),
      power: fc.boolean(),
      more: fc.integer({ min: 0, max: 4 }),
      keep: fc.integer({ min: 0, max: 8 }),
    }),
  },
);

it.each([true, false])("a right store is never accused; shows only what is durable: %s", (isDurable) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const oracle = new StoreOracle({ idOf, promise: () => "whole" });
      const store = new ToyStore(oracle, isDurable);
      for (const each of steps) expect(store.step(each)).toBeUndefined();
      expect(store.step({ kind: "crash", power: true, more: 0, keep: 8 })).toBeUndefined();
    }),
    { seed: 7, numRuns: 1_000 },
  );
});
