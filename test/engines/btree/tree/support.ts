import * as fc from "fast-check";
import { expect } from "vitest";
import type { PageReader } from "#engines/btree/page/index.js";
import {
  createTree,
  getEntry,
  Lookup,
  OverflowReader,
  putEntry,
  removeEntry,
  TreeCursor,
  verifyTree,
  type TreeReport,
} from "#engines/btree/tree/index.js";
import { expectSameBytes, MemoryPages } from "../page/support.js";

export type Step =
  | { readonly type: "put"; readonly key: Uint8Array; readonly length: number; readonly fill: number }
  | { readonly type: "remove"; readonly key: Uint8Array };

/** Keys and their order as text: one unit a byte. */
export function textOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (unit) => unit.charCodeAt(0));
}

export function valueOf(length: number, fill: number): Uint8Array {
  const value = new Uint8Array(length);
  for (let i = 0; i < length; i++) value[i] = fill + i + (i >>> 8);
  return value;
}

/** A tree and what it has to hold. */
export class ModelledTree {
  readonly pages: MemoryPages;
  readonly model: Map<string, Uint8Array> = new Map<string, Uint8Array>();

  constructor(pageBytes: number) {
    this.pages = new MemoryPages(pageBytes);
    this.pages.run(() => createTree(this.pages));
  }

  step(step: Step): void {
    const key = textOf(step.key);
    if (step.type === "remove") {
      expect(this.pages.run(() => removeEntry(this.pages, step.key))).toBe(this.model.delete(key));
      return;
    }
    const value = valueOf(step.length, step.fill);
    this.pages.run(() => putEntry(this.pages, step.key, value));
    this.model.set(key, value);
  }

  checkStructure(): void {
    expect(verify(this.pages.reader)).toMatchObject({ problems: [], entries: this.model.size });
  }

  /** Every key is found, and a walk gives them in order, both ways. */
  checkEntries(): void {
    const { reader } = this.pages;
    const keys = [...this.model.keys()].sort();
    for (const key of keys) expectSameBytes(get(reader, bytesOf(key)), this.model.get(key));
    expect(walk(reader, true)).toEqual(keys);
    expect(walk(reader, false)).toEqual(keys.reverse());
  }

  /** The log alone gives the same pages. */
  checkReplay(): void {
    const replayed = this.pages.replay();
    expect(replayed.size).toBe(this.pages.pages.size);
    for (const [id, page] of this.pages.pages) expectSameBytes(replayed.get(id), page);
  }
}

export function verify(pages: PageReader): TreeReport {
  const check = verifyTree(pages);
  for (let step = check.next(); ; step = check.next()) {
    if (step.done === true) return step.value;
    expect(step.value, "nothing is missing in memory").toBe(0);
  }
}

export function get(pages: PageReader, key: Uint8Array): Uint8Array | undefined {
  const found = new Lookup();
  const status = getEntry(pages, key, found);
  expect(status).not.toBe("missing");
  if (status === "absent") return undefined;
  if (found.chain === undefined) return found.bytes.slice(found.start, found.end);
  const overflow = new OverflowReader(found.chain);
  expect(overflow.read(pages)).toBe(0);
  return overflow.value;
}

export function walk(pages: PageReader, isForward: boolean): string[] {
  const cursor = new TreeCursor(pages);
  const keys: string[] = [];
  expect(isForward ? cursor.first() : cursor.last()).toBe(0);
  while (cursor.isValid) {
    keys.push(cursorKey(cursor));
    expect(isForward ? cursor.next() : cursor.previous()).toBe(0);
  }
  return keys;
}

export function cursorKey(cursor: TreeCursor): string {
  return textOf(cursor.bytes.subarray(cursor.keyStart, cursor.keyEnd));
}

/** Keys that come again, share long beginnings and have all lengths: separators get short and long. */
export function keyOf(most: number): fc.Arbitrary<Uint8Array> {
  const long = fc
    .tuple(fc.nat(3), fc.nat(most), fc.nat(5))
    .map(([letter, length, tail]) =>
      new Uint8Array(Math.max(0, Math.min(most, length) - 1))
        .fill(97 + letter)
        .map((byte, i, all) => (i === all.length - 1 ? byte + tail : byte)),
    );
  const counted = fc.nat(40).map((n) => Uint8Array.of(98, n));
  const full = fc.tuple(fc.nat(2), fc.nat(40)).map(([letter, tail]) => {
    const key = new Uint8Array(most).fill(97 + letter);
    key[most - 1] = tail;
    return key;
  });
  return fc.oneof({ weight: 3, arbitrary: long }, counted, { weight: 2, arbitrary: full });
}

/** Values of nothing, of a few bytes, about as long as still fits into a leaf, and over some pages. */
export function lengthOf(pageBytes: number): fc.Arbitrary<number> {
  const quarter = (pageBytes - 32) >>> 2;
  return fc.oneof(
    { weight: 4, arbitrary: fc.nat(20) },
    { weight: 4, arbitrary: fc.nat(quarter + 10) },
    { weight: 1, arbitrary: fc.nat(4 * pageBytes) },
  );
}

export function stepOf(pageBytes: number): fc.Arbitrary<Step> {
  const key = keyOf(pageBytes >>> 3);
  const put = fc.record({
    type: fc.constant("put" as const),
    key,
    length: lengthOf(pageBytes),
    fill: fc.nat(255),
  });
  const remove = fc.record({ type: fc.constant("remove" as const), key });
  return fc.oneof({ weight: 3, arbitrary: put }, { weight: 2, arbitrary: remove });
}
