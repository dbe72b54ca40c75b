import { describe, expect, test } from "vitest";
import { AssertionFailed } from "#engines/env/index.js";
import {
  decodePageOp,
  INTERNAL,
  LEAF,
  pageLevel,
  pageType,
  readState,
  usedBytes,
} from "#engines/btree/page/index.js";
import { usableBytes } from "#engines/btree/page/layout.js";
import { putEntry, treeLimits } from "#engines/btree/tree/index.js";
import { ModelledTree, type Step } from "./support.js";

/** Numbers below `n`, the same each time. */
function draws(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * n);
  };
}

/** Groups of four keys: short between groups, long within one. */
function groupedKey(n: number): Uint8Array {
  const key = new Uint8Array(64).fill(120);
  key[0] = n >>> 10;
  key[1] = (n >>> 2) & 0xff;
  key[63] = n & 3;
  return key;
}

function put(key: Uint8Array, length: number): Step {
  return { type: "put", key, length, fill: 1 };
}

function heightOf(tree: ModelledTree): number {
  return readState(tree.pages.pages.get(2)!).height;
}

function usedPages(tree: ModelledTree): number {
  const { pageCount, freeCount } = readState(tree.pages.pages.get(2)!);
  return pageCount - freeCount;
}

describe("what follows from an operation", () => {
  test("a borrow after a removal puts a longer separator into the parent, which is split", () => {
    const tree = new ModelledTree(512);
    // Each leaf has one group, 53 separators of two bytes fill 477 of the root's 480.
    for (let n = 0; n < 54 * 4; n++) tree.step(put(groupedKey(n), 40));
    expect(heightOf(tree)).toBe(2);
    for (const n of [81, 82]) tree.step({ type: "remove", key: groupedKey(n) });
    expect(heightOf(tree)).toBe(2);
    tree.step({ type: "remove", key: groupedKey(83) });
    expect(heightOf(tree)).toBe(3);
    tree.checkStructure();
    tree.checkEntries();
  });

  test("puts of shorter values merge pages up to the root", () => {
    const tree = new ModelledTree(512);
    const keys = Array.from({ length: 500 }, (_, n) => Uint8Array.of(n >>> 8, n & 0xff));
    for (const key of keys) tree.step(put(key, 100));
    expect(heightOf(tree)).toBe(3);
    const before = usedPages(tree);
    for (const key of keys) {
      tree.step(put(key, 0));
      if (key[1]! % 4 === 0) tree.checkStructure();
    }
    expect(usedPages(tree) * 4).toBeLessThan(before);
    expect(heightOf(tree)).toBe(2);
    tree.checkEntries();
  });

  test("a tree that is emptied is one empty leaf again, from either end and from the middle", () => {
    for (const order of [(n: number) => n, (n: number) => 999 - n, (n: number) => (n * 617) % 1000]) {
      const tree = new ModelledTree(512);
      const keys = Array.from({ length: 1000 }, (_, n) => Uint8Array.of(n >>> 8, n & 0xff));
      for (const key of keys) tree.step(put(key, 20));
      expect(heightOf(tree)).toBeGreaterThan(2);
      for (let n = 0; n < 1000; n++) {
        tree.step({ type: "remove", key: keys[order(n)]! });
        if (n % 10 === 0) tree.checkStructure();
      }
      tree.checkStructure();
      expect([heightOf(tree), usedPages(tree)]).toEqual([1, 4]);
      tree.checkReplay();
    }
  });

  for (const [what, length] of [
    ["values in the leaves", 20],
    ["values in chains", 300],
  ] as const) {
    test(`ascending keys leave full pages behind: ${what}`, () => {
      const tree = new ModelledTree(1024);
      for (let n = 0; n < 1000; n++) tree.step(put(Uint8Array.of(n >>> 8, n & 0xff), length));
      const leaves = [...tree.pages.pages.values()].filter((page) => pageType(page) === LEAF);
      const full = leaves.filter((page) => usedBytes(page) > usableBytes(1024) - 30);
      expect(leaves.length).toBeGreaterThan(10);
      expect(full.length).toBe(leaves.length - 1);
    });
  }

  test("all that can follow does, and every rule holds after it", () => {
    const reached = new Map<string, number>();
    const random = draws(7);
    for (let round = 0; round < 3; round++) {
      const tree = new ModelledTree(512);
      // Every page is missing the first time that a call asks for it.
      if (round === 0) tree.pages.isMissing = () => true;
      for (const share of [95, 40, 60, 5]) {
        for (let i = 0; i < 300; i++) {
          const key = groupedKey(random(400));
          const step: Step = random(100) < share ? put(key, random(110)) : { type: "remove", key };
          runAndCount(tree, step, reached);
          if (i % 8 === 0) tree.checkStructure();
        }
      }
      tree.checkEntries();
      for (let n = 0; n < 400; n++) {
        runAndCount(tree, { type: "remove", key: groupedKey((n * 77) % 400) }, reached);
        if (n % 8 === 0) tree.checkStructure();
      }
      tree.checkReplay();
    }
    const wanted = [
      "put: split of a leaf",
      "put: split of an internal page",
      "put: root grows",
      "put: merge of leaves",
      "remove: merge of leaves",
      "remove: merge of internal pages",
      "remove: borrow of leaves",
      "remove: borrow of internal pages",
      "remove: root collapses",
    ];
    expect(wanted.filter((what) => !reached.has(what))).toEqual([]);
  });

  test("what exceeds the limits is the caller's mistake", () => {
    const tree = new ModelledTree(512);
    const { keyBytes } = treeLimits(512);
    tree.step(put(new Uint8Array(keyBytes), 3));
    expect(() => putEntry(tree.pages, new Uint8Array(keyBytes + 1), new Uint8Array(0))).toThrow(
      AssertionFailed,
    );
  });
});

/** Notes by its operations what a step did. */
function runAndCount(tree: ModelledTree, step: Step, reached: Map<string, number>): void {
  const note = (what: string): void => void reached.set(what, (reached.get(what) ?? 0) + 1);
  const from = tree.pages.log.length;
  const height = heightOf(tree);
  tree.step(step);
  const grown = heightOf(tree) - height;
  if (grown !== 0) note(`${step.type}: root ${grown > 0 ? "grows" : "collapses"}`);
  for (const { id, bytes } of tree.pages.log.slice(from)) {
    const { op } = decodePageOp(bytes, 0)!;
    const level = pageLevel(tree.pages.pages.get(id)!);
    if (op.kind === "image" && op.head[0] === LEAF) note(`${step.type}: split of a leaf`);
    if (op.kind === "image" && op.head[0] === INTERNAL && grown === 0) {
      note(`${step.type}: split of an internal page`);
    }
    if (op.kind === "replaceCell" && level > 0) {
      note(`${step.type}: borrow of ${level === 1 ? "leaves" : "internal pages"}`);
    }
    if (op.kind === "removeCells" && op.count === 1 && level > 0) {
      note(`${step.type}: merge of ${level === 1 ? "leaves" : "internal pages"}`);
    }
  }
}
