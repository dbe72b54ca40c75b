import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigurationSet, type Layout } from "#sim/check/linearizability/configurations.js";

/** One word each of updates and of waiting; two counters of two bits in one word, with their spare bits. */
const layout: Layout = { updateWords: 1, waitingWords: 1, crashedSpares: Int32Array.of(0b100100) };

interface Row {
  readonly state: number;
  readonly updates: number;
  readonly waiting: number;
  readonly used: readonly [number, number];
}

function words({ state, updates, waiting, used }: Row): Int32Array {
  return Int32Array.of(state, 0, updates, waiting, used[0] | (used[1] << 3));
}

function covers(a: Row, b: Row): boolean {
  return (
    a.state === b.state &&
    a.updates === b.updates &&
    (a.waiting & ~b.waiting) === 0 &&
    a.used[0] <= b.used[0] &&
    a.used[1] <= b.used[1]
  );
}

const row: fc.Arbitrary<Row> = fc.record({
  state: fc.nat(3),
  updates: fc.nat(3),
  waiting: fc.nat(7),
  used: fc.tuple(fc.nat(3), fc.nat(3)),
});

describe("a set of configurations", () => {
  it("keeps exactly those that no other covers", () => {
    fc.assert(
      fc.property(fc.array(fc.array(row, { maxLength: 120, size: "max" }), { maxLength: 3 }), (batches) => {
        const set = new ConfigurationSet(layout);
        for (const rows of batches) {
          set.clear();
          let kept: Row[] = [];
          for (const each of rows) {
            const covered = kept.some((other) => covers(other, each));
            expect(set.insert(words(each))).toBe(!covered);
            if (!covered) kept = [...kept.filter((other) => !covers(each, other)), each];
          }
          const left: number[][] = [];
          for (let i = 0; i < set.count; i++) {
            if (!set.isCovered(i)) left.push([...set.rows.subarray(i * set.stride, (i + 1) * set.stride)]);
          }
          expect(left).toEqual(kept.map((each) => [...words(each)]));
          expect(set.size).toBe(kept.length);
        }
      }),
      { seed: 11, numRuns: 100 },
    );
  });
});
