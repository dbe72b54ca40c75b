import { assert, describe, expect, test } from "vitest";
import { AssertionFailed } from "#engines/env/index.js";
import { PUT, TOMBSTONE } from "#engines/lsm/cursor.js";
import { Memtable } from "#engines/lsm/memtable/index.js";
import { addTo, entry, entryOf, show, sorted, type Entry } from "../read/support.js";
import { randomOf } from "./support.js";

const EMPTY = new Uint8Array(0);

function put(key: Uint8Array, sequence: number, value: Uint8Array): Entry {
  return { key, sequence, kind: PUT, value };
}

function filled(length: number, byte: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

/** Both ways by cursor, and each by `get`. */
function expectContents(memtable: Memtable, entries: readonly Entry[]): void {
  const expected = sorted(entries);
  const cursor = memtable.cursor();
  let at = 0;
  for (void cursor.first(); cursor.isValid; void cursor.next()) assertSame(entryOf(cursor)!, expected[at++]!);
  assert.equal(at, expected.length);
  for (void cursor.last(); cursor.isValid; void cursor.previous())
    assertSame(entryOf(cursor)!, expected[--at]!);
  assert.equal(at, 0);
  for (const each of expected) {
    assertSame({ ...memtable.get(each.key, each.sequence)!, key: each.key }, each);
  }
}

function assertSame(found: Entry, expected: Entry): void {
  const isSame =
    found.kind === expected.kind &&
    found.sequence === expected.sequence &&
    same(found.key, expected.key) &&
    same(found.value, expected.value);
  assert(isSame, `${found.key.length}@${found.sequence} is ${expected.key.length}@${expected.sequence}`);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

describe("a memtable", () => {
  test("takes keys and values around and above the length of its chunks", () => {
    const memtable = new Memtable(randomOf(2));
    const entries: Entry[] = [];
    const lengths = [0, 1, 255, 256, 257, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 300_000, 0, 3];
    for (const [i, length] of lengths.entries()) {
      entries.push(put(filled(length, i), i + 1, filled(300, i)));
      entries.push(put(filled(3, 100 + i), i + 1, filled(length, i)));
    }
    for (const each of entries) addTo(memtable, each);
    expectContents(memtable, entries);
  });

  test("takes many entries of all lengths, in any order, in bounded room", () => {
    const random = randomOf(3);
    const memtable = new Memtable(randomOf(4));
    const entries: Entry[] = [];
    let payloadBytes = 0;
    for (let i = 1; i <= 5000; i++) {
      const key = Uint8Array.from({ length: 2 + random.below(6) }, () => random.below(256));
      const value = filled(random.below(random.below(100) === 0 ? 20_000 : 60), i & 0xff);
      entries.push(put(key, i, value));
      payloadBytes += key.length + value.length;
    }
    for (const each of entries) addTo(memtable, each);
    expectContents(memtable, entries);
    expect(memtable.sizeBytes).toBeGreaterThan(payloadBytes);
    expect(memtable.sizeBytes).toBeLessThan(payloadBytes + 5000 * 40);
  });

  test("takes entries in ascending order and then between them", () => {
    const memtable = new Memtable(randomOf(5));
    const entries: Entry[] = [];
    for (let i = 0; i < 300; i++) {
      const key = Uint8Array.of(((i * 2) % 512) >>> 8, (i * 2) & 0xff, i < 256 ? 0 : 1);
      entries.push(put(key, 300 - i, EMPTY));
    }
    for (const each of entries) addTo(memtable, each);
    expectContents(memtable, entries);
  });

  test("keeps sequences up to 2^53 - 1 apart", () => {
    const memtable = new Memtable(randomOf(6));
    const sequences = [1, 2, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_0000_0000, 0x1_0000_0001];
    sequences.push(0x2_0000_0000, 0x1f_ffff_0000_0000, Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER);
    const entries = sequences.map((sequence, i): Entry => {
      const kind = i % 2 === 0 ? PUT : TOMBSTONE;
      return { key: filled(1, 9), sequence, kind, value: kind === PUT ? filled(1, i) : EMPTY };
    });
    for (const each of entries) addTo(memtable, each);
    expectContents(memtable, entries);
    expect(memtable.get(filled(1, 9), 0x7fff_fffe)!.sequence).toBe(2);
    expect(memtable.get(filled(1, 9), 0)).toBeUndefined();
  });

  test("is the same, byte for byte of its size, for the same adds and the same seed", () => {
    const sizes = [8, 8, 9].map((seed) => {
      const memtable = new Memtable(randomOf(seed));
      for (let i = 1; i < 200; i++) addTo(memtable, entry(`${(i * 7) % 50}`, i, "value"));
      return memtable.sizeBytes;
    });
    expect(sizes[0]).toBe(sizes[1]);
    expect(sizes[0]).not.toBe(sizes[2]);
  });

  test("an empty one is small, and has nothing", () => {
    const memtable = new Memtable(randomOf(1));
    const cursor = memtable.cursor();
    const moves = [() => cursor.first(), () => cursor.last(), () => cursor.seek(EMPTY, 1)];
    for (const move of [...moves, () => cursor.seekBefore(filled(1, 255), 1)]) {
      expect(move()).toBeUndefined();
      expect(cursor.isValid).toBe(false);
    }
    expect(memtable.get(EMPTY, 1)).toBeUndefined();
    expect(memtable.isEmpty).toBe(true);
    expect(memtable.sizeBytes).toBeLessThan(100);
  });

  test("refuses what is no entry, and steps from nowhere", () => {
    const memtable = new Memtable(randomOf(1));
    const key = filled(2, 1);
    for (const sequence of [0, -1, 1.5, 2 * Number.MAX_SAFE_INTEGER]) {
      expect(() => memtable.add(PUT, sequence, key, 0, 2, key, 0, 2)).toThrow(AssertionFailed);
    }
    expect(() => memtable.add(TOMBSTONE, 1, key, 0, 2, key, 0, 2)).toThrow(AssertionFailed);
    expect(() => memtable.add(PUT, 1, key, 0, 3, key, 0, 2)).toThrow(AssertionFailed);
    expect(() => memtable.add(PUT, 1, key, 0, 2, key, 1, 3)).toThrow(AssertionFailed);
    expect(memtable.isEmpty).toBe(true);
    expect(() => void memtable.cursor().next()).toThrow(AssertionFailed);
    expect(() => void memtable.cursor().previous()).toThrow(AssertionFailed);
  });

  test("keeps copies: a caller may change what it gave", () => {
    const memtable = new Memtable(randomOf(1));
    const bytes = Uint8Array.of(1, 2, 3, 4);
    memtable.add(PUT, 1, bytes, 0, 2, bytes, 2, 4);
    bytes.fill(0);
    expect(show({ ...memtable.get(Uint8Array.of(1, 2), 1)!, key: EMPTY })).toBe("@1=3.4");
  });
});
