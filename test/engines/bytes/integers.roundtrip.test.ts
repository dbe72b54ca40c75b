import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  readU32,
  readU64,
  readVarint,
  varintLength,
  writeU32,
  writeU64,
  writeVarint,
} from "#engines/bytes/index.js";

const safe = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(300),
  fc.nat(60).map((bits) => Math.min(Number.MAX_SAFE_INTEGER, 2 ** Math.min(bits, 53))),
);

describe("integers", () => {
  test("u32 is little-endian and comes back", () => {
    const bytes = new Uint8Array(6);
    writeU32(bytes, 1, 0xdeadbeef);
    expect([...bytes]).toEqual([0, 0xef, 0xbe, 0xad, 0xde, 0]);
    expect(readU32(bytes, 1)).toBe(0xdeadbeef);
  });

  test("u64 is little-endian and comes back, for every safe integer", () => {
    const bytes = new Uint8Array(8);
    writeU64(bytes, 0, 0x0001_0203_0405_0607);
    expect([...bytes]).toEqual([7, 6, 5, 4, 3, 2, 1, 0]);
    fc.assert(
      fc.property(safe, (value) => {
        writeU64(bytes, 0, value);
        expect(readU64(bytes, 0)).toBe(value);
      }),
      { seed: 1 },
    );
  });

  test("a varint comes back, and its length is known before", () => {
    fc.assert(
      fc.property(safe, (value) => {
        const bytes = new Uint8Array(10);
        const end = writeVarint(bytes, 1, value);
        expect(end - 1).toBe(varintLength(value));
        expect(readVarint(bytes, 1)).toBe(value);
        expect(readVarint(bytes.subarray(0, end - 1), 1)).toBe(-1);
      }),
      { seed: 1 },
    );
  });

  test.each([
    ["nothing", []],
    ["a longer form than needed", [0x80, 0]],
    ["one without an end", [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1]],
    ["more than a safe integer", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f]],
  ])("readVarint refuses %s", (_, bytes) => {
    expect(readVarint(Uint8Array.from(bytes), 0)).toBe(-1);
  });
});
