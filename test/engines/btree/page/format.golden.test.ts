import { describe, expect, test } from "vitest";
import { makeInlineCell, makeInternalCell, makeOverflowCell } from "#engines/btree/page/cells.js";
import { overflowImage, stateImage, treePageImage, trunkImage } from "#engines/btree/page/image.js";
import {
  applyPageOp,
  INTERNAL,
  LEAF,
  readPageLsn,
  sealPage,
  writePageLsn,
  type PageOp,
} from "#engines/btree/page/index.js";
import { encoded } from "./support.js";

const PAGE_BYTES = 512;

function pageOf(op: PageOp): Uint8Array {
  const page = new Uint8Array(PAGE_BYTES).fill(0xa5);
  expect(applyPageOp(page, op)).toBe(true);
  return page;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The blanks are for the reader. */
function expectHex(bytes: Uint8Array, expected: string): void {
  expect(hex(bytes)).toBe(expected.replaceAll(" ", ""));
}

/** The bytes [from, to), and that all others behind the header are zeros. */
function onlyAt(page: Uint8Array, ...pieces: readonly [from: number, bytes: string][]): void {
  const rest = page.slice();
  rest.fill(0, 0, 32);
  for (const [from, bytes] of pieces) {
    const end = from + bytes.replaceAll(" ", "").length / 2;
    expectHex(page.subarray(from, end), bytes);
    rest.fill(0, from, end);
  }
  expect(rest.every((byte) => byte === 0)).toBe(true);
}

/** The format is on people's disks: what changes here is another version of it. */
describe("the bytes of pages, as FORMAT.md has them", () => {
  test("a leaf", () => {
    const cells = Uint8Array.of(
      ...makeInlineCell(Uint8Array.of(0x61), Uint8Array.of(1, 2)),
      ...makeOverflowCell(Uint8Array.of(0x62, 0x63), { firstPage: 0x0a0b, length: 1000, stamp: 0x0c0d }),
    );
    const page = pageOf(
      treePageImage(PAGE_BYTES, { type: LEAF, level: 0, left: 5, right: 6, leftmost: 0 }, 2, cells),
    );
    writePageLsn(page, 0x0102_0304_0506);
    sealPage(page, 9, 0x1234_5678);
    expectHex(page.subarray(4, 32), "0605040302010000 0200 0200 ee01 0000 05000000 06000000 00000000");
    expect(readPageLsn(page)).toBe(0x0102_0304_0506);
    expectHex(page.subarray(0, 4), "ee9320a1");
    onlyAt(page, [32, "ee01 f301"], [494, "0161040102 026263d10f0b0a00000d0c0000"]);
  });

  test("an internal page", () => {
    const cells = makeInternalCell(new Uint8Array(60).fill(0x78), 0x0102_0304);
    const parts = { type: INTERNAL, level: 3, left: 0, right: 0, leftmost: 77 } as const;
    const page = pageOf(treePageImage(PAGE_BYTES, parts, 1, cells));
    expectHex(page.subarray(0, 32), "000000000000000000000000 0303 0100 bf01 0000 0000000000000000 4d000000");
    onlyAt(page, [32, "bf01"], [447, `3c ${"78".repeat(60)} 04030201`]);
  });

  test("an overflow page, a trunk page and the state page", () => {
    const value = Uint8Array.from({ length: 20 }, (_, i) => i);
    const overflow = pageOf(overflowImage(value, 0x0102_0304, 4, 8, 99));
    expectHex(overflow.subarray(12, 32), "0400 0400 00000000 0403020100000000 63000000");
    onlyAt(overflow, [32, "04050607"]);

    const trunk = pageOf(trunkImage([7, 258], 11));
    expectHex(trunk.subarray(12, 32), "0500 0200 00000000 0000000000000000 0b000000");
    onlyAt(trunk, [32, "07000000 02010000"]);

    const fields = {
      root: 3,
      height: 2,
      pageCount: 40,
      freeHead: 9,
      freeCount: 5,
      overflowCount: 6,
      entries: 0x1_0000_0001,
    };
    const state = pageOf(stateImage(fields));
    expectHex(state.subarray(12, 32), "0100 000000000000000000000000000000000000");
    const small = [3, 2, 40, 9, 5, 6]
      .map((field) => field.toString(16).padStart(2, "0") + "00".repeat(7))
      .join("");
    onlyAt(state, [32, small + "0100000001000000"]);
  });

  test("operations", () => {
    const cell = Uint8Array.of(1, 0x61, 0);
    const all: readonly [PageOp, string][] = [
      [{ kind: "image", head: Uint8Array.of(1, 2), tail: Uint8Array.of(3) }, "01020102 0103"],
      [{ kind: "insertCells", slot: 300, count: 1, cells: cell }, "02ac0201 03016100"],
      [{ kind: "removeCells", slot: 4, count: 5 }, "030405"],
      [{ kind: "replaceCell", slot: 2, cell }, "0402 03016100"],
      [{ kind: "setLinks", left: 1, right: 200 }, "0501c801"],
      [{ kind: "setLeftmost", child: 6 }, "0606"],
      [{ kind: "setField", field: 6, value: 128 }, "07068001"],
      [{ kind: "pushFree", pages: [5, 6] }, "08020506"],
      [{ kind: "popFree", count: 3 }, "0903"],
    ];
    for (const [op, expected] of all) expectHex(encoded(op), expected);
  });
});
