import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeRing, onRing, place } from "#engines/broker/placement/index.js";

const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);

/** How many each broker has; with `leadersOnly`, leads. */
function countsOf(
  placed: ReadonlyMap<string, readonly string[]>,
  brokers: readonly string[],
  leadersOnly = false,
): number[] {
  const all = [...placed.values()].flatMap((replicas) => (leadersOnly ? replicas.slice(0, 1) : replicas));
  return brokers.map((broker) => all.filter((each) => each === broker).length);
}

const spread = (counts: readonly number[]): number => Math.max(...counts) - Math.min(...counts);

/** How many replicas are where they were not. */
function moved(
  before: ReadonlyMap<string, readonly string[]>,
  after: ReadonlyMap<string, readonly string[]>,
): number {
  let count = 0;
  for (const [partition, replicas] of after) {
    for (const replica of replicas) if (before.get(partition)?.includes(replica) !== true) count++;
  }
  return count;
}

const sizes = fc
  .record({ brokers: fc.integer({ min: 1, max: 9 }), partitions: fc.integer({ min: 0, max: 40 }) })
  .chain(({ brokers, partitions }) =>
    fc.record({
      brokers: fc.constant(names("b", brokers)),
      partitions: fc.constant(names("p-", partitions)),
      factor: fc.integer({ min: 1, max: Math.min(4, brokers) }),
    }),
  );

const runs = { seed: 5_005, numRuns: 200 };

describe("place", () => {
  test("replicas are different, as many as wanted, and balanced", () => {
    fc.assert(
      fc.property(sizes, ({ brokers, partitions, factor }) => {
        const placed = place(brokers, partitions, factor);
        expect([...placed.keys()]).toEqual(partitions);
        for (const replicas of placed.values()) {
          expect(new Set(replicas).size).toBe(factor);
          for (const replica of replicas) expect(brokers).toContain(replica);
        }
        expect(spread(countsOf(placed, brokers))).toBeLessThanOrEqual(1);
      }),
      runs,
    );
  });

  test("what is balanced stays", () => {
    fc.assert(
      fc.property(sizes, ({ brokers, partitions, factor }) => {
        const placed = place(brokers, partitions, factor);
        expect(place(brokers, partitions, factor, placed)).toEqual(placed);
      }),
      runs,
    );
  });

  test("a broker that comes gets its share, and nothing else moves", () => {
    fc.assert(
      fc.property(sizes, ({ brokers, partitions, factor }) => {
        const before = place(brokers, partitions, factor);
        const more = [...brokers, "new"];
        const after = place(more, partitions, factor, before);
        const counts = countsOf(after, more);
        expect(spread(counts)).toBeLessThanOrEqual(1);
        expect(moved(before, after)).toBe(counts.at(-1));
        expect(counts.at(-1)).toBeLessThanOrEqual(Math.ceil((partitions.length * factor) / more.length));
      }),
      runs,
    );
  });

  test("of a broker that goes only its own replicas move", () => {
    fc.assert(
      fc.property(sizes, ({ brokers, partitions, factor }) => {
        fc.pre(brokers.length > factor);
        const before = place(brokers, partitions, factor);
        const [gone, ...rest] = brokers;
        const after = place(rest, partitions, factor, before);
        expect(spread(countsOf(after, rest))).toBeLessThanOrEqual(1);
        const own = [...before.values()].filter((replicas) => replicas.includes(gone!)).length;
        // What balance needs on top is less than one for each broker that is left.
        expect(moved(before, after)).toBeLessThanOrEqual(own + rest.length);
      }),
      runs,
    );
  });

  test("leaders are spread as evenly as the replicas allow", () => {
    const squares = (counts: readonly number[]): number =>
      counts.reduce((sum, count) => sum + count * count, 0);
    const best = (
      all: readonly (readonly string[])[],
      leaders: readonly string[],
      brokers: readonly string[],
    ): number => {
      const [first, ...rest] = all;
      if (first === undefined) {
        return squares(brokers.map((broker) => leaders.filter((leader) => leader === broker).length));
      }
      return Math.min(...first.map((leader) => best(rest, [...leaders, leader], brokers)));
    };
    const lists = fc.array(fc.subarray(names("b", 4), { minLength: 1 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(lists, (replicas) => {
        const brokers = names("b", 4);
        const factor = Math.min(...replicas.map(({ length }) => length));
        const present = new Map(replicas.map((list, i) => [`p-${i}`, list.slice(0, factor)]));
        const placed = place(brokers, [...present.keys()], factor, present);
        expect(squares(countsOf(placed, brokers, true))).toBe(best([...placed.values()], [], brokers));
      }),
      { seed: 5_006, numRuns: 100 },
    );
  });

  test("other partitions count, and stay", () => {
    const present = new Map([
      ["old-0", ["b1", "b2"]],
      ["old-1", ["b1", "b2"]],
    ]);
    const placed = place(names("b", 4), ["new-0", "new-1"], 2, present);
    expect([...placed.values()].map((replicas) => replicas.toSorted())).toEqual([
      ["b3", "b4"],
      ["b3", "b4"],
    ]);
    expect(countsOf(placed, ["b3", "b4"], true)).toEqual([1, 1]);
  });

  test("more replicas than brokers are refused", () => {
    expect(() => place(["b1"], ["p"], 2)).toThrow("INVALID_REPLICA_ASSIGNMENT");
    expect(() => place(["b1"], ["p"], 0)).toThrow("INVALID_REPLICA_ASSIGNMENT");
  });
});

describe("the ring", () => {
  const keys = names("orders-", 1_000);

  test("a broker that comes only takes, and takes about its share", () => {
    const before = makeRing(names("b", 5));
    const after = makeRing(names("b", 6));
    let taken = 0;
    for (const key of keys) {
      const [old, now] = [onRing(before, key, 1), onRing(after, key, 1)];
      if (now[0] === old[0]) continue;
      expect(now).toEqual(["b6"]);
      taken++;
    }
    expect(taken).toBeGreaterThan(80);
    expect(taken).toBeLessThan(320);
  });

  test("replicas are different, and the order of the brokers does not count", () => {
    const ring = makeRing(names("b", 5));
    const other = makeRing(names("b", 5).toReversed());
    for (const key of keys) {
      const replicas = onRing(ring, key, 3);
      expect(new Set(replicas).size).toBe(3);
      expect(onRing(other, key, 3)).toEqual(replicas);
    }
    expect(onRing(ring, "k", 9)).toHaveLength(5);
    expect(onRing(makeRing([]), "k", 3)).toEqual([]);
  });
});
