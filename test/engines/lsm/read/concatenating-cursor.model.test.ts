import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AssertionFailed } from "#engines/env/index.js";
import { BEFORE_VERSIONS, ConcatenatingCursor, type LevelFile } from "#engines/lsm/read/index.js";
import { compareKeys } from "#engines/store/index.js";
import { answers, entries, move } from "./arbitraries.js";
import { followMoves } from "./cursors.support.js";
import { AwkwardCursor, bytes, entry, showCursor, type Answer, type Entry } from "./support.js";

const SEED = { seed: 20260904 };

const moves = fc.array(move, { maxLength: 60, size: "max" });
const level = fc.record({
  entries: entries(30),
  cuts: fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }),
});

/** Cuts the entries into files, never between versions of one key. */
function filesOf(list: readonly Entry[], cuts: readonly boolean[]): Entry[][] {
  const files: Entry[][] = [];
  for (const [i, each] of list.entries()) {
    const isOtherKey = i > 0 && compareKeys(list[i - 1]!.key, each.key) !== 0;
    if (i === 0 || (isOtherKey && cuts[i])) files.push([]);
    files.at(-1)!.push(each);
  }
  return files;
}

function levelFile(list: readonly Entry[], answer: () => Answer, open: () => void = () => {}): LevelFile {
  return {
    smallestKey: list[0]!.key,
    largestKey: list.at(-1)!.key,
    cursor: () => {
      open();
      return new AwkwardCursor(list, answer);
    },
  };
}

/** Files of keys a b, c d and e f, and which of them were opened. */
function threeFiles(): { cursor: ConcatenatingCursor; opened: number[] } {
  const opened: number[] = [];
  const files = [
    ["a", "b"],
    ["c", "d"],
    ["e", "f"],
  ].map((keys, i) => {
    const list = keys.flatMap((each) => [entry(each, 9, "new"), entry(each, 4, "old")]);
    return levelFile(
      list,
      () => "now",
      () => opened.push(i),
    );
  });
  return { cursor: new ConcatenatingCursor(files), opened };
}

describe("a concatenating cursor", () => {
  test.each([
    ["without a promise where its files need none", ["now"] as Answer[]],
    ["also where files let it wait", ["now", "now", "later"] as Answer[]],
    ["and goes on where they fail", ["now", "now", "later", "throws", "rejects"] as Answer[]],
  ])("moves as over one sorted array, %s", async (_, kinds) => {
    let failures = 0;
    await fc.assert(
      fc.asyncProperty(level, moves, answers(...kinds), async (drawn, list, answer) => {
        const files = filesOf(drawn.entries, drawn.cuts).map((each) => levelFile(each, answer));
        const isSynchronous = kinds.length === 1;
        failures += await followMoves(new ConcatenatingCursor(files), drawn.entries, list, isSynchronous);
      }),
      { ...SEED, numRuns: 200 },
    );
    expect(failures > 100).toBe(kinds.length === 5);
  });

  test("opens a file only where it needs an entry of it", () => {
    const { cursor, opened } = threeFiles();
    expect(opened).toEqual([]);
    void cursor.seek(bytes("c"), 5);
    expect(showCursor(cursor)).toBe("99@4=111.108.100");
    expect(opened).toEqual([1]);
    void cursor.seek(bytes("d"), 5);
    void cursor.previous();
    expect(opened).toEqual([1]);
    void cursor.seekBefore(bytes("c"), 5);
    expect(opened).toEqual([1]);
    void cursor.previous();
    expect(opened).toEqual([1, 0]);
    expect(showCursor(cursor)).toBe("98@4=111.108.100");
    void cursor.last();
    void cursor.next();
    expect(cursor.isValid).toBe(false);
    expect(opened).toEqual([1, 0, 2]);
  });

  test("goes on in the next file where the one of the key has nothing so old", () => {
    const { cursor, opened } = threeFiles();
    void cursor.seek(bytes("b"), 3);
    expect(showCursor(cursor)).toBe("99@9=110.101.119");
    expect(opened).toEqual([0, 1]);
    void cursor.seekBefore(bytes("c"), BEFORE_VERSIONS);
    expect(showCursor(cursor)).toBe("98@4=111.108.100");
    expect(opened).toEqual([0, 1, 0]);
  });

  test("opens nothing for keys behind all files or before them", () => {
    const { cursor, opened } = threeFiles();
    void cursor.seek(bytes("g"), 1);
    expect(cursor.isValid).toBe(false);
    void cursor.seekBefore(bytes("A"), 1);
    expect(cursor.isValid).toBe(false);
    expect(opened).toEqual([]);
  });

  test("of no files has nothing", () => {
    const cursor = new ConcatenatingCursor([]);
    void cursor.first();
    void cursor.last();
    void cursor.seek(bytes("a"), 1);
    void cursor.seekBefore(bytes("a"), 1);
    expect(cursor.isValid).toBe(false);
    expect(() => void cursor.next()).toThrow(AssertionFailed);
  });

  test("refuses files that share a key", () => {
    const files = [[entry("a", 2, "x")], [entry("a", 1, "y")]].map((list) => levelFile(list, () => "now"));
    expect(() => void new ConcatenatingCursor(files).last()).toThrow(AssertionFailed);
  });
});
