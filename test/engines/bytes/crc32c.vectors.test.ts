import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32c } from "#engines/bytes/index.js";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Bit by bit, as the definition says. */
function slowCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

describe("crc32c", () => {
  // RFC 3720, B.4, and the check value of the catalogue of CRC algorithms.
  test.each([
    ["123456789", ascii("123456789"), 0xe3069283],
    ["nothing", new Uint8Array(0), 0],
    ["32 zeros", new Uint8Array(32), 0x8a9136aa],
    ["32 ones", new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ["32 ascending", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ["32 descending", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  ])("gives the published value for %s", (_, bytes, expected) => {
    expect(crc32c(bytes, 0, bytes.length)).toBe(expected);
  });

  test("equals the bit by bit definition, over any part of an array", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), fc.nat(100), (bytes, a, b) => {
        const [start, end] = [Math.min(a, b, bytes.length), Math.min(Math.max(a, b), bytes.length)];
        expect(crc32c(bytes, start, end)).toBe(slowCrc32c(bytes.subarray(start, end)));
      }),
      { seed: 1 },
    );
  });

  test("is the same for long arrays, wherever they begin in their buffer", () => {
    const buffer = Uint8Array.from({ length: 1200 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24);
    for (let offset = 0; offset < 20; offset++) {
      const bytes = buffer.subarray(offset);
      for (const length of [511, 512, 513, 527, 528, 1000 + offset]) {
        expect(crc32c(bytes, 3, 3 + length)).toBe(slowCrc32c(bytes.subarray(3, 3 + length)));
      }
    }
  });

  test("goes on from the CRC of what comes before", () => {
    const bytes = ascii("a log is a file that grows at one end");
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(crc32c(bytes, cut, bytes.length, crc32c(bytes, 0, cut))).toBe(crc32c(bytes, 0, bytes.length));
    }
  });

  test("differs for different seeds", () => {
    const bytes = ascii("the same bytes");
    const results = new Set(Array.from({ length: 1000 }, (_, seed) => crc32c(bytes, 0, bytes.length, seed)));
    expect(results.size).toBe(1000);
  });
});
