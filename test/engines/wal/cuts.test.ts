import { describe, expect, test } from "vitest";
import { Wal, WalDamagedError, verify } from "#engines/wal/index.js";
import { MemoryEnv, errorOf } from "../support/memory-env.js";
import { SMALL, contents, fill, record, records } from "./support.js";

async function filled(count: number): Promise<{ env: MemoryEnv; wal: Wal }> {
  const env = new MemoryEnv();
  const wal = await Wal.open(env, SMALL);
  await fill(wal, 1, count);
  return { env, wal };
}

const names = (env: MemoryEnv): string[] => [...env.disk.files.keys()].sort();

describe("truncateSuffix", () => {
  test("drops what is above, across segments, and goes on in a new segment", async () => {
    const { env, wal } = await filled(30);
    const before = wal.inspect().segments;
    await wal.truncateSuffix(8);
    const after = wal.inspect().segments;
    expect(after.at(-1)).toMatchObject({ kind: "truncate", firstLsn: 9, lastLsn: 8 });
    expect(after.at(-1)!.number).toBe(before.at(-1)!.number + 1);
    expect(names(env)).toEqual(after.map((segment) => segment.path).sort());
    expect(env.marks).toContain("wal/truncate-suffix-across-segments");
    expect(await wal.append(record(99))).toBe(9);
    expect(await contents(wal)).toEqual([...records(1, 8), record(99)]);
    expect(await contents(await Wal.open(new MemoryEnv(env.disk), SMALL))).toEqual([
      ...records(1, 8),
      record(99),
    ]);
  });

  test("within an atomic append keeps its first part", async () => {
    const env = new MemoryEnv();
    const wal = await Wal.open(env, SMALL);
    await wal.appendBatch(records(1, 5));
    await wal.truncateSuffix(2);
    expect(await contents(wal)).toEqual(records(1, 2));
    const again = await Wal.open(new MemoryEnv(env.disk), SMALL);
    expect(await contents(again)).toEqual(records(1, 2));
    expect(await again.append(record(3))).toBe(3);
    expect(await errorOf(again.read(4))).toMatchObject({ code: "WAL_OUT_OF_RANGE" });
  });

  test("twice to the same place, and to nothing", async () => {
    const { env, wal } = await filled(10);
    await wal.truncateSuffix(4);
    await wal.truncateSuffix(4);
    await wal.truncateSuffix(0);
    expect([wal.firstLsn, wal.lastLsn]).toEqual([1, 0]);
    expect(names(env)).toHaveLength(1);
    await fill(wal, 1, 3);
    expect(await contents(await Wal.open(new MemoryEnv(env.disk), SMALL))).toEqual(records(1, 3));
  });

  test("makes what it keeps durable before it drops the rest", async () => {
    const env = new MemoryEnv();
    const wal = await Wal.open(env, { ...SMALL, policy: { kind: "none" } });
    await fill(wal, 1, 5);
    const from = env.disk.calls.length;
    await wal.truncateSuffix(3);
    expect(wal.durableLsn).toBe(3);
    expect(env.disk.calls.slice(from)).toEqual([
      "sync wal/00000001.wal.tmp",
      "open wal/00000002.wal.tmp",
      "truncate wal/00000002.wal.tmp",
      "write wal/00000002.wal.tmp",
      "sync wal/00000002.wal.tmp",
      "rename wal/00000002.wal.tmp",
      "syncDir wal",
    ]);
  });
});

