// Damage is found and not served; a disk that failed ends the log; whatever may be lost is worked out again.
import { describe, expect, test } from "vitest";
import { LOG_SUFFIXES, damageOf } from "./damage.js";
import { Crashed, MemoryEnv, settle, type MemoryDisk } from "../../support/memory-env.js";
import { batch, codeOf, fill, filled, open, recordsIn, rejectionOf, stampOf, values } from "./support.js";

async function closedLog(count = 30): Promise<MemoryDisk> {
  const env = new MemoryEnv();
  const log = await open(env);
  for (let i = 0; i < count; i++) {
    log.appendAsLeader(batch(i, 1, stampOf(9, i)), i >> 3);
    if (i % 3 === 2) await log.flush();
  }
  await log.close();
  return env.disk;
}

describe("a disk that fails", () => {
  test.each(["EIO", "ENOSPC", "EDQUOT"] as const)("with %s at a write ends the log", async (code) => {
    const env = new MemoryEnv();
    const log = await open(env);
    await fill(log, 3);
    env.disk.failing = (operation) => (operation === "write" ? code : undefined);
    expect(codeOf(() => log.appendAsLeader(batch(3), 0))).toBe("STORAGE_ERROR");
    expect(log.logEndOffset).toBe(3);
    env.disk.failing = () => undefined;
    expect(codeOf(() => log.appendAsLeader(batch(3), 0))).toBe("STORAGE_ERROR");
    expect(await rejectionOf(log.flush())).toBe("STORAGE_ERROR");
    expect(await rejectionOf(log.read(0, 1, 3))).toBe("STORAGE_ERROR");
    expect(env.events.filter(({ kind }) => kind === "broker/log-failed")).toHaveLength(1);
    await log.close();
    expect((await open(env)).logEndOffset).toBe(3);
  });

  test.each(["sync", "syncDir", "rename"] as const)("at %s while flushing ends the log", async (failing) => {
    const env = new MemoryEnv();
    const log = await open(env);
    await fill(log, 3);
    env.disk.failing = (operation) => (operation === failing ? "EIO" : undefined);
    log.appendAsLeader(batch(3), 1);
    expect(await rejectionOf(log.flush())).toBe("STORAGE_ERROR");
    expect(log.recoveryPoint).toBe(3);
    env.disk.failing = () => undefined;
    expect(await rejectionOf(log.flush())).toBe("STORAGE_ERROR");
    expect(codeOf(() => log.appendAsLeader(batch(4), 1))).toBe("STORAGE_ERROR");
  });

  test("in the background of a roll ends it too", async () => {
    const env = new MemoryEnv();
    const log = await open(env);
    env.disk.failing = (operation) => (operation === "rename" ? "EIO" : undefined);
    for (let i = 0; i < 8; i++) log.appendAsLeader(batch(i), 0);
    await settle();
    expect(log.failure).toMatchObject({ code: "STORAGE_ERROR" });
  });
});

describe("damage", () => {
  test("to any byte of a segment is never served, nor taken for the log's end", async () => {
    const disk = await closedLog(12);
    for (const path of disk.files.keys()) {
      if (!path.endsWith(".log")) continue;
      for (let at = 0; at < disk.files.get(path)!.bytes.length; at += 7) {
        for (const wasClosedCleanly of [true, false]) {
          const env = new MemoryEnv(damageOf(disk, path, at));
          expect(await outcomeOf(env, wasClosedCleanly)).toBe("LOG_DAMAGED");
        }
      }
    }
  });

  test("to a read that fails is the same", async () => {
    const env = new MemoryEnv(await closedLog());
    const log = await open(env, { wasClosedCleanly: true });
    env.disk.failing = (operation) => (operation === "read" ? "EIO" : undefined);
    expect(await rejectionOf(log.read(0, 1000, 30))).toBe("LOG_DAMAGED");
    expect(log.failure).toMatchObject({ code: "LOG_DAMAGED" });
    expect(codeOf(() => log.appendAsLeader(batch(30), 9))).toBe("LOG_DAMAGED");
  });

  test.each(LOG_SUFFIXES)("to %s files, or their loss, costs nothing", async (suffix) => {
    const disk = await closedLog();
    const paths = [...disk.files.keys()].filter((path) => path.endsWith(suffix));
    expect(paths.length).toBeGreaterThan(0);
    const lost = disk.copy();
    for (const path of paths) lost.files.delete(path);
    const images = [
      lost,
      ...paths.map((path) => damageOf(disk, path, 2)),
      ...paths.map((path) => shorter(disk, path)),
    ];
    for (const image of images) {
      for (const wasClosedCleanly of [true, false]) {
        const log = await open(new MemoryEnv(image.copy()), { wasClosedCleanly });
        expect(values(await recordsIn(log))).toEqual(filled(0, 30));
        expect(log.inspect().epochs.map(({ startOffset }) => startOffset)).toEqual([0, 8, 16, 24]);
        expect(log.producer(9)).toEqual(stampOf(9, 29));
        expect(log.appendAsLeader(batch(26, 1, stampOf(9, 26)), 3).isDuplicate).toBe(true);
        expect(await log.verify()).toEqual([]);
      }
    }
  });

  test("a segment that is missing is noticed", async () => {
    const disk = await closedLog();
    for (const path of [...disk.files.keys()].filter((each) => each.endsWith(".log"))) {
      const image = disk.copy();
      image.files.delete(path);
      expect(await outcomeOf(new MemoryEnv(image), false)).toBe("LOG_DAMAGED");
    }
  });
});

test("recovery may die at any call to the disk, again and again", async () => {
  const env = new MemoryEnv();
  const log = await open(env);
  for (let i = 0; i < 14; i++) {
    log.appendAsLeader(batch(i), i >> 2);
    if (i === 6) await settle();
  }
  // Else it would go on below while others open its files.
  await settle();
  const { disk } = env;
  const last = [...disk.files.keys()].filter((path) => path.endsWith(".log")).at(-1)!;
  disk.files.set(last, { bytes: Uint8Array.from([...disk.files.get(last)!.bytes, 1, 2, 3]) });
  const atFirst = await open(new MemoryEnv(disk.copy()));
  const expected = values(await recordsIn(atFirst));
  for (let deaths = 0; ; deaths++) {
    let calls = 0;
    disk.before = () => {
      if (calls++ >= deaths) throw new Crashed();
    };
    try {
      const again = await open(new MemoryEnv(disk, deaths));
      disk.before = () => undefined;
      expect(values(await recordsIn(again))).toEqual(expected);
      expect(await again.verify()).toEqual([]);
      expect(deaths).toBeGreaterThan(20);
      return;
    } catch (error) {
      if (!(error instanceof Crashed)) throw error;
    }
  }
});

function shorter(disk: MemoryDisk, path: string): MemoryDisk {
  const image = disk.copy();
  image.files.set(path, { bytes: image.files.get(path)!.bytes.slice(0, -1) });
  return image;
}

/** The code of the first error in opening the log and reading all of it. */
async function outcomeOf(env: MemoryEnv, wasClosedCleanly: boolean): Promise<string> {
  return rejectionOf(open(env, { wasClosedCleanly }).then((log) => recordsIn(log)));
}
