import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cellsProblem } from "#engines/btree/page/cells-problem.js";
import {
  cellBytes,
  findSlot,
  makeInlineCell,
  makeInternalCell,
  makeOverflowCell,
} from "#engines/btree/page/cells.js";
import { treePageImage } from "#engines/btree/page/image.js";
import { applyPageOp, imageOf, INTERNAL, LEAF, usedBytes, type PageOp } from "#engines/btree/page/index.js";
import { cellStart, pageCount, quarterBytes, SLOT_BYTES, usableBytes } from "#engines/btree/page/layout.js";
import { compareKeys } from "#engines/store/index.js";
import { decoded, encoded, expectSameBytes } from "./support.js";

type TreeType = typeof LEAF | typeof INTERNAL;

type Action =
  | { readonly kind: "insert"; readonly at: number; readonly cells: readonly Uint8Array[] }
  | { readonly kind: "remove"; readonly at: number; readonly count: number }
  | { readonly kind: "replace"; readonly at: number; readonly cell: Uint8Array };

const key = fc.uint8Array({ maxLength: 64 });
const leafCell = fc.oneof(
  fc.tuple(key, fc.uint8Array({ maxLength: 60 })).map(([k, value]) => makeInlineCell(k, value)),
  fc
    .tuple(key, fc.nat(0x100_0000))
    .map(([k, length]) => makeOverflowCell(k, { firstPage: 9, length, stamp: 7 })),
);
const internalCell = fc.tuple(key, fc.nat()).map(([k, child]) => makeInternalCell(k, child));

function actionOf(cell: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Action> {
  const at = fc.nat(20);
  return fc.oneof(
    fc.record({ kind: fc.constant("insert" as const), at, cells: fc.array(cell, { maxLength: 4 }) }),
    fc.record({ kind: fc.constant("remove" as const), at, count: fc.nat(9) }),
    fc.record({ kind: fc.constant("replace" as const), at, cell }),
  );
}

function opOf(action: Action): PageOp {
  if (action.kind === "remove") return { kind: "removeCells", slot: action.at, count: action.count };
  if (action.kind === "replace") return { kind: "replaceCell", slot: action.at, cell: action.cell };
  const cells = Uint8Array.from(action.cells.flatMap((cell) => [...cell]));
  return { kind: "insertCells", slot: action.at, count: action.cells.length, cells };
}

/** What the action makes of the cells; undefined where it has to be refused. */
function modelOf(cells: readonly Uint8Array[], action: Action, pageBytes: number): Uint8Array[] | undefined {
  const next = [...cells];
  if (action.kind === "insert") {
    if (action.cells.length === 0 || action.at > cells.length) return undefined;
    next.splice(action.at, 0, ...action.cells);
  } else if (action.kind === "remove") {
    if (action.count === 0 || action.at + action.count > cells.length) return undefined;
    next.splice(action.at, action.count);
  } else {
    if (action.at >= cells.length) return undefined;
    next[action.at] = action.cell;
  }
  const most = quarterBytes(pageBytes);
  if (next.some((cell) => cell.length + SLOT_BYTES > most)) return undefined;
  return used(next) <= usableBytes(pageBytes) ? next : undefined;
}

function used(cells: readonly Uint8Array[]): number {
  return cells.reduce((sum, cell) => sum + cell.length + SLOT_BYTES, 0);
}

function cellsOf(page: Uint8Array, type: TreeType): Uint8Array[] {
  return Array.from({ length: pageCount(page) }, (_, slot) => {
    const at = cellStart(page, slot);
    return page.slice(at, at + cellBytes(page, type, at));
  });
}

function expectSameCells(found: readonly Uint8Array[], expected: readonly Uint8Array[]): void {
  expect(found.length).toBe(expected.length);
  for (const [i, cell] of expected.entries()) expectSameBytes(found[i], cell);
}

function emptyPage(type: TreeType, pageBytes: number): Uint8Array {
  const parts = { type, level: type === LEAF ? 0 : 1, left: 0, right: 0, leftmost: type === LEAF ? 0 : 7 };
  const page = new Uint8Array(pageBytes);
  expect(applyPageOp(page, treePageImage(pageBytes, parts, 0, new Uint8Array(0)))).toBe(true);
  return page;
}

describe("a page against a list of cells", () => {
  for (const [name, type, cell] of [
    ["a leaf", LEAF, leafCell],
    ["an internal page", INTERNAL, internalCell],
  ] as const) {
    test(`${name}: operations do what they say or change nothing, and no byte is left over`, () => {
      fc.assert(
        fc.property(fc.array(actionOf(cell), { maxLength: 40 }), (actions) => {
          const pageBytes = 512;
          const page = emptyPage(type, pageBytes);
          let cells: Uint8Array[] = [];
          for (const action of actions) {
            const op = opOf(action);
            const before = page.slice();
            const again = page.slice();
            const next = modelOf(cells, action, pageBytes);
            expect(applyPageOp(page, op)).toBe(next !== undefined);
            if (next === undefined) expectSameBytes(page, before);
            else cells = next;
            expectSameCells(cellsOf(page, type), cells);
            expect(cellsProblem(page)).toBeUndefined();
            expect(usedBytes(page)).toBe(used(cells));
            applyPageOp(again, decoded(encoded(op)));
            expectSameBytes(again, page);
          }
          const copy = new Uint8Array(pageBytes).fill(0xa5);
          expect(applyPageOp(copy, imageOf(page))).toBe(true);
          expectSameBytes(copy, page);
        }),
        { seed: 1, numRuns: 300 },
      );
    });
  }

  test("a search gives the first key that is not below, and whether it is equal", () => {
    const few = fc.uint8Array({ maxLength: 6, max: 2 });
    const long = fc.tuple(fc.constantFrom(126, 127, 128, 129, 200), few).map(([length, tail]) => {
      const bytes = new Uint8Array(length + tail.length);
      bytes.set(tail, length);
      return bytes;
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(few, long), { maxLength: 20 }), fc.oneof(few, long), (keys, wanted) => {
        const sorted = keys.sort(compareKeys).filter((k, i) => i === 0 || compareKeys(keys[i - 1]!, k) !== 0);
        const page = emptyPage(LEAF, 8192);
        for (const [slot, k] of sorted.entries()) {
          const cells = makeInlineCell(k, new Uint8Array(3));
          expect(applyPageOp(page, { kind: "insertCells", slot, count: 1, cells })).toBe(true);
        }
        const slot = sorted.filter((k) => compareKeys(k, wanted) < 0).length;
        const isEqual = slot < sorted.length && compareKeys(sorted[slot]!, wanted) === 0;
        expect(findSlot(page, wanted)).toBe(slot * 2 + (isEqual ? 1 : 0));
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});
