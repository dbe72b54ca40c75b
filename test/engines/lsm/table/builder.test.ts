import { describe, expect, test } from "vitest";
import { PUT } from "#engines/lsm/cursor.js";
import { BlockCache, Table, TableBuilder, tableOptionsOf } from "#engines/lsm/table/index.js";
import { StoreError } from "#engines/store/index.js";
import { MemoryDisk, MemoryEnv, settle } from "../../support/memory-env.js";
import { ascii, manyEntries, put, tableOf, walk, walkBack, writeTable, type Entry } from "./support.js";

async function builderOn(env: MemoryEnv, path = "1.sst"): Promise<TableBuilder> {
  return new TableBuilder(env, await env.disk.open(path, "exclusive"), 1, tableOptionsOf({}));
}

function add(builder: TableBuilder, { key, sequence, kind, value }: Entry): void {
  builder.add(key, 0, key.length, sequence, kind, value, 0, value.length);
}

const asText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe("a table builder", () => {
  test("refuses entries out of order, and one that is there already", async () => {
    const bad: readonly [Entry, Entry][] = [
      [put("b", 1, ""), put("a", 1, "")],
      [put("b", 1, ""), put("b", 1, "")],
      [put("b", 1, ""), put("b", 2, "")],
      [put("ab", 1, ""), put("a", 9, "")],
      [put("a", 1, ""), put("", 1, "")],
    ];
    for (const [first, second] of bad) {
      const builder = await builderOn(new MemoryEnv());
      add(builder, first);
      expect(() => add(builder, second)).toThrow("internal order");
    }
  });

  test("wants an empty file, an entry, and no use after the end", async () => {
    const env = new MemoryEnv();
    const file = await env.disk.open("used", "create");
    file.write(0, ascii("x"));
    expect(() => new TableBuilder(env, file, 1, tableOptionsOf({}))).toThrow("empty file");
    const builder = await builderOn(env);
    expect(() => builder.finish()).toThrow("at least one entry");
    add(builder, put("a", 1, ""));
    builder.finish();
    expect(() => add(builder, put("b", 1, ""))).toThrow("not used again");
    expect(() => builder.finish()).toThrow("not used again");
  });

  test("throws the device's error, and is of no use then", async () => {
    const disk = new MemoryDisk();
    disk.capacityBytes = 100_000;
    const builder = await builderOn(new MemoryEnv(disk));
    const fill = (): void => {
      for (const entry of manyEntries(20_000)) add(builder, entry);
    };
    expect(fill).toThrow(expect.objectContaining({ code: "ENOSPC" }) as Error);
    expect(() => builder.finish()).toThrow("not used again");
  });

  test("goes on where the file takes only a part, and reads where it gives only a part", async () => {
    const env = new MemoryEnv();
    env.disk.atOnceBytes = 1000;
    const entries = [...manyEntries(300)];
    await writeTable(env, "1.sst", 1, entries);
    expect(env.marks).toContain("lsm/short-write-continued");
    env.disk.atOnceBytes = 37;
    const table = await Table.open(env, "1.sst", 1, new BlockCache(1 << 20));
    expect(await walk(table.cursor())).toEqual(entries);
    expect(await table.verify()).toEqual([]);
  });

  test("knows about how long the file will be", async () => {
    const env = new MemoryEnv();
    const builder = await builderOn(env);
    for (const entry of manyEntries(2000)) {
      add(builder, entry);
      expect(builder.estimatedBytes).toBeGreaterThan(64);
    }
    const estimated = builder.estimatedBytes;
    const { fileBytes, entries } = builder.finish();
    expect(entries).toBe(builder.entries);
    expect(Math.abs(fileBytes - estimated)).toBeLessThan(300);
    expect(env.disk.files.get("1.sst")!.bytes.length).toBe(fileBytes);
  });

  test("takes values and keys that are longer than blocks and than its buffers", async () => {
    const long = "k".repeat(100_000);
    const entries = [
      put("a", 2, "small"),
      put("b", 2, "v".repeat(300_000)),
      put("b", 1, ""),
      put(long, 3, "x"),
      put(long, 2, "y"),
      put(`${long}k`, Number.MAX_SAFE_INTEGER, "z"),
    ];
    const { table, env } = await tableOf(entries, { blockBytes: 64 });
    // As texts: comparing long arrays element by element takes a minute.
    const texts = (all: readonly Entry[]): string[] =>
      all.map(({ key, sequence, value }) => [asText(key), sequence, asText(value)].join(" "));
    expect(texts(await walk(table.cursor()))).toEqual(texts(entries));
    expect(texts((await walkBack(table.scanCursor(0))).reverse())).toEqual(texts(entries));
    const found = await table.get(ascii(long), 2);
    expect(found).toMatchObject({ kind: PUT, sequence: 2 });
    const verified = table.verify();
    for (let turn = 0; turn < 10; turn++) {
      await settle();
      env.clock.advance(0);
    }
    expect(await verified).toEqual([]);
  });

  test("copies what a cursor stands on", async () => {
    const entries = [...manyEntries(100)];
    const { table, env } = await tableOf(entries);
    const builder = new TableBuilder(env, await env.disk.open("2.sst", "create"), 2, tableOptionsOf({}));
    const cursor = table.scanCursor(1000);
    for (await cursor.first(); cursor.isValid; await cursor.next()) builder.addFrom(cursor);
    builder.finish();
    const copy = await Table.open(env, "2.sst", 2, new BlockCache(0));
    expect(await walk(copy.cursor())).toEqual(entries);
    expect(copy.properties.tag).not.toBe(table.properties.tag);
  });

  test("makes blocks of one entry where it is told to, and they are read all the same", async () => {
    const env = new MemoryEnv();
    env.buggified = (point) => point === "lsm/end-block-early";
    const entries = [...manyEntries(30)];
    const properties = await writeTable(env, "1.sst", 1, entries);
    expect(properties.dataBlocks).toBe(entries.length);
    const table = await Table.open(env, "1.sst", 1, new BlockCache(1 << 20));
    expect(await walk(table.cursor())).toEqual(entries);
    expect(await table.verify()).toEqual([]);
  });
});

describe("the options", () => {
  test("have defaults", () => {
    expect(tableOptionsOf({})).toEqual({ blockBytes: 4096, restartInterval: 16, bloomBitsPerKey: 10 });
    expect(tableOptionsOf({ blockBytes: 64, restartInterval: 1, bloomBitsPerKey: 0 })).toEqual({
      blockBytes: 64,
      restartInterval: 1,
      bloomBitsPerKey: 0,
    });
  });

  test("that make no sense are refused", () => {
    for (const options of [
      { blockBytes: 63 },
      { blockBytes: 100.5 },
      { restartInterval: 0 },
      { bloomBitsPerKey: -1 },
      { bloomBitsPerKey: 33 },
      { blockBytes: Number.NaN },
    ]) {
      expect(() => tableOptionsOf(options)).toThrow(StoreError);
      expect(() => tableOptionsOf(options)).toThrow("STORE_BAD_ARGUMENT");
    }
  });
});
