import { describe, expect, test } from "vitest";
import { DiskError } from "#engines/env/index.js";
import { BlockCache, Table } from "#engines/lsm/table/index.js";
import { TableFile } from "#engines/lsm/table/table-file.js";
import { StoreDamagedError } from "#engines/store/index.js";
import { MemoryDisk, MemoryEnv, errorOf } from "../../support/memory-env.js";
import { ascii, manyEntries, newestOf, walk, walkBack, writeTable, type Entry } from "./support.js";

const OPTIONS = { blockBytes: 128, restartInterval: 3 };

const asText = ({ key, sequence, kind, value }: Entry): string =>
  `${String(key)} ${sequence} ${kind} ${String(value)}`;

async function written(keys = 24): Promise<{ disk: MemoryDisk; entries: Entry[] }> {
  const entries = [...manyEntries(keys)];
  const disk = new MemoryDisk();
  await writeTable(new MemoryEnv(disk), "1.sst", 1, entries, OPTIONS);
  return { disk, entries };
}

function open(disk: MemoryDisk, number = 1): Promise<Table> {
  return Table.open(new MemoryEnv(disk), `${number}.sst`, number, new BlockCache(1 << 16));
}

/** What every read gives: either damage, or what was added. Returns how often it was damage. */
async function refusals(disk: MemoryDisk, entries: readonly Entry[]): Promise<number> {
  let refused = 0;
  const attempt = async (reading: () => Promise<void>): Promise<void> => {
    try {
      await reading();
    } catch (error) {
      if (!(error instanceof StoreDamagedError)) throw error;
      expect(error).toMatchObject({ code: "STORE_DAMAGED", path: "1.sst" });
      refused++;
    }
  };
  let table: Table | undefined;
  await attempt(async () => {
    table = await open(disk);
  });
  if (table === undefined) return refused;
  const opened: Table = table;
  await attempt(async () => {
    const scanned = await walk(opened.scanCursor(1000));
    if (scanned.map(asText).join() !== entries.map(asText).join()) expect(scanned).toEqual(entries);
  });
  const { key } = entries[entries.length >> 1]!;
  await attempt(async () => {
    const found = await opened.get(key, 1000);
    expect(found && asText({ key, ...found })).toBe(asText(newestOf(entries, key, 1000)!));
  });
  return refused;
}

