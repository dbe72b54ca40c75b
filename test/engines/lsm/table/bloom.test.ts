import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BloomBuilder, BloomFilter, hashBytes, isBloomFilter, probesOf } from "#engines/lsm/table/bloom.js";
import { ascii } from "./support.js";

function filterOf(keys: readonly Uint8Array[], bitsPerKey: number): BloomFilter {
  const builder = new BloomBuilder(bitsPerKey);
  for (const key of keys) builder.add(key, 0, key.length);
  const bytes = new Uint8Array(builder.sizeBytes);
  expect(builder.write(bytes, 0)).toBe(bytes.length);
  return new BloomFilter(bytes, bytes.length);
}

/** Absent keys that pass, in fifty thousand. */
function passing(keys: number, bitsPerKey: number, keyOf: (i: number) => Uint8Array): number {
  const filter = filterOf(
    Array.from({ length: keys }, (_, i) => keyOf(i)),
    bitsPerKey,
  );
  let passed = 0;
  for (let i = 0; i < 50_000; i++) {
    const key = keyOf(keys + i);
    if (filter.mayContain(key, 0, key.length)) passed++;
  }
  return passed;
}

const counted = (i: number): Uint8Array => ascii(`user${String(i).padStart(12, "0")}`);
const binary = (i: number): Uint8Array => Uint8Array.of(i, i >>> 8, i >>> 16, 0);

describe("a Bloom filter", () => {
  test("never denies a key that was added", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 12 }), { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 32 }),
        (keys, bitsPerKey) => {
          const filter = filterOf(keys, bitsPerKey);
          for (const key of keys) expect(filter.mayContain(key, 0, key.length)).toBe(true);
        },
      ),
      { seed: 3, numRuns: 200 },
    );
  });

  test("of 10 bits a key lets about 1 % of absent keys pass, few keys or many, alike or not", () => {
    for (const keys of [1000, 30_000]) {
      for (const keyOf of [counted, binary]) {
        const passed = passing(keys, 10, keyOf);
        expect(passed).toBeGreaterThan(350);
        expect(passed).toBeLessThan(550);
      }
    }
  });

  test("lets fewer pass the more bits it has", () => {
    const rates = [2, 5, 10, 15].map((bits) => passing(2000, bits, counted));
    expect(rates).toEqual([...rates].sort((a, b) => b - a));
    expect(rates[0]).toBeGreaterThan(15_000);
    expect(rates.at(-1)).toBeLessThan(75);
  });

  test("has ln 2 probes for each bit of a key, at least one", () => {
    expect([1, 2, 10, 16, 32].map(probesOf)).toEqual([1, 1, 6, 11, 22]);
  });

  test("is refused where its size or its probes make no sense", () => {
    const bytes = new Uint8Array(9);
    for (const probes of [0, 23, 255]) {
      bytes[8] = probes;
      expect(isBloomFilter(bytes, 9)).toBe(false);
    }
    bytes[8] = 6;
    expect(isBloomFilter(bytes, 9)).toBe(true);
    expect(isBloomFilter(bytes, 10)).toBe(false);
    expect(isBloomFilter(bytes.subarray(1), 8)).toBe(false);
    expect(isBloomFilter(bytes, 0)).toBe(false);
  });
});

describe("the hash", () => {
  test("is MurmurHash3 for 32 bits", () => {
    const hash = (text: string, seed: number): number => hashBytes(ascii(text), 0, text.length, seed);
    expect(hash("", 0)).toBe(0);
    expect(hash("", 1)).toBe(0x514e28b7);
    expect(hash("a", 0x9747b28c)).toBe(0x7fa09ea6);
    expect(hash("aa", 0x9747b28c)).toBe(0x5d211726);
    expect(hash("aaa", 0x9747b28c)).toBe(0x283e0130);
    expect(hash("aaaa", 0x9747b28c)).toBe(0x5a97808a);
    expect(hash("Hello, world!", 0x9747b28c)).toBe(0x24884cba);
  });
});
