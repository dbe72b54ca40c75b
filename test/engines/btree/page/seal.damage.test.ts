import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeInlineCell } from "#engines/btree/page/cells.js";
import { treePageImage } from "#engines/btree/page/image.js";
import { applyPageOp, checkPage, LEAF, sealPage, writePageLsn } from "#engines/btree/page/index.js";

const ID = 12;
const TAG = 0xfeed_beef;

function sealed(): Uint8Array {
  const page = new Uint8Array(512);
  const parts = { type: LEAF, level: 0, left: 3, right: 4, leftmost: 0 } as const;
  applyPageOp(page, treePageImage(512, parts, 1, makeInlineCell(Uint8Array.of(1), Uint8Array.of(2))));
  writePageLsn(page, 77);
  sealPage(page, ID, TAG);
  return page;
}

describe("a page's checksum", () => {
  test("holds for what was sealed, there and in this file only", () => {
    expect(checkPage(sealed(), ID, TAG)).toBeUndefined();
    for (let id = 0; id < 40; id++) expect(checkPage(sealed(), id, TAG) === undefined).toBe(id === ID);
    expect(checkPage(sealed(), ID, TAG + 1)).toBeDefined();
    expect(checkPage(new Uint8Array(512), ID, TAG)).toBeDefined();
  });

  test("finds every flipped bit", () => {
    const page = sealed();
    for (let bit = 0; bit < page.length * 8; bit++) {
      page[bit >>> 3]! ^= 1 << (bit & 7);
      expect(checkPage(page, ID, TAG)).toBeDefined();
      page[bit >>> 3]! ^= 1 << (bit & 7);
    }
  });

  test("doesn't make a page of bytes that are none", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20, max: 6 }), (header) => {
        const page = new Uint8Array(512);
        page.set(header, 12);
        sealPage(page, ID, TAG);
        const [type, level] = header as unknown as [number, number];
        const isPage = type >= 1 && type <= 5 && (type === 3 ? level > 0 : level === 0);
        if (!isPage) expect(checkPage(page, ID, TAG)).toBeDefined();
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
