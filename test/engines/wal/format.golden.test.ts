import { describe, expect, test } from "vitest";
import {
  SEGMENT_HEADER_BYTES,
  checkBatch,
  decodeSegmentHeader,
  encodeSegmentHeader,
  type Identity,
  type SegmentHeader,
} from "#engines/wal/format.js";
import { PendingBatch } from "#engines/wal/batch.js";

const IDENTITY: Identity = { tag: 0x11223344, salt: 0x55667788 };
const HEADER: SegmentHeader = {
  number: 3,
  kind: "truncate",
  firstLsn: 101,
  durableLsn: 150,
  identity: IDENTITY,
};

const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

function sealed(offset: number): Uint8Array {
  const batch = new PendingBatch();
  for (const text of ["one", "", "three"]) batch.add(ascii(text));
  return batch.seal(IDENTITY, offset, 102, 101).slice();
}

describe("the format", () => {
  // Files of released versions look like this. A change of these bytes is a new format version.
  test("of a segment header", () => {
    expect(hex(encodeSegmentHeader(HEADER))).toBe(
      [
        "f17f77485357414c0100000001000000",
        "03000000000000006500000000000000",
        "96000000000000004433221188776655",
        "00".repeat(16),
      ].join(""),
    );
    expect(decodeSegmentHeader(encodeSegmentHeader(HEADER))).toEqual(HEADER);
  });

  test("of a batch", () => {
    const bytes = sealed(64);
    expect(hex(bytes)).toBe(
      [
        "b0e48d464433221114000000030000000100000000000000",
        "66000000000000006500000000000000",
        "03000000" + hex(ascii("one")) + "0000000005000000" + hex(ascii("three")),
        "00000000",
      ].join(""),
    );
    expect(checkBatch(bytes, 0, 64, 64 + bytes.length, IDENTITY)).toEqual({
      at: 0,
      offset: 64,
      sizeBytes: 64,
      payloadBytes: 20,
      count: 3,
      firstLsn: 102,
      lastLsn: 104,
      durableLsn: 101,
    });
  });
});

describe("a header", () => {
  test("with any bit flipped is none", () => {
    const bytes = encodeSegmentHeader(HEADER);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(decodeSegmentHeader(bytes)).toHaveProperty("bad");
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
  });

  test("that is cut short is none", () => {
    const bytes = encodeSegmentHeader(HEADER);
    for (let length = 0; length < SEGMENT_HEADER_BYTES; length++) {
      expect(decodeSegmentHeader(bytes.subarray(0, length))).toHaveProperty("bad");
    }
  });
});

describe("a batch", () => {
  const isBatch = (bytes: Uint8Array, offset: number, endOffset: number, identity = IDENTITY): boolean =>
    "count" in checkBatch(bytes, 0, offset, endOffset, identity);

  test("with any bit flipped is none, padding included", () => {
    const bytes = sealed(64);
    expect(isBatch(bytes, 64, 128)).toBe(true);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(isBatch(bytes, 64, 128)).toBe(false);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
  });

  test("at another place of the file is none", () => {
    const bytes = sealed(64);
    for (let offset = 0; offset < 1 << 16; offset += 8) {
      expect(isBatch(bytes, offset, offset + 128)).toBe(offset === 64);
    }
  });

  test("of another segment is none", () => {
    const bytes = sealed(64);
    expect(isBatch(bytes, 64, 128, { ...IDENTITY, salt: IDENTITY.salt + 1 })).toBe(false);
    expect(isBatch(bytes, 64, 128, { ...IDENTITY, tag: IDENTITY.tag + 1 })).toBe(false);
  });

  test("that reaches beyond the file is none, and its length is not followed", () => {
    const bytes = sealed(64);
    expect(checkBatch(bytes, 0, 64, 64 + bytes.length - 8, IDENTITY)).toHaveProperty("bad");
    bytes.set([0xff, 0xff, 0xff, 0xff], 8);
    expect(checkBatch(bytes, 0, 64, 1 << 20, IDENTITY)).toHaveProperty("bad");
  });

  test("of which only a part was read asks for the rest", () => {
    const bytes = sealed(64);
    expect(checkBatch(bytes.subarray(0, 39), 0, 64, 128, IDENTITY)).toEqual({ needBytes: 40 });
    expect(checkBatch(bytes.subarray(0, 63), 0, 64, 128, IDENTITY)).toEqual({ needBytes: 64 });
  });

  test("leaves nothing of an earlier, longer one in its padding", () => {
    const batch = new PendingBatch();
    batch.add(new Uint8Array(100).fill(0xee));
    batch.seal(IDENTITY, 64, 1, 0);
    batch.clear();
    batch.add(ascii("x"));
    expect(hex(batch.seal(IDENTITY, 64, 1, 0))).toMatch(/0100000078000000$/);
  });
});
