import { describe, expect, test } from "vitest";
import { Wal, verify, type WalOptions } from "#engines/wal/index.js";
import { MemoryEnv, errorOf, type MemoryDisk } from "../support/memory-env.js";
import { SMALL, contents, fill, record, records } from "./support.js";

const ONE: WalOptions = { directory: "wal", segmentBytes: 1 << 16, indexEveryBytes: 128 };
const SEGMENT = "wal/00000001.wal";

/** One segment whose records were acknowledged unsynced: nothing in it proves anything durable. */
async function unsynced(count: number, options: WalOptions = ONE): Promise<MemoryDisk> {
  const env = new MemoryEnv();
  await fill(await Wal.open(env, { ...options, policy: { kind: "none" } }), 1, count);
  return env.disk;
}

/** Where each batch of the only segment begins, and the end. */
function offsets(count: number): number[] {
  const result = [64];
  for (let i = 1; i <= count; i++) {
    result.push(result.at(-1)! + Math.ceil((44 + record(i).length) / 8) * 8);
  }
  return result;
}

describe("a torn tail", () => {
  test("is cut wherever the file ends, at the last whole batch", async () => {
    const original = await unsynced(10);
    const starts = offsets(10);
    for (let size = 64; size <= starts[10]!; size++) {
      const disk = original.copy();
      const content = disk.files.get(SEGMENT)!;
      content.bytes = content.bytes.slice(0, size);
      const whole = starts.findLastIndex((start) => start <= size);
      const env = new MemoryEnv(disk);
      const wal = await Wal.open(env, ONE);
      expect(await contents(wal)).toEqual(records(1, whole));
      expect(wal.durableLsn).toBe(whole);
      const isTorn = size !== starts[whole];
      expect(env.marks.has("wal/torn-tail-cut")).toBe(isTorn);
      expect(wal.inspect().recovery.cutBytes).toBe(size - starts[whole]!);
      expect(await wal.append(record(99))).toBe(whole + 1);
    }
  });

  test("is cut at a hole, and the valid batches behind it never come back", async () => {
    const disk = await unsynced(10);
    const starts = offsets(10);
    const { bytes } = disk.files.get(SEGMENT)!;
    bytes.fill(0, starts[4], starts[5]);
    let env = new MemoryEnv(disk);
    let wal = await Wal.open(env, ONE);
    expect(await contents(wal)).toEqual(records(1, 4));
    expect(env.marks).toContain("wal/hole-with-valid-behind");
    // A record that fills the hole exactly, so that the old batches would follow it.
    await wal.append(record(5).fill(0xaa));
    for (let round = 0; round < 3; round++) {
      env = new MemoryEnv(disk, round);
      wal = await Wal.open(env, ONE);
      expect(await contents(wal)).toEqual([...records(1, 4), record(5).fill(0xaa)]);
    }
  });

  test("is cut at every single hole", async () => {
    const original = await unsynced(10);
    const starts = offsets(10);
    for (let hole = 0; hole < 10; hole++) {
      const disk = original.copy();
      disk.files.get(SEGMENT)!.bytes[starts[hole]! + 44]! ^= 0xff;
      // The first record is empty: its first payload byte is padding, which the CRC covers too.
      expect(await contents(await Wal.open(new MemoryEnv(disk), ONE))).toEqual(records(1, hole));
    }
  });

  test("of zeros is no tail: a preallocated segment ends where its batches do", async () => {
    const options = { ...ONE, segmentBytes: 1 << 12, preallocate: true };
    const disk = await unsynced(10, options);
    expect(disk.files.get(SEGMENT)!.bytes.length).toBe(1 << 12);
    const wal = await Wal.open(new MemoryEnv(disk), options);
    expect(await contents(wal)).toEqual(records(1, 10));
    expect(wal.inspect().recovery.cutBytes).toBe(0);
  });

  test("in a segment that holds nothing else is given up with it", async () => {
    const env = new MemoryEnv();
    await (await Wal.open(env, ONE)).close();
    const content = env.disk.files.get(SEGMENT)!;
    content.bytes = Uint8Array.from([...content.bytes, 1, 2, 3]);
    const wal = await Wal.open(env, ONE);
    expect(await wal.append(record(1))).toBe(1);
    expect(await contents(wal)).toEqual([record(1)]);
    expect([...env.disk.files.keys()]).toEqual(["wal/00000002.wal"]);
  });
});

describe("a bad batch is damage", () => {
  test("exactly where a batch behind it proves that it was durable", async () => {
    const env = new MemoryEnv();
    const wal = await Wal.open(env, { ...ONE, policy: { kind: "none" } });
    await fill(wal, 1, 3);
    await wal.sync();
    await fill(wal, 4, 8);
    const starts = offsets(8);
    for (let hole = 0; hole < 8; hole++) {
      const disk = env.disk.copy();
      disk.files.get(SEGMENT)!.bytes[starts[hole]! + 44]! ^= 0xff;
      const opened = await Wal.open(new MemoryEnv(disk), ONE).catch((error: unknown) => error);
      // Batches 4 to 8 were written when 3 was known to be durable.
      if (hole < 3)
        expect(opened).toMatchObject({ code: "WAL_DAMAGED", lsn: hole + 1, offset: starts[hole] });
      else expect(await contents(opened as Wal)).toEqual(records(1, hole));
    }
  });
});

