import { describe, expect, test } from "vitest";
import { Wal, verify } from "#engines/wal/index.js";
import { Crashed, MemoryDisk, MemoryEnv } from "../support/memory-env.js";
import { SMALL, contents, fill, isWalError, leftBehind, record, records } from "./support.js";

/** Opens the log again and again, dying one call to the disk later each time, until it opens. */
async function openDyingEverywhere(disk: MemoryDisk): Promise<{ wal: Wal; deaths: number }> {
  for (let deaths = 0; ; deaths++) {
    let calls = 0;
    disk.before = () => {
      if (calls++ >= deaths) throw new Crashed();
    };
    try {
      const wal = await Wal.open(new MemoryEnv(disk, deaths), SMALL);
      disk.before = () => undefined;
      return { wal, deaths };
    } catch (error) {
      if (!(error instanceof Crashed)) throw error;
    }
  }
}

describe("recovery", () => {
  test("may die at any call to the disk, again and again", async () => {
    const disk = await leftBehind(30);
    const last = [...disk.files.keys()].at(-1)!;
    const content = disk.files.get(last)!;
    content.bytes = content.bytes.slice(0, -3);
    disk.files.set("wal/00000077.wal.tmp", { bytes: record(5) });
    const { wal, deaths } = await openDyingEverywhere(disk);
    expect(deaths).toBeGreaterThan(20);
    expect(await contents(wal)).toEqual(records(1, 29));
    expect(await wal.append(record(30))).toBe(30);
    expect([...disk.files.keys()].some((path) => path.endsWith(".tmp"))).toBe(false);
  });

  test("of a log that never was may die at any call too", async () => {
    const { wal } = await openDyingEverywhere(new MemoryDisk());
    expect(await wal.append(record(1))).toBe(1);
  });
});

/** Runs `cut` on a log of 30 records, dying at each call in turn; gives what the next opening finds. */
async function* dyingDuring(cut: (wal: Wal) => Promise<void>): AsyncGenerator<{ wal: Wal; isDone: boolean }> {
  for (let survived = 0; ; survived++) {
    const env = new MemoryEnv();
    const wal = await Wal.open(env, SMALL);
    await fill(wal, 1, 30);
    let calls = 0;
    env.disk.before = () => {
      if (calls++ >= survived) throw new Crashed();
    };
    // To the log a death is a mistake in the code: whoever waits is told, and the error stays uncaught.
    const died = Symbol("died");
    let isDone = false;
    const unhandled = new Promise<typeof died>((resolve) => {
      const listener = (): void => resolve(died);
      process.once("unhandledRejection", listener);
      setImmediate(() => {
        process.off("unhandledRejection", listener);
      });
    });
    try {
      await cut(wal);
      isDone = true;
    } catch (error) {
      expect(isWalError(error, "WAL_IO_FAILED", "unknown")).toBe(true);
      expect((error as Error).cause).toBeInstanceOf(Crashed);
      expect(await unhandled).toBe(died);
    }
    env.disk.before = () => undefined;
    yield { wal: await Wal.open(new MemoryEnv(env.disk), SMALL), isDone };
    expect((await verify(new MemoryEnv(env.disk), "wal")).problems).toEqual([]);
    if (isDone) return;
  }
}

describe("a process that dies", () => {
  test("in truncateSuffix leaves the old log or the new one", async () => {
    const seen = new Set<number>();
    for await (const { wal, isDone } of dyingDuring((log) => log.truncateSuffix(12))) {
      seen.add(wal.lastLsn);
      expect(await contents(wal)).toEqual(records(1, wal.lastLsn));
      if (isDone) expect(wal.lastLsn).toBe(12);
    }
    expect([...seen].sort((a, b) => a - b)).toEqual([12, 30]);
  });

  test("in truncatePrefix leaves a log that reaches down to where it was cut", async () => {
    const seen = new Set<number>();
    for await (const { wal } of dyingDuring((log) => log.truncatePrefix(20))) {
      seen.add(wal.firstLsn);
      expect(wal.firstLsn).toBeLessThanOrEqual(20);
      expect(await contents(wal)).toEqual(records(wal.firstLsn, 30));
    }
    expect(seen.size).toBeGreaterThan(2);
  });

  test("in restartAt leaves the old log or an empty one", async () => {
    const seen = new Set<number>();
    for await (const { wal, isDone } of dyingDuring((log) => log.restartAt(500))) {
      seen.add(wal.lastLsn);
      expect(await contents(wal)).toEqual(wal.lastLsn === 30 ? records(1, 30) : []);
      if (isDone) expect([wal.firstLsn, wal.lastLsn]).toEqual([500, 499]);
    }
    expect([...seen].sort((a, b) => a - b)).toEqual([30, 499]);
  });
});
