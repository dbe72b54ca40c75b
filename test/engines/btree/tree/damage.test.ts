import { describe, expect, test } from "vitest";
import { PageDamaged, readState, type PageId } from "#engines/btree/page/index.js";
import { leftSibling, rightSibling } from "#engines/btree/page/layout.js";
import { getEntry, Lookup, putEntry, removeEntry, TreeCursor } from "#engines/btree/tree/index.js";
import { bytesOf, ModelledTree, textOf } from "./support.js";

function threeLevels(): ModelledTree {
  const tree = new ModelledTree(512);
  for (let i = 0; i < 400; i++) tree.step({ type: "put", key: bytesOf(`${1000 + i}`), length: 60, fill: i });
  tree.step({ type: "put", key: bytesOf("chain"), length: 2000, fill: 1 });
  expect(readState(tree.pages.pages.get(2)!).height).toBe(3);
  return tree;
}

/** A lost write, or one that went elsewhere, leaves a page whose checksum holds and which is not what it should be. */
describe("a page that is another one", () => {
  test("is noticed where it is not of the type and level that led to it: no wrong answer, nothing changed", () => {
    const tree = threeLevels();
    const { pages } = tree.pages;
    const { root } = readState(pages.get(2)!);
    const originals = copyOf(pages);
    const kindOf = (page: Uint8Array): string => textOf(page.subarray(12, 14));
    for (const [id, original] of originals) {
      // The state page, the first leaves, their parents and the root, and some of all others.
      if (id > 8 && id !== root && id % 8 !== 0) continue;
      for (const other of new Map([...originals.values()].map((page) => [kindOf(page), page])).values()) {
        if (kindOf(other) === kindOf(original)) continue;
        pages.set(id, other.slice());
        for (const key of ["1000", "1150", "1299", "chain", "none"]) checkCalls(tree, key);
        checkWalk(tree);
        pages.set(id, original.slice());
      }
    }
    tree.checkStructure();
  });

  test("is noticed by a cursor that comes from its sibling, also where it is a leaf", () => {
    const tree = threeLevels();
    const cursor = new TreeCursor(tree.pages.reader);
    for (const move of ["next", "previous"] as const) {
      cursor.seek(bytesOf("1200"));
      const { bytes, leafPage } = cursor;
      const sibling = move === "next" ? rightSibling(bytes) : leftSibling(bytes);
      const original = tree.pages.page(sibling);
      tree.pages.pages.set(sibling, bytes);
      const toEnd = (): void => {
        while (cursor.leafPage === leafPage) cursor[move]();
      };
      expect(toEnd).toThrow(PageDamaged);
      tree.pages.pages.set(sibling, original);
      toEnd();
      expect(cursor.leafPage).toBe(sibling);
    }
  });
});

function copyOf(pages: ReadonlyMap<PageId, Uint8Array>): Map<PageId, Uint8Array> {
  return new Map([...pages].map(([id, page]) => [id, page.slice()]));
}

/** Either the right answer, or damage. */
function checkCalls(tree: ModelledTree, key: string): void {
  const found = new Lookup();
  const status = orDamaged(() => getEntry(tree.pages.reader, bytesOf(key), found));
  if (status !== "damaged") expect(status).toBe(tree.model.has(key) ? "found" : "absent");
  for (const call of [
    () => putEntry(tree.pages, bytesOf(key), new Uint8Array(70)),
    () => removeEntry(tree.pages, bytesOf(key)),
  ]) {
    const before = copyOf(tree.pages.pages);
    const { length } = tree.pages.log;
    const outcome = orDamaged(() => tree.pages.run(call));
    if (outcome === "damaged") expect(tree.pages.log.length).toBe(length);
    for (const [id, page] of before) tree.pages.pages.set(id, page);
  }
}

/** All keys in order, up to damage if there is any. */
function checkWalk(tree: ModelledTree): void {
  const keys = [...tree.model.keys()].sort();
  const cursor = new TreeCursor(tree.pages.reader);
  let at = 0;
  const end = orDamaged(() => {
    for (cursor.first(); cursor.isValid; cursor.next(), at++) {
      expect(textOf(cursor.bytes.subarray(cursor.keyStart, cursor.keyEnd))).toBe(keys[at]);
    }
  });
  if (end !== "damaged") expect(at).toBe(keys.length);
}

function orDamaged<T>(call: () => T): T | "damaged" {
  try {
    return call();
  } catch (error) {
    if (error instanceof PageDamaged) return "damaged";
    throw error;
  }
}