describe("what is accepted and not proven durable", () => {
  test("goes to a new segment as a whole where the last one is short", async () => {
    const disk = await unsynced(10);
    const env = new MemoryEnv(disk);
    const wal = await Wal.open(env, ONE);
    expect(wal.inspect().recovery).toMatchObject({ rewrittenRecords: 10, cutBytes: 0 });
    expect([...disk.files.keys()]).toEqual(["wal/00000002.wal"]);
    expect(env.marks).toContain("wal/rewrite-on-recovery");
    const before = disk.calls.indexOf("sync wal/00000002.wal.tmp");
    expect(before).toBeGreaterThan(disk.calls.lastIndexOf("write wal/00000002.wal.tmp"));
    expect(disk.calls.indexOf("rename wal/00000002.wal.tmp")).toBeGreaterThan(before);
  });

  test("goes alone where it is not, and the rest stays", async () => {
    const options = { ...SMALL, policy: { kind: "group" } } as const;
    const env = new MemoryEnv();
    await fill(await Wal.open(env, options), 1, 6);
    const wal = await Wal.open(new MemoryEnv(env.disk), options);
    expect(wal.inspect().recovery.rewrittenRecords).toBe(1);
    expect(wal.inspect().segments).toMatchObject([
      { number: 1, firstLsn: 1, lastLsn: 5 },
      { number: 2, kind: "truncate", firstLsn: 6, lastLsn: 6 },
    ]);
    expect(await contents(wal)).toEqual(records(1, 6));
  });

  test("is proven then: opening again finds nothing to do", async () => {
    const disk = await unsynced(10);
    await Wal.open(new MemoryEnv(disk), ONE);
    const before = disk.copy();
    const env = new MemoryEnv(disk);
    const wal = await Wal.open(env, ONE);
    expect(disk.files).toEqual(before.files);
    expect(wal.inspect().recovery.rewrittenRecords).toBe(0);
    expect((await verify(new MemoryEnv(disk), "wal")).provenLsn).toBe(10);
  });

  // After a failed sync the cache may hold it and drop it between two reads.
  test("and is gone when it is read again to be copied ends the log before it", async () => {
    const disk = await unsynced(10);
    let reads = 0;
    disk.before = (operation) => {
      if (operation === "read" && ++reads === 3) disk.files.get(SEGMENT)!.bytes.fill(0, offsets(10)[6]);
    };
    const env = new MemoryEnv(disk);
    expect(await contents(await Wal.open(env, ONE))).toEqual(records(1, 6));
    expect(env.marks).toContain("wal/tail-vanished");
  });

  test("is not copied beside a proven record that is bad when it is read again", async () => {
    const env = new MemoryEnv();
    const wal = await Wal.open(env, { ...ONE, policy: { kind: "none" } });
    await fill(wal, 1, 5);
    await wal.sync();
    await fill(wal, 6, 8);
    let reads = 0;
    env.disk.before = (operation) => {
      if (operation === "read" && ++reads === 3) env.disk.files.get(SEGMENT)!.bytes[70]! ^= 1;
    };
    const error = await errorOf(Wal.open(new MemoryEnv(env.disk), ONE));
    expect(error).toMatchObject({ code: "WAL_DAMAGED", lsn: 1 });
    expect([...env.disk.files.keys()]).toEqual([SEGMENT]);
  });
});

test("segments do not pile up where a log is opened often and grows little", async () => {
  const env = new MemoryEnv();
  for (let i = 1; i <= 50; i++) {
    const wal = await Wal.open(env, ONE);
    await wal.append(record(i));
    await wal.close();
  }
  expect(env.disk.files.size).toBe(1);
  expect(await contents(await Wal.open(env, ONE))).toEqual(records(1, 50));
});

describe("opening", () => {
  test("makes the names that it found durable before it removes what they stand for", async () => {
    const disk = await unsynced(3);
    disk.files.set("wal/00000077.wal.tmp", { bytes: new Uint8Array(3) });
    const from = disk.calls.length;
    await Wal.open(new MemoryEnv(disk), ONE);
    const calls = disk.calls.slice(from);
    const removal = calls.indexOf("remove wal/00000077.wal.tmp");
    expect(removal).toBeGreaterThan(-1);
    const listed = calls.indexOf("list wal");
    expect(calls.slice(listed, removal)).toContain("syncDir wal");
    expect(calls[removal + 1]).toBe("syncDir wal");
  });
});

test("a record behind a good batch of the same index entry is damage where its own batch is bad", async () => {
  const env = new MemoryEnv();
  const wal = await Wal.open(env, { ...ONE, indexEveryBytes: 1 << 16 });
  await fill(wal, 1, 5);
  const at = offsets(5)[2]!;
  env.disk.files.get(SEGMENT)!.bytes[at + 50]! ^= 1;
  for (const lsn of [3, 4]) {
    expect(await errorOf(wal.read(lsn))).toMatchObject({ code: "WAL_DAMAGED", offset: at, lsn: 3 });
  }
  expect(await wal.read(2)).toEqual(record(2));
});