describe("truncatePrefix", () => {
  test("removes segments that are wholly below, oldest first, each for good before the next", async () => {
    const { env, wal } = await filled(30);
    const before = wal.inspect().segments;
    const from = env.disk.calls.length;
    const keep = before[2]!;
    await wal.truncatePrefix(keep.firstLsn + 1);
    expect(env.disk.calls.slice(from)).toEqual([
      "remove wal/00000001.wal",
      "syncDir wal",
      "remove wal/00000002.wal",
      "syncDir wal",
    ]);
    expect(wal.firstLsn).toBe(keep.firstLsn + 1);
    expect(await errorOf(wal.read(keep.firstLsn))).toMatchObject({ code: "WAL_OUT_OF_RANGE" });
    expect(await contents(wal)).toEqual(records(keep.firstLsn + 1, 30));
    expect((await Wal.open(new MemoryEnv(env.disk), SMALL)).firstLsn).toBe(keep.firstLsn);
  });

  test("of everything keeps the last segment and the place", async () => {
    const { env, wal } = await filled(30);
    await wal.truncatePrefix(31);
    expect([wal.firstLsn, wal.lastLsn]).toEqual([31, 30]);
    expect(await contents(wal)).toEqual([]);
    expect(names(env)).toHaveLength(1);
    expect(await wal.append(record(31))).toBe(31);
    expect(await contents(wal)).toEqual([record(31)]);
  });

  test("makes what it drops durable first: no crash takes the log's end below its beginning", async () => {
    const env = new MemoryEnv();
    const wal = await Wal.open(env, { ...SMALL, segmentBytes: 4096, policy: { kind: "none" } });
    await fill(wal, 1, 5);
    await wal.truncatePrefix(4);
    expect(wal.durableLsn).toBe(5);
    await fill(wal, 6, 8);
    await wal.truncatePrefix(6);
    expect(wal.durableLsn).toBe(5);
  });

  test("below the first record has no effect", async () => {
    const { env, wal } = await filled(5);
    const from = env.disk.calls.length;
    await wal.truncatePrefix(1);
    expect(env.disk.calls.length).toBe(from);
  });
});

describe("restartAt", () => {
  test.each([1, 3, 500])("drops everything and goes on at %i", async (lsn) => {
    const { env, wal } = await filled(30);
    await wal.restartAt(lsn);
    expect([wal.firstLsn, wal.lastLsn, wal.durableLsn]).toEqual([lsn, lsn - 1, lsn - 1]);
    expect(names(env)).toHaveLength(1);
    expect(await wal.append(record(7))).toBe(lsn);
    const again = await Wal.open(new MemoryEnv(env.disk), SMALL);
    expect([again.firstLsn, again.lastLsn]).toEqual([lsn, lsn]);
    expect(await contents(again)).toEqual([record(7)]);
  });
});

describe("segments that a crash left although later ones supersede them", () => {
  test("are passed over and removed, whichever of them came back", async () => {
    const { env, wal } = await filled(30);
    const old = env.disk.copy();
    await wal.truncateSuffix(8);
    await wal.append(record(99));
    const newest = [...env.disk.files.keys()].filter((path) => !old.files.has(path));
    const removed = [...old.files.keys()].filter((path) => !env.disk.files.has(path));
    expect(removed.length).toBeGreaterThan(2);
    for (let subset = 0; subset < 1 << removed.length; subset++) {
      const disk = env.disk.copy();
      removed.forEach((path, i) => {
        if (subset & (1 << i)) disk.files.set(path, { bytes: old.files.get(path)!.bytes.slice() });
      });
      const again = new MemoryEnv(disk);
      const opened = await Wal.open(again, SMALL);
      expect(await contents(opened)).toEqual([...records(1, 8), record(99)]);
      expect(again.marks.has("wal/recovery-removed-void-segment")).toBe(subset > 0);
      for (const path of removed) expect(disk.files.has(path)).toBe(false);
    }
    expect(newest).toHaveLength(1);
  });

  test("are not needed after a restart, and their holes do not matter", async () => {
    const { env, wal } = await filled(30);
    const old = env.disk.copy();
    await wal.restartAt(100);
    for (const path of old.files.keys()) {
      const disk = env.disk.copy();
      disk.files.set(path, { bytes: old.files.get(path)!.bytes.slice(0, 100) });
      const opened = await Wal.open(new MemoryEnv(disk), SMALL);
      expect([opened.firstLsn, opened.lastLsn]).toEqual([100, 99]);
      expect(disk.files.size).toBe(1);
    }
  });
});

