import { describe, expect, test } from "vitest";
import { overflowImage } from "#engines/btree/page/image.js";
import { applyPageOp, PageDamaged, readState, type PageId } from "#engines/btree/page/index.js";
import { usableBytes } from "#engines/btree/page/layout.js";
import { getEntry, Lookup, OverflowReader, removeEntry, treeLimits } from "#engines/btree/tree/index.js";
import { expectSameBytes } from "../page/support.js";
import { bytesOf, get, ModelledTree, valueOf } from "./support.js";

const MIB = 1_048_576;

function stateOf(tree: ModelledTree): ReturnType<typeof readState> {
  return readState(tree.pages.pages.get(2)!);
}

function bigTree(pageBytes: number, length: number): ModelledTree {
  const tree = new ModelledTree(pageBytes);
  for (let i = 0; i < 40; i++) tree.step({ type: "put", key: bytesOf(`k${i}`), length: 30, fill: i });
  tree.step({ type: "put", key: bytesOf("big"), length, fill: 9 });
  return tree;
}

describe("values in overflow chains", () => {
  for (const pageBytes of [512, 4096, 32_768]) {
    test(`1 MiB in pages of ${pageBytes} bytes: put, replaced, removed, and its pages used again`, () => {
      const tree = bigTree(pageBytes, MIB);
      tree.checkStructure();
      tree.checkEntries();
      const pages = Math.ceil(MIB / usableBytes(pageBytes));
      expect(stateOf(tree).overflowCount).toBe(pages);

      const { pageCount } = stateOf(tree);
      tree.step({ type: "put", key: bytesOf("big"), length: MIB - 7, fill: 4 });
      tree.checkStructure();
      expect(stateOf(tree).pageCount).toBe(pageCount);
      expectSameBytes(get(tree.pages.reader, bytesOf("big")), valueOf(MIB - 7, 4));

      tree.step({ type: "put", key: bytesOf("big"), length: 3, fill: 4 });
      tree.checkStructure();
      expect(stateOf(tree)).toMatchObject({ overflowCount: 0, freeCount: pages });

      tree.step({ type: "put", key: bytesOf("other"), length: MIB, fill: 5 });
      expect(stateOf(tree)).toMatchObject({ overflowCount: pages, freeCount: 0, pageCount });
      tree.step({ type: "remove", key: bytesOf("other") });
      tree.checkStructure();
      tree.checkReplay();
    });
  }

  test("the longest that fits into the leaf, and one byte more", () => {
    const tree = new ModelledTree(512);
    // A quarter of 480 bytes, less slot, lengths and key.
    const most = 120 - 2 - 1 - 2 - 1;
    tree.step({ type: "put", key: bytesOf("a"), length: most, fill: 0 });
    expect(stateOf(tree).overflowCount).toBe(0);
    tree.step({ type: "put", key: bytesOf("a"), length: most + 1, fill: 0 });
    expect(stateOf(tree).overflowCount).toBe(1);
    tree.checkStructure();
    tree.checkEntries();
  });

  test("a reader goes on where it was when a page has been loaded", () => {
    const tree = bigTree(512, 20_000);
    const found = new Lookup();
    expect(getEntry(tree.pages.reader, bytesOf("big"), found)).toBe("found");
    const reader = new OverflowReader(found.chain!);
    const present = new Set<PageId>();
    const pages = {
      pageBytes: 512,
      page: (id: PageId) => (present.has(id) ? tree.pages.page(id) : undefined),
    };
    let loads = 0;
    for (let id = reader.read(pages); id !== 0; id = reader.read(pages), loads++) {
      present.clear();
      present.add(id);
    }
    expect(loads).toBe(Math.ceil(20_000 / 480));
    expectSameBytes(reader.value, valueOf(20_000, 9));
  });

  test("a chain that is too short, too long, or of other pages is damage, and nothing is changed for it", () => {
    for (const [stamp, start, end, next] of [
      [0, 0, 479, 6],
      [0, 0, 480, 0],
      [0, 0, 0, 6],
      [1, 0, 480, 6],
    ] as const) {
      const tree = bigTree(512, 5000);
      const found = new Lookup();
      getEntry(tree.pages.reader, bytesOf("big"), found);
      const chain = found.chain!;
      const page = tree.pages.pages.get(chain.firstPage)!;
      applyPageOp(page, overflowImage(new Uint8Array(480), chain.stamp + stamp, start, end, next));
      const reader = new OverflowReader(chain);
      expect(() => reader.read(tree.pages.reader)).toThrow(PageDamaged);
      const { length } = tree.pages.log;
      expect(() => tree.pages.run(() => removeEntry(tree.pages, bytesOf("big")))).toThrow(PageDamaged);
      expect(() => tree.step({ type: "put", key: bytesOf("big"), length: 1, fill: 1 })).toThrow(PageDamaged);
      expect(tree.pages.log.length).toBe(length);
    }
    expect(
      () => new OverflowReader({ firstPage: 9, length: treeLimits(512).valueBytes + 1, stamp: 0 }),
    ).toThrow(PageDamaged);
  });
});
