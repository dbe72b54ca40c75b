import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeInlineCell, makeInternalCell, makeOverflowCell } from "#engines/btree/page/cells.js";
import { headerProblem } from "#engines/btree/page/header-problem.js";
import { overflowImage, stateImage, treePageImage, trunkImage } from "#engines/btree/page/image.js";
import { applyPageOp, imageOf, INTERNAL, LEAF, type PageOp } from "#engines/btree/page/index.js";
import { anyOp } from "./ops.arbitrary.js";
import { expectSameBytes } from "./support.js";

const PAGE_BYTES = 512;

function pageOf(op: PageOp): Uint8Array {
  const page = new Uint8Array(PAGE_BYTES);
  expect(applyPageOp(page, op)).toBe(true);
  return page;
}

const leafCells = Uint8Array.of(
  ...makeInlineCell(Uint8Array.of(1), new Uint8Array(50)),
  ...makeOverflowCell(Uint8Array.of(2), { firstPage: 30, length: 5000, stamp: 7 }),
);
const internalCells = makeInternalCell(Uint8Array.of(9), 8);
const state = { root: 3, height: 1, pageCount: 9, freeHead: 0, freeCount: 0, overflowCount: 0, entries: 2 };
const pages: Readonly<Record<string, Uint8Array>> = {
  blank: new Uint8Array(PAGE_BYTES),
  leaf: pageOf(
    treePageImage(PAGE_BYTES, { type: LEAF, level: 0, left: 1, right: 2, leftmost: 0 }, 2, leafCells),
  ),
  internal: pageOf(
    treePageImage(PAGE_BYTES, { type: INTERNAL, level: 1, left: 1, right: 2, leftmost: 4 }, 1, internalCells),
  ),
  overflow: pageOf(overflowImage(new Uint8Array(300).fill(1), 7, 0, 300, 5)),
  trunk: pageOf(trunkImage([4, 5, 6], 7)),
  state: pageOf(stateImage(state)),
};

/** One operation of each kind that makes sense somewhere, and on which pages it does. */
const meant: readonly [PageOp, readonly string[]][] = [
  [
    { kind: "insertCells", slot: 1, count: 1, cells: makeInlineCell(Uint8Array.of(1, 1), Uint8Array.of(1)) },
    ["leaf"],
  ],
  [{ kind: "insertCells", slot: 0, count: 1, cells: internalCells }, ["internal"]],
  [{ kind: "removeCells", slot: 0, count: 1 }, ["leaf", "internal"]],
  [{ kind: "replaceCell", slot: 1, cell: makeInlineCell(Uint8Array.of(2), new Uint8Array(90)) }, ["leaf"]],
  [{ kind: "setLinks", left: 7, right: 8 }, ["leaf", "internal"]],
  [{ kind: "setLeftmost", child: 7 }, ["internal"]],
  [{ kind: "setField", field: 1, value: 7 }, ["state"]],
  [{ kind: "pushFree", pages: [7] }, ["trunk"]],
  [{ kind: "popFree", count: 2 }, ["trunk"]],
];

describe("operations where they make no sense", () => {
  for (const [op, where] of meant) {
    test(`${op.kind} is for ${where.join(" and ")} only`, () => {
      for (const [name, page] of Object.entries(pages)) {
        const after = page.slice();
        expect([name, applyPageOp(after, op)]).toEqual([name, where.includes(name)]);
        if (where.includes(name)) expect(after).not.toEqual(page);
        else expectSameBytes(after, page);
      }
    });
  }

  test("what is too many, too large or not there is refused", () => {
    const cell = makeInlineCell(Uint8Array.of(5), new Uint8Array(114));
    const tooLarge = makeInlineCell(Uint8Array.of(5), new Uint8Array(115));
    expect(applyPageOp(pages["leaf"]!.slice(), { kind: "insertCells", slot: 2, count: 1, cells: cell })).toBe(
      true,
    );
    const ops: readonly [string, PageOp][] = [
      ["leaf", { kind: "insertCells", slot: 2, count: 1, cells: tooLarge }],
      ["leaf", { kind: "insertCells", slot: 3, count: 1, cells: cell }],
      ["leaf", { kind: "insertCells", slot: 2, count: 2, cells: cell }],
      ["leaf", { kind: "insertCells", slot: 2, count: 1, cells: Uint8Array.of(...cell, 0) }],
      ["leaf", { kind: "insertCells", slot: 2, count: 0, cells: new Uint8Array(0) }],
      ["leaf", { kind: "removeCells", slot: 1, count: 2 }],
      ["leaf", { kind: "removeCells", slot: 1, count: 0 }],
      ["leaf", { kind: "replaceCell", slot: 2, cell }],
      ["leaf", { kind: "replaceCell", slot: 0, cell: cell.subarray(1) }],
      ["trunk", { kind: "popFree", count: 4 }],
      ["trunk", { kind: "pushFree", pages: Array.from({ length: 118 }, (_, i) => i) }],
      ["state", { kind: "setField", field: 0, value: 0x1_0000_0000 }],
    ];
    for (const [name, op] of ops) {
      const after = pages[name]!.slice();
      expect([op, applyPageOp(after, op)]).toEqual([op, false]);
      expectSameBytes(after, pages[name]);
    }
  });

  test("an image makes any bytes the page that it is of, and nothing else does", () => {
    for (const [name, page] of Object.entries(pages)) {
      if (name === "blank") continue;
      const image = imageOf(page);
      const copy = new Uint8Array(PAGE_BYTES).fill(0xa5);
      expect(applyPageOp(copy, image)).toBe(true);
      expectSameBytes(copy, page);
      const before = copy.slice();
      for (const bad of [
        { ...image, head: image.head.subarray(0, -1) },
        { ...image, head: Uint8Array.of(...image.head, 0) },
        { ...image, tail: Uint8Array.of(...image.tail, 0) },
        { ...image, head: image.head.subarray(0, 19) },
        { ...image, head: image.head.map((byte, i) => (i === 0 ? 6 : byte)) },
        { ...image, head: image.head.map((byte, i) => (i === 1 ? byte ^ 1 : byte)) },
      ]) {
        expect(applyPageOp(copy, bad)).toBe(false);
        expectSameBytes(copy, before);
      }
    }
  });

  test("any operation on any page is done, or changes nothing", () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(pages)), anyOp, (name, op) => {
        const page = pages[name]!.slice();
        if (applyPageOp(page, op)) expect(headerProblem(page)).toBeUndefined();
        else expectSameBytes(page, pages[name]);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});