describe("reads beside cuts", () => {
  test("a scan sees a log as it was or as it is, and ends where truncateSuffix cut", async () => {
    const { wal } = await filled(30);
    const seen: Uint8Array[] = [];
    for await (const chunk of wal.scan()) {
      seen.push(...chunk.records);
      if (wal.lastLsn === 30) {
        await wal.truncateSuffix(25);
        await wal.append(record(99));
      }
    }
    // The record that got the next LSN after the cut is none of those that the scan began with.
    expect(seen).toEqual(records(1, 25));
  });

  test("a scan that truncatePrefix overtakes says so", async () => {
    const { wal } = await filled(30);
    const scan = wal.scan();
    await scan.next();
    await wal.truncatePrefix(30);
    expect(await errorOf(scan.next())).toMatchObject({ code: "WAL_OUT_OF_RANGE" });
  });

  test("a read that is under way ends though its segment goes", async () => {
    const { wal } = await filled(30);
    const reads = [wal.read(1), wal.read(30), wal.truncatePrefix(30), wal.restartAt(5)] as const;
    expect((await Promise.all(reads)).slice(0, 2)).toEqual([record(1), record(30)]);
  });

  test("what a scan gives is not changed by later appends", async () => {
    const { wal } = await filled(3);
    const { value } = await wal.scan().next();
    await fill(wal, 4, 30);
    expect(value!.records.slice()).toEqual(records(1, 3));
  });
});

describe("records of any size", () => {
  test("make segments of their own size where they must", async () => {
    const env = new MemoryEnv();
    const wal = await Wal.open(env, SMALL);
    const sizes = [0, 1, 448, 404, 405, 3000, 10_000, 0, 5, 40_000];
    for (const [i, size] of sizes.entries()) await wal.append(record(i, size));
    expect(env.marks).toContain("wal/oversize-batch");
    for (const opened of [wal, await Wal.open(new MemoryEnv(env.disk), { ...SMALL, readChunkBytes: 64 })]) {
      for (const [i, size] of sizes.entries()) expect(await opened.read(i + 1)).toEqual(record(i, size));
    }
  });

  test("beyond the limit are refused before anything happens", async () => {
    const env = new MemoryEnv();
    const wal = await Wal.open(env, SMALL);
    const huge = Object.defineProperty(new Uint8Array(0), "length", { value: 0x4000_0000 });
    expect(await errorOf(wal.append(huge))).toMatchObject({ code: "WAL_TOO_LARGE", outcome: "failed" });
    expect(await errorOf(wal.appendBatch([record(1), huge]))).toMatchObject({ code: "WAL_TOO_LARGE" });
    expect(await wal.append(record(1))).toBe(1);
  });

  test("are copied by the append", async () => {
    const wal = await Wal.open(new MemoryEnv(), SMALL);
    const mine = record(3);
    const append = wal.append(mine);
    mine.fill(0);
    await append;
    expect(await wal.read(1)).toEqual(record(3));
  });
});

describe("verify", () => {
  test("tells of a sound log what there is, and changes nothing", async () => {
    const { env, wal } = await filled(30);
    await wal.truncatePrefix(10);
    env.disk.files.set("wal/notes.txt", { bytes: record(1) });
    env.disk.files.set("wal/00000009.wal.tmp", { bytes: record(1) });
    const from = env.disk.calls.length;
    const report = await verify(env, "wal");
    expect(report).toMatchObject({
      problems: [],
      lastLsn: 30,
      provenLsn: 29,
      tornBytes: 0,
      leftovers: ["wal/00000009.wal.tmp"],
      foreign: ["wal/notes.txt"],
    });
    expect(report.segments).toEqual(wal.inspect().segments);
    expect(env.disk.calls.slice(from).filter((call) => !/^(list|open|read)/.test(call))).toEqual([]);
  });

  test("finds all damage, not only the first", async () => {
    const { env, wal } = await filled(30);
    const { segments } = wal.inspect();
    const hit = [0, 2].map((at) => segments[at]!);
    for (const { path } of hit) {
      const { bytes } = env.disk.files.get(path)!;
      bytes[70]! ^= 1;
      bytes[300]! ^= 1;
    }
    env.disk.files.get(segments[1]!.path)!.bytes[8]! ^= 1;
    const { problems } = await verify(env, "wal");
    expect(problems.every((problem) => problem instanceof WalDamagedError)).toBe(true);
    const places = problems.map((problem) => problem.segment);
    for (const { path } of hit)
      expect(places.filter((place) => place === path).length).toBeGreaterThanOrEqual(2);
    expect(places).toContain(segments[1]!.path);
  });

  test("tells a torn tail from damage", async () => {
    const { env, wal } = await filled(3);
    env.disk.files.get(wal.inspect().segments[0]!.path)!.bytes[200]! ^= 1;
    const report = await verify(env, "wal");
    expect([report.problems.length, report.lastLsn, report.tornBytes]).toEqual([0, 2, 72]);
  });
});
