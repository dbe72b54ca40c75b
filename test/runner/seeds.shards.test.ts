import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SeedSequence } from "#runner/seeds.js";

function listed(seeds: SeedSequence): number[] {
  return Array.from({ length: seeds.length }, (_, position) => seeds.at(position));
}

test("the shards of a range are disjoint and cover it, each in order", () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 1_000_000 }),
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 20 }),
      (first, length, of) => {
        const last = first + length - 1;
        const shards = Array.from({ length: of }, (_, i) =>
          listed(SeedSequence.shard(first, last, { index: i + 1, of })),
        );
        for (const shard of shards) expect([...shard].sort((a, b) => a - b)).toEqual(shard);
        const all = shards.flat().sort((a, b) => a - b);
        expect(all).toEqual(Array.from({ length }, (_, i) => first + i));
        const sizes = shards.map((shard) => shard.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      },
    ),
    { seed: 4 },
  );
});

test("slices and reversals hold the same seeds", () => {
  fc.assert(
    fc.property(
      fc.nat(100),
      fc.integer({ min: 1, max: 50 }),
      fc.nat(60),
      fc.nat(60),
      (first, n, from, length) => {
        const seeds = new SeedSequence(first, 3, n);
        const all = listed(seeds);
        expect(listed(seeds.reversed())).toEqual([...all].reverse());
        expect(listed(seeds.slice(from, length))).toEqual(all.slice(from, from + length));
      },
    ),
    { seed: 5 },
  );
});

test("an endless sequence has a seed at every position", () => {
  const seeds = SeedSequence.shard(5, Infinity, { index: 2, of: 4 });
  expect(seeds.length).toBe(Infinity);
  expect(seeds.at(1_000)).toBe(6 + 4_000);
  expect(seeds.slice(10, 3).length).toBe(3);
});
