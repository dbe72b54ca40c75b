import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AssertionFailed } from "#engines/env/index.js";
import { MergingCursor } from "#engines/lsm/read/index.js";
import { answers, entries, move } from "./arbitraries.js";
import { followMoves } from "./cursors.support.js";
import { AwkwardCursor, SourceFailed, entry, showCursor, type Answer, type Entry } from "./support.js";

const SEED = { seed: 20260903 };

const moves = fc.array(move, { maxLength: 60, size: "max" });
/** Which source has which entry. */
const spread = fc.record({
  entries: entries(40),
  sources: fc.integer({ min: 1, max: 6 }),
  owners: fc.array(fc.nat({ max: 5 }), { minLength: 40, maxLength: 40 }),
});

function children(
  { entries: list, sources, owners }: { entries: Entry[]; sources: number; owners: number[] },
  answer: () => Answer,
): AwkwardCursor[] {
  return Array.from(
    { length: sources },
    (_, i) =>
      new AwkwardCursor(
        list.filter((_each, at) => owners[at]! % sources === i),
        answer,
      ),
  );
}

/** Entries that only one of three sources has, in turn. */
const TURNS = Array.from({ length: 30 }, (_, i) => entry(String.fromCharCode(65 + i), i + 1, "v"));

function inTurn(answer: () => Answer = () => "now"): AwkwardCursor[] {
  return [0, 1, 2].map(
    (which) =>
      new AwkwardCursor(
        TURNS.filter((_, i) => i % 3 === which),
        answer,
      ),
  );
}

describe("a merging cursor", () => {
  test("moves as over one sorted array, in any order of moves, without a promise", async () => {
    await fc.assert(
      fc.asyncProperty(spread, moves, async (drawn, list) => {
        const cursor = new MergingCursor(children(drawn, () => "now"));
        await followMoves(cursor, drawn.entries, list, true);
      }),
      { ...SEED, numRuns: 250 },
    );
  });

  test("also where some of its sources let it wait", async () => {
    await fc.assert(
      fc.asyncProperty(spread, moves, answers("now", "now", "later"), async (drawn, list, answer) => {
        const cursor = new MergingCursor(children(drawn, answer));
        await followMoves(cursor, drawn.entries, list, false);
      }),
      { ...SEED, numRuns: 200 },
    );
  });

  test("and goes on with an absolute move where some fail", async () => {
    let failures = 0;
    const answer = answers("now", "now", "now", "later", "throws", "rejects");
    await fc.assert(
      fc.asyncProperty(spread, moves, answer, async (drawn, list, drawnAnswer) => {
        const cursor = new MergingCursor(children(drawn, drawnAnswer));
        failures += await followMoves(cursor, drawn.entries, list, false);
      }),
      { ...SEED, numRuns: 200 },
    );
    expect(failures).toBeGreaterThan(250);
  });

  test("a step moves one source only, and a change of direction all of them", () => {
    const sources = inTurn();
    const cursor = new MergingCursor(sources);
    const moved = (): number => sources.reduce((sum, each) => sum + each.moves, 0);
    void cursor.first();
    for (let i = 1; i < 10; i++) void cursor.next();
    expect(moved()).toBe(3 + 9);
    void cursor.previous();
    expect(moved()).toBe(3 + 9 + 3);
    for (let i = 0; i < 5; i++) void cursor.previous();
    expect(moved()).toBe(3 + 9 + 3 + 5);
    expect(showCursor(cursor)).toBe("68@4=118");
  });

  test("lets its sources wait side by side", async () => {
    const order: string[] = [];
    const sources = inTurn(() => "later");
    const cursor = new MergingCursor(
      sources.map((source, i) => {
        const first = source.first.bind(source);
        source.first = () => {
          order.push(`begin ${i}`);
          return first()!.then(() => void order.push(`end ${i}`));
        };
        return source;
      }),
    );
    await cursor.first();
    expect(order.slice(0, 3)).toEqual(["begin 0", "begin 1", "begin 2"]);
    expect(order).toHaveLength(6);
  });

  test("a failure waits for the sources that still move", async () => {
    for (const failure of ["throws", "rejects"] as const) {
      const given: Answer[] = ["later", failure];
      const sources = inTurn(() => given.shift() ?? "now");
      const cursor = new MergingCursor(sources);
      await expect(cursor.first()).rejects.toThrow(SourceFailed);
      expect(sources[0]!.isValid).toBe(true);
      expect(cursor.isValid).toBe(false);
      void cursor.first();
      expect(showCursor(cursor)).toBe("65@1=118");
    }
  });

  test("refuses the same version from two sources, and steps from nowhere", () => {
    const both = [0, 1].map(() => new AwkwardCursor([entry("a", 1, "x")]));
    expect(() => void new MergingCursor(both).first()).toThrow(AssertionFailed);
    expect(() => void new MergingCursor([]).next()).toThrow(AssertionFailed);
    expect(() => void new MergingCursor(inTurn()).previous()).toThrow(AssertionFailed);
    const none = new MergingCursor([]);
    void none.last();
    expect(none.isValid).toBe(false);
  });
});