describe("a table with one bit flipped", () => {
  test("is refused at the open, or the block that was hit is, wherever it was", async () => {
    const { disk, entries } = await written(10);
    expect(await refusals(disk, entries)).toBe(0);
    const { bytes } = disk.files.get("1.sst")!;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      const refused = await refusals(disk, entries);
      // The filter is no part of a scan; every look-up asks it.
      expect(refused, `bit ${bit}`).toBeGreaterThan(0);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
  });

  test("is reported by verify, with the rule and the place", async () => {
    const { disk } = await written();
    const table = await open(disk);
    const { bytes } = disk.files.get("1.sst")!;
    for (let at = 0; at < bytes.length; at += 5) {
      bytes[at]! ^= 0x10;
      const [problem, ...others] = await table.verify();
      expect(problem).toMatchObject({ rule: "table-damaged" });
      expect(problem!.where).toMatch(/^1\.sst offset \d+$/);
      expect(others).toEqual([]);
      bytes[at]! ^= 0x10;
    }
    expect(await table.verify()).toEqual([]);
  });

  test("serves all blocks but the one that was hit", async () => {
    const { disk, entries } = await written();
    const { bytes } = disk.files.get("1.sst")!;
    bytes[200]! ^= 1;
    const table = await open(disk);
    let [refused, served] = [0, 0];
    for (const entry of entries) {
      const error = await (async (): Promise<unknown> => void (await table.get(entry.key, 1000)))().catch(
        (caught: unknown) => caught,
      );
      if (error === undefined) served++;
      else {
        expect(error).toBeInstanceOf(StoreDamagedError);
        expect((error as StoreDamagedError).offset).toBeLessThanOrEqual(200);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(0);
    expect(served).toBeGreaterThan(4 * refused);
    const cursor = table.cursor();
    expect(await errorOf(walk(cursor))).toBeInstanceOf(StoreDamagedError);
    expect(cursor.isValid).toBe(false);
    expect(await errorOf(walkBack(table.cursor()))).toBeInstanceOf(StoreDamagedError);
  });
});

describe("blocks at a wrong place", () => {
  /** Tables 1 and 2 of the same entries, so of the same layout. */
  async function twins(): Promise<{ disk: MemoryDisk; entries: Entry[] }> {
    const { disk, entries } = await written();
    const env = new MemoryEnv(disk, 77);
    await writeTable(env, "2.sst", 2, entries, OPTIONS);
    return { disk, entries };
  }

  /** Where blocks begin and end. */
  async function blocksOf(disk: MemoryDisk): Promise<{ start: number; end: number }[]> {
    const file = await TableFile.open(new MemoryEnv(disk), "1.sst", 1);
    const index = await file.readIndex();
    const { indexOffset, filterOffset, propertiesOffset, footerOffset } = file.layout;
    const starts = Array.from({ length: index.count }, (_, block) => index.offsetOf(block));
    starts.push(filterOffset, indexOffset, propertiesOffset, footerOffset);
    return starts.slice(0, -1).map((start, at) => ({ start, end: starts[at + 1]! }));
  }

  test("of another table are refused, each of them", async () => {
    const { disk } = await twins();
    const mine = disk.files.get("1.sst")!.bytes;
    const theirs = disk.files.get("2.sst")!.bytes;
    expect(mine.length).toBe(theirs.length);
    const original = mine.slice();
    const blocks = await blocksOf(disk);
    expect(blocks.length).toBeGreaterThan(8);
    for (const { start, end } of blocks) {
      mine.set(theirs.subarray(start, end), start);
      const problem = await open(disk).then(
        async (table) => (await table.verify())[0]?.message,
        (error: StoreDamagedError) => error.message,
      );
      expect(problem).toContain(`offset ${start}`);
      mine.set(original);
    }
  });

  test("of this table are refused", async () => {
    const entries = Array.from({ length: 40 }, (_, i) => ({
      key: ascii(`key ${10 + i}`),
      sequence: 1,
      kind: 1 as const,
      value: ascii("the same"),
    }));
    const disk = new MemoryDisk();
    // Without shared beginnings, so that blocks are of one length.
    await writeTable(new MemoryEnv(disk), "1.sst", 1, entries, { ...OPTIONS, restartInterval: 1 });
    const { bytes } = disk.files.get("1.sst")!;
    const [a, b, c] = await blocksOf(disk);
    expect(a!.end - a!.start).toBe(b!.end - b!.start);
    const first = bytes.slice(a!.start, a!.end);
    bytes.copyWithin(a!.start, b!.start, b!.end);
    bytes.set(first, b!.start);
    const table = await open(disk);
    expect((await table.verify()).map(({ rule, where }) => ({ rule, where }))).toEqual([
      { rule: "table-damaged", where: `1.sst offset ${a!.start}` },
      { rule: "table-damaged", where: `1.sst offset ${b!.start}` },
    ]);
    expect(await errorOf(Promise.resolve(table.get(entries[0]!.key, 1)))).toBeInstanceOf(StoreDamagedError);
    expect(c!.start).toBe(b!.end);
  });

  test("all of them, under another table's name, are refused at the open", async () => {
    const { disk } = await twins();
    disk.files.set("2.sst", { bytes: disk.files.get("1.sst")!.bytes.slice() });
    const error = await errorOf(open(disk, 2));
    expect(error).toMatchObject({ code: "STORE_DAMAGED", path: "2.sst" });
    expect((error as Error).message).toContain("the footer of table 1");
  });
});

describe("a table's file", () => {
  test("that was cut short or made longer is refused at the open", async () => {
    const { disk } = await written();
    const original = disk.files.get("1.sst")!.bytes;
    for (const length of [0, 1, 63, 64, 65, original.length - 64, original.length - 1, original.length + 1]) {
      const bytes = new Uint8Array(length);
      bytes.set(original.subarray(0, length));
      disk.files.set("1.sst", { bytes });
      expect(await errorOf(open(disk))).toBeInstanceOf(StoreDamagedError);
    }
  });

  test("that is cut while it is open is refused where it ends, and the rest served", async () => {
    const { disk, entries } = await written();
    const table = await open(disk);
    await table.get(entries[0]!.key, 1000);
    const content = disk.files.get("1.sst")!;
    content.bytes = content.bytes.slice(0, 150);
    expect(await errorOf(Promise.resolve(table.get(entries.at(-1)!.key, 1000)))).toMatchObject({
      code: "STORE_DAMAGED",
      parts: { found: expect.stringContaining("the end after") as string },
    });
    expect(await table.get(entries[0]!.key, 1000)).toBeDefined();
  });

  test("that can't be read is damaged there, with the device's error as the cause, and is read again afterwards", async () => {
    const { disk, entries } = await written();
    const table = await open(disk);
    disk.failing = (operation) => (operation === "read" ? "EIO" : undefined);
    const unreadable = {
      code: "STORE_DAMAGED",
      path: "1.sst",
      offset: expect.any(Number) as number,
      parts: { found: "an I/O error" },
      cause: { code: "EIO" },
    };
    expect(await errorOf(Promise.resolve(table.get(entries[0]!.key, 1000)))).toMatchObject(unreadable);
    expect(await errorOf(walk(table.cursor()))).toMatchObject(unreadable);
    expect(await errorOf(walk(table.scanCursor(4096)))).toMatchObject(unreadable);
    expect(await errorOf(open(disk))).toMatchObject(unreadable);
    expect(await table.verify()).toMatchObject([{ rule: "table-damaged" }]);
    disk.failing = () => undefined;
    expect(await walk(table.cursor())).toEqual(entries);
  });

  test("that can't be read for another reason gives the device's error", async () => {
    const { disk, entries } = await written();
    const table = await open(disk);
    disk.failing = (operation) => (operation === "read" ? "EBADF" : undefined);
    expect(await errorOf(Promise.resolve(table.get(entries[0]!.key, 1000)))).toMatchObject({ code: "EBADF" });
    expect(await errorOf(open(disk))).toMatchObject({ code: "EBADF" });
  });

  test("with one byte that can't be read serves all blocks but its own", async () => {
    const { disk, entries } = await written();
    const badAt = 300;
    const openFile = disk.open.bind(disk);
    disk.open = async (path, mode) => {
      const file = await openFile(path, mode);
      const read = file.read.bind(file);
      file.read = (offset, length) =>
        offset <= badAt && badAt < offset + length
          ? Promise.reject(new DiskError("EIO", path))
          : read(offset, length);
      return file;
    };
    const table = await open(disk);
    expect(await table.verify()).toMatchObject([{ rule: "table-damaged" }]);
    const outcomes = await Promise.allSettled(
      entries.map(async ({ key, sequence }) => table.get(key, sequence)),
    );
    const failed = outcomes.flatMap(({ status }, at) => (status === "rejected" ? [at] : []));
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.length).toBeLessThan(10);
    expect(failed).toEqual(failed.map((_, at) => failed[0]! + at));
  });
});
