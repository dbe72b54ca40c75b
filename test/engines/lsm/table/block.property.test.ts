import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BlockBuilder } from "#engines/lsm/table/block-builder.js";
import { BlockCursor } from "#engines/lsm/table/block-cursor.js";
import { DataBlock } from "#engines/lsm/table/data-block.js";
import { EntryReader } from "#engines/lsm/table/entry-reader.js";
import { TRAILER_BYTES } from "#engines/lsm/table/format.js";
import { TableOutput } from "#engines/lsm/table/table-output.js";
import { StoreDamagedError } from "#engines/store/index.js";
import { MemoryEnv } from "../../support/memory-env.js";
import { anyEntries, anyPlace, ascii, compareEntries, newestOf, put, type Entry } from "./support.js";

async function blockOf(entries: readonly Entry[], restartInterval: number): Promise<Uint8Array> {
  const env = new MemoryEnv();
  const output = new TableOutput(env, await env.disk.open("f", "create"), 7);
  const builder = new BlockBuilder(output, restartInterval);
  let last: Uint8Array = new Uint8Array(0);
  for (const { key, sequence, kind, value } of entries) {
    let shared = 0;
    while (shared < key.length && shared < last.length && key[shared] === last[shared]) shared++;
    builder.add(shared, key, 0, key.length, sequence, kind, value, 0, value.length);
    last = key;
  }
  const said = builder.sizeBytes;
  expect(builder.finish()).toBe(said);
  return output.bytes.slice(0, output.end);
}

class Walk extends BlockCursor {
  constructor(block: DataBlock) {
    super();
    this.enterBlock(block);
  }

  first(): void {
    this.firstInBlock();
  }
  last(): void {
    this.lastInBlock();
  }
  next(): boolean {
    return this.nextInBlock();
  }
  previous(): boolean {
    return this.previousInBlock();
  }
  seek(key: Uint8Array, sequence: number): boolean {
    return this.seekInBlock(key, sequence);
  }
  seekBefore(key: Uint8Array, sequence: number): boolean {
    return this.seekBeforeInBlock(key, sequence);
  }
  present(): Entry {
    return {
      key: this.keyBytes.slice(this.keyStart, this.keyEnd),
      sequence: this.sequence,
      kind: this.kind,
      value: this.valueBytes.slice(this.valueStart, this.valueEnd),
    };
  }
}

const anyBlock = fc.record({ entries: anyEntries(40), interval: fc.constantFrom(1, 2, 3, 16) });

describe("a data block", () => {
  test("gives its entries both ways, whatever the turns", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyBlock,
        fc.array(fc.boolean(), { maxLength: 60 }),
        async ({ entries, interval }, turns) => {
          const walk = new Walk(new DataBlock(await blockOf(entries, interval), "f", 0));
          walk.first();
          let at = 0;
          expect(walk.present()).toEqual(entries[0]);
          for (const isForward of [...turns, ...entries.map(() => true), ...entries.map(() => false)]) {
            const moved = isForward ? walk.next() : walk.previous();
            const to = isForward ? at + 1 : at - 1;
            expect(moved).toBe(to >= 0 && to < entries.length);
            if (moved) at = to;
            expect(walk.present()).toEqual(entries[at]);
          }
          walk.last();
          expect(walk.present()).toEqual(entries.at(-1));
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });

  test("is searched as a sorted array is", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyBlock.chain((block) =>
          fc.record({
            block: fc.constant(block),
            places: fc.array(anyPlace(block.entries), { minLength: 1, maxLength: 30 }),
          }),
        ),
        async ({ block: { entries, interval }, places }) => {
          const block = new DataBlock(await blockOf(entries, interval), "f", 0);
          const walk = new Walk(block);
          for (const place of places) {
            const at = entries.findIndex((entry) => compareEntries(entry, place) >= 0);
            const behind = at < 0 ? entries.length : at;
            expect(walk.seek(place.key, place.sequence)).toBe(behind < entries.length);
            if (behind < entries.length) expect(walk.present()).toEqual(entries[behind]);
            expect(walk.seekBefore(place.key, place.sequence)).toBe(behind > 0);
            if (behind > 0) expect(walk.present()).toEqual(entries[behind - 1]);
            const newest = newestOf(entries, place.key, place.sequence);
            const found = block.get(place.key, place.sequence, new EntryReader());
            expect(found === undefined).toBe(newest === undefined);
            if (newest !== undefined) {
              const { kind, sequence, value } = newest;
              expect({ ...found, value: found!.value.slice() }).toEqual({ kind, sequence, value });
            }
          }
        },
      ),
      { seed: 2, numRuns: 80 },
    );
  });

  test("finds no key whose end alone is that of one behind it", async () => {
    // What "abc" has in common with "aba" ends where "bxc", which begins as "bxa" does, goes on just like it.
    const entries = ["aba", "b", "bxa", "bxc"].map((key) => put(key, 1, key));
    for (const interval of [1, 2, 3, 16]) {
      const block = new DataBlock(await blockOf(entries, interval), "f", 0);
      expect(block.get(ascii("abc"), 9, new EntryReader())).toBeUndefined();
      expect(block.get(ascii("bxc"), 9, new EntryReader())?.value).toEqual(ascii("bxc"));
    }
  });

  test("with other bytes than were ever written never gives more than there is, nor anything but damage", async () => {
    const entries = [put("aa", 300, "x".repeat(140)), put("aab", 2, "y"), put("ab", 1, "z")];
    const original = await blockOf(entries, 2);
    let damaged = 0;
    for (let at = 0; at < original.length - TRAILER_BYTES; at++) {
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
        const bytes = original.slice();
        bytes[at] = value;
        try {
          const block = new DataBlock(bytes, "f", 64);
          const walk = new Walk(block);
          let count = 1;
          for (walk.first(); walk.next(); count++) expect(count).toBeLessThan(bytes.length);
          for (walk.last(); walk.previous(); count++) expect(count).toBeLessThan(2 * bytes.length);
          for (const { key } of entries) block.get(key, 1000, new EntryReader());
        } catch (error) {
          expect(error).toBeInstanceOf(StoreDamagedError);
          expect(error).toMatchObject({ path: "f", offset: 64 });
          damaged++;
        }
      }
    }
    expect(damaged).toBeGreaterThan(50);
  });
});
