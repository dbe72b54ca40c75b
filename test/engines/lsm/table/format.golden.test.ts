import { describe, expect, test } from "vitest";
import { decodeFooter, encodeFooter, whyNoBlock, sealBlock, type Layout } from "#engines/lsm/table/format.js";
import { MemoryDisk, MemoryEnv } from "../../support/memory-env.js";
import { ascii, put, tombstone, writeTable } from "./support.js";

const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

const LAYOUT: Layout = {
  tag: 0x11223344,
  filterOffset: 1000,
  indexOffset: 1100,
  propertiesOffset: 1200,
  footerOffset: 1300,
};

describe("the format", () => {
  // Files of released versions look like this. A change of these bytes is a new format version.
  test("of a table", async () => {
    const disk = new MemoryDisk();
    const entries = [put("apple", 300, "red"), tombstone("apply", 2), put("b", 1, "")];
    await writeTable(new MemoryEnv(disk), "1.sst", 1, entries, { restartInterval: 2 });
    expect(hex(disk.files.get("1.sst")!.bytes)).toBe(
      [
        // Data: three entries, two restart points, type and CRC.
        "000504ac02" + hex(ascii("applered")),
        "04010002" + hex(ascii("y")),
        "00010101" + hex(ascii("b")),
        "000000001200000002000000",
        "007da4a655",
        // Filter: 64 bits, six probes.
        "940011c01244201506",
        "01c111b074",
        // Index: "b", sequence 1, 40 bytes.
        "01620128",
        "0216b2315c",
        // Properties.
        "0103010b0301ac02",
        "05" + hex(ascii("apple")) + "01" + hex(ascii("b")),
        "03bc4cca42",
        // Footer.
        "b0dd30ce53535442010000006c59883c",
        "01000000000000002800000000000000",
        "36000000000000003f00000000000000",
        "54000000000000000000000000000000",
      ].join(""),
    );
  });
});

describe("a footer", () => {
  test("is what it was made of", () => {
    expect(decodeFooter(encodeFooter(7, LAYOUT), 1300, 7)).toEqual(LAYOUT);
  });

  test("with any bit flipped is none, nor of another table, at another place, or cut short", () => {
    const bytes = encodeFooter(7, LAYOUT);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(decodeFooter(bytes, 1300, 7)).toHaveProperty("bad");
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
    expect(decodeFooter(bytes, 1300, 8)).toHaveProperty("bad");
    expect(decodeFooter(bytes, 1299, 7)).toHaveProperty("bad");
    expect(decodeFooter(bytes.subarray(0, 63), 1300, 7)).toHaveProperty("bad");
  });

  test("with parts out of order is none", () => {
    for (const change of [
      { filterOffset: 1101 },
      { indexOffset: 1200 },
      { indexOffset: 1201 },
      { propertiesOffset: 1300 },
    ]) {
      expect(decodeFooter(encodeFooter(7, { ...LAYOUT, ...change }), 1300, 7)).toHaveProperty("bad");
    }
  });
});

describe("a sealed block", () => {
  const sealed = (): Uint8Array => {
    const bytes = new Uint8Array(12);
    bytes.set(ascii("content"));
    expect(sealBlock(bytes, 0, 7, "data", { tag: 5, offset: 4096 })).toBe(12);
    return bytes;
  };

  test("is one of its type, of its table, at its place", () => {
    const bytes = sealed();
    expect(whyNoBlock(bytes, "data", { tag: 5, offset: 4096 })).toBeUndefined();
    expect(whyNoBlock(bytes, "index", { tag: 5, offset: 4096 })).toBe("a block of another type");
    expect(whyNoBlock(bytes, "data", { tag: 6, offset: 4096 })).toBe("a block with a wrong CRC");
    expect(whyNoBlock(bytes.subarray(0, 4), "data", { tag: 5, offset: 4096 })).toContain("too few");
  });

  test("at any other place is none, beyond 4 GiB too", () => {
    const bytes = sealed();
    for (let offset = 0; offset < 1 << 16; offset += 11) {
      expect(whyNoBlock(bytes, "data", { tag: 5, offset }) === undefined).toBe(offset === 4096);
    }
    for (const far of [1, 2, 3, 1000]) {
      expect(whyNoBlock(bytes, "data", { tag: 5, offset: 4096 + far * 2 ** 32 })).toBeDefined();
    }
  });
});
