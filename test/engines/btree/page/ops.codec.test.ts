import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodePageOp, encodePageOp, pageOpBytes } from "#engines/btree/page/index.js";
import { anyOp } from "./ops.arbitrary.js";
import { decoded, encoded } from "./support.js";

describe("page operations as bytes", () => {
  test("each comes back, wherever it stands", () => {
    fc.assert(
      fc.property(anyOp, fc.nat(5), fc.nat(5), (op, before, behind) => {
        expect(decoded(encoded(op))).toEqual(op);
        const all = new Uint8Array(before + pageOpBytes(op) + behind).fill(0xff);
        const end = encodePageOp(op, all, before);
        expect(end).toBe(all.length - behind);
        expect(decodePageOp(all, before)).toEqual({ op, next: end });
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test("a part of one is none", () => {
    fc.assert(
      fc.property(anyOp, fc.nat(), (op, cut) => {
        const all = encoded(op);
        expect(decodePageOp(all.slice(0, cut % all.length), 0)).toBeUndefined();
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test("any bytes are none, or exactly what is written for what they give", () => {
    const kind = fc.nat(12);
    fc.assert(
      fc.property(kind, fc.uint8Array({ maxLength: 40 }), (first, rest) => {
        const all = Uint8Array.of(first, ...rest);
        const found = decodePageOp(all, 0);
        if (found === undefined) return;
        expect(found.next).toBeLessThanOrEqual(all.length);
        expect(encoded(found.op)).toEqual(all.slice(0, found.next));
      }),
      { seed: 1, numRuns: 5000 },
    );
  });

  test("a count that promises more than there is costs nothing", () => {
    // 65,535 page numbers, and 65,535 bytes, of which none are there.
    expect(decodePageOp(Uint8Array.of(8, 0xff, 0xff, 0x03), 0)).toBeUndefined();
    expect(decodePageOp(Uint8Array.of(4, 0, 0xff, 0xff, 0x03), 0)).toBeUndefined();
    expect(decodePageOp(Uint8Array.of(), 0)).toBeUndefined();
    expect(decodePageOp(Uint8Array.of(9, 1), 7)).toBeUndefined();
  });
});
