import { describe, expect, test } from "vitest";
import { FOOTER_BYTES, TRAILER_BYTES, sealBlock, type BlockType } from "#engines/lsm/table/format.js";
import { BlockCache, Table } from "#engines/lsm/table/index.js";
import { TableFile } from "#engines/lsm/table/table-file.js";
import { StoreDamagedError } from "#engines/store/index.js";
import { MemoryDisk, MemoryEnv } from "../../support/memory-env.js";
import { manyEntries, put, walk, walkBack, writeTable } from "./support.js";

/** A table whose blocks can be changed under a right CRC, as a writer with a bug would leave them. */
interface Forgery {
  readonly disk: MemoryDisk;
  readonly bytes: Uint8Array;
  /** The content of each part. */
  readonly parts: Readonly<Record<BlockType, { readonly start: number; readonly end: number }>>;
  readonly change: (type: BlockType, make: (content: Uint8Array) => void) => void;
}

async function forgery(): Promise<Forgery> {
  const disk = new MemoryDisk();
  const entries = [put("aa", 9, "one"), put("aa", 3, "two"), put("ab", 5, "three"), put("b", 4, "four")];
  await writeTable(new MemoryEnv(disk), "1.sst", 1, entries);
  const { layout } = await TableFile.open(new MemoryEnv(disk), "1.sst", 1);
  const { filterOffset, indexOffset, propertiesOffset, footerOffset } = layout;
  const { bytes } = disk.files.get("1.sst")!;
  const parts = {
    data: { start: 0, end: filterOffset - TRAILER_BYTES },
    filter: { start: filterOffset, end: indexOffset - TRAILER_BYTES },
    index: { start: indexOffset, end: propertiesOffset - TRAILER_BYTES },
    properties: { start: propertiesOffset, end: footerOffset - TRAILER_BYTES },
  };
  const change: Forgery["change"] = (type, make) => {
    const { start, end } = parts[type];
    make(bytes.subarray(start, end));
    sealBlock(bytes, start, end, type, { tag: layout.tag, offset: start });
  };
  return { disk, bytes, parts, change };
}

async function rulesOf(disk: MemoryDisk): Promise<string[]> {
  const table = await Table.open(new MemoryEnv(disk), "1.sst", 1, new BlockCache(1 << 16));
  return (await table.verify()).map((problem) => problem.rule);
}

describe("verify finds, under right CRCs,", () => {
  test("nothing where all is right", async () => {
    const { disk, change } = await forgery();
    change("data", () => undefined);
    expect(await rulesOf(disk)).toEqual([]);
  });

  test("entries out of order", async () => {
    const { disk, change } = await forgery();
    // The first entry is shared 0, suffix 2, value 3, sequence, "aa": now it is "ca".
    change("data", (content) => content.set([0x63], 4));
    expect(await rulesOf(disk)).toEqual(["table-index"]);
  });

  test("versions out of order", async () => {
    const { disk, change } = await forgery();
    change("data", (content) => content.set([2], 3));
    expect(await rulesOf(disk)).toEqual(["table-order"]);
  });

  test("an index that leads to another block", async () => {
    const { disk, change } = await forgery();
    // Key length, "b", sequence, size: the separator becomes "a".
    change("index", (content) => content.set([0x61], 1));
    expect(await rulesOf(disk)).toEqual(["table-index"]);
  });

  test("a filter that denies a key", async () => {
    const { disk, change } = await forgery();
    change("filter", (content) => content.fill(0, 0, content.length - 1));
    expect(await rulesOf(disk)).toEqual(["table-filter"]);
  });

  test("properties that the entries are not like", async () => {
    const { disk, change } = await forgery();
    // The third integer: tombstones.
    change("properties", (content) => content.set([2], 2));
    expect(await rulesOf(disk)).toEqual(["table-properties"]);
  });
});

describe("bytes that were never written so", () => {
  test("do not say how much memory is taken", async () => {
    const { disk, change } = await forgery();
    // The first integer: data blocks. Four times 0xff is more than 2^27.
    change("properties", (content) => content.set([0xff, 0xff, 0xff, 0xff, 0x01]));
    const opening = Table.open(new MemoryEnv(disk), "1.sst", 1, new BlockCache(0));
    await expect(opening).rejects.toThrow(StoreDamagedError);
  });

  test("under a right CRC are damage or are read; nothing else comes of them", async () => {
    const { disk, bytes, parts, change } = await forgery();
    const original = bytes.slice();
    let [damaged, read] = [0, 0];
    for (const type of ["data", "filter", "index", "properties"] as const) {
      for (let at = 0; at < parts[type].end - parts[type].start; at++) {
        for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
          change(type, (content) => content.set([value], at));
          try {
            const table = await Table.open(new MemoryEnv(disk), "1.sst", 1, new BlockCache(1 << 16));
            await table.verify();
            await walk(table.cursor());
            await walkBack(table.cursor());
            for (const { key } of manyEntries(3)) await table.get(key, 5);
            read++;
          } catch (error) {
            expect(error).toBeInstanceOf(StoreDamagedError);
            damaged++;
          }
          bytes.set(original);
        }
      }
    }
    expect(bytes.length).toBe(parts.properties.end + TRAILER_BYTES + FOOTER_BYTES);
    expect(damaged).toBeGreaterThan(100);
    expect(read).toBeGreaterThan(100);
  });
});
