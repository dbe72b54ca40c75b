import { describe, expect, test } from "vitest";
import { Wal, WalDamagedError, verify } from "#engines/wal/index.js";
import { MemoryDisk, MemoryEnv, errorOf } from "../support/memory-env.js";
import { SMALL, contents, fill, leftBehind, record, records } from "./support.js";

const COUNT = 24;

/** The last batch of the log: no other batch proves that it was durable. */
async function lastBatch(disk: MemoryDisk): Promise<{ path: string; offset: number }> {
  const { segments } = await verify(new MemoryEnv(disk.copy()), "wal");
  const { path, endOffset } = segments.at(-1)!;
  const sizeBytes = Math.ceil((40 + 4 + record(COUNT).length) / 8) * 8;
  return { path, offset: endOffset - sizeBytes };
}

describe("a log with one flipped byte", () => {
  test("is refused, or whole but for the last batch where that was hit; nothing else", async () => {
    const original = await leftBehind(COUNT);
    const last = await lastBatch(original);
    let [refused, cut] = [0, 0];
    for (const [path, { bytes }] of original.files) {
      for (let offset = 0; offset < bytes.length; offset++) {
        const disk = original.copy();
        disk.files.get(path)!.bytes[offset]! ^= 0x10;
        const isLast = path === last.path && offset >= last.offset;
        if (isLast) {
          const wal = await Wal.open(new MemoryEnv(disk), SMALL);
          expect(await contents(wal)).toEqual(records(1, COUNT - 1));
          cut++;
          continue;
        }
        const error = await errorOf(Wal.open(new MemoryEnv(disk), SMALL));
        expect(error).toBeInstanceOf(WalDamagedError);
        expect((error as WalDamagedError).segment).toBe(path);
        expect((error as WalDamagedError).offset).toBeLessThanOrEqual(offset);
        expect(disk.calls.filter((call) => /^(write|truncate|rename|remove)/.test(call))).toEqual([]);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(1000);
    expect(cut).toBeGreaterThan(40);
  });

  test("that is open serves no record of the batch that was hit, and the others", async () => {
    const disk = new MemoryDisk();
    const wal = await Wal.open(new MemoryEnv(disk), { ...SMALL, indexEveryBytes: 1 });
    await fill(wal, 1, COUNT);
    for (const [path, { bytes }] of disk.files) {
      for (let offset = 64; offset < bytes.length; offset += 9) {
        bytes[offset]! ^= 0x10;
        let bad = 0;
        for (let lsn = 1; lsn <= COUNT; lsn++) {
          const served = await wal.read(lsn).catch((error: unknown) => error);
          if (served instanceof WalDamagedError) {
            expect(served.segment).toBe(path);
            expect(served.lsn).toBe(lsn);
            bad++;
          } else {
            expect(served).toEqual(record(lsn));
          }
        }
        expect(bad).toBe(1);
        expect(await errorOf(contents(wal))).toBeInstanceOf(WalDamagedError);
        bytes[offset]! ^= 0x10;
      }
    }
  });
});

describe("damage", () => {
  test("is named with segment, offset and LSN, and is observed", async () => {
    const disk = await leftBehind(COUNT);
    disk.files.get("wal/00000001.wal")!.bytes[70]! ^= 1;
    const env = new MemoryEnv(disk);
    const error = (await errorOf(Wal.open(env, SMALL))) as WalDamagedError;
    expect(error).toMatchObject({ code: "WAL_DAMAGED", segment: "wal/00000001.wal", offset: 64, lsn: 1 });
    expect(error.message).toContain("wal/00000001.wal offset 64, LSN 1");
    expect(env.marks).toContain("wal/damage-refused");
    expect(env.events.at(-1)).toMatchObject({ kind: "wal/damage", offset: 64, lsn: 1 });
  });

  test("is a segment that is missing between two others", async () => {
    const disk = await leftBehind(COUNT);
    const before = await verify(new MemoryEnv(disk.copy()), "wal");
    const missing = before.segments[1]!;
    disk.files.delete(missing.path);
    const error = await errorOf(Wal.open(new MemoryEnv(disk), SMALL));
    expect(error).toBeInstanceOf(WalDamagedError);
    expect((error as WalDamagedError).lsn).toBe(missing.firstLsn);
  });

  test("is a segment under another's name", async () => {
    const disk = await leftBehind(COUNT);
    disk.files.set("wal/00000002.wal", { bytes: disk.files.get("wal/00000001.wal")!.bytes.slice() });
    expect(await errorOf(Wal.open(new MemoryEnv(disk), SMALL))).toMatchObject({
      segment: "wal/00000002.wal",
      offset: 0,
      lsn: undefined,
    });
  });

  test("is a segment that was cut short, or emptied", async () => {
    for (const length of [0, 30, 64, 70, 200]) {
      const disk = await leftBehind(COUNT);
      const content = disk.files.get("wal/00000001.wal")!;
      content.bytes = content.bytes.slice(0, length);
      expect(await errorOf(Wal.open(new MemoryEnv(disk), SMALL))).toBeInstanceOf(WalDamagedError);
    }
  });

  test("is a place that can't be read", async () => {
    const disk = await leftBehind(COUNT);
    disk.failing = (operation, path) => (operation === "read" && path.endsWith("2.wal") ? "EIO" : undefined);
    const error = (await errorOf(Wal.open(new MemoryEnv(disk), SMALL))) as WalDamagedError;
    expect(error).toMatchObject({ code: "WAL_DAMAGED", segment: "wal/00000002.wal" });
    expect(error.cause).toMatchObject({ code: "EIO" });
  });

  test("of what recovery itself made durable is seen, though no later batch proves it", async () => {
    const disk = await leftBehind(COUNT);
    const wal = await Wal.open(new MemoryEnv(disk), SMALL);
    const { path, endOffset } = wal.inspect().segments.at(-1)!;
    disk.files.get(path)!.bytes[endOffset - 1]! ^= 1;
    expect(await errorOf(Wal.open(new MemoryEnv(disk), SMALL))).toBeInstanceOf(WalDamagedError);
  });
});
