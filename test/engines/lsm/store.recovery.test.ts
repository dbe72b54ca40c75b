// What an open makes of the files that it finds: crashes are healed, damage is refused, and nothing goes before that.
import { describe, expect, test } from "vitest";
import type { LsmEvent } from "#engines/lsm/index.js";
import { StoreDamagedError } from "#engines/store/index.js";
import { Wal } from "#engines/wal/index.js";
import { Crashed, MemoryDisk, errorOf } from "../support/memory-env.js";
import { TINY, bytes, fill, keyOf, openTiny, problemsOf, testEnv, textAt, type TestEnv } from "./support.js";

/** A store with tables on some levels, a log that holds more, and a manifest of several edits. */
async function usedStore(count = 60): Promise<TestEnv> {
  const env = testEnv();
  const store = await openTiny(env);
  await fill(store, 0, count, "a");
  await store.compact();
  await fill(store, count + 1, count + 3, "a");
  await store.close();
  return env;
}

async function expectWhole(disk: MemoryDisk, count = 63): Promise<TestEnv> {
  const env = testEnv(disk);
  const store = await openTiny(env);
  for (let i = 0; i <= count; i++) expect(await textAt(store, i)).toContain(`a-${i}`);
  expect(await problemsOf(store)).toEqual([]);
  await store.close();
  return env;
}

async function refused(disk: MemoryDisk): Promise<StoreDamagedError> {
  const before = new Map([...disk.files].map(([path, { bytes: content }]) => [path, content.join()]));
  const error = await errorOf(openTiny(testEnv(disk)));
  expect(error).toBeInstanceOf(StoreDamagedError);
  // Nothing was dropped or changed, but for what the log does of its own.
  for (const [path, content] of before) {
    if (!path.startsWith("db/wal/")) expect(disk.files.get(path)?.bytes.join(), path).toBe(content);
  }
  return error as StoreDamagedError;
}

function manifestOf(disk: MemoryDisk): string {
  return [...disk.files.keys()].find((path) => path.includes("MANIFEST"))!;
}

function tablesOf(disk: MemoryDisk): string[] {
  return [...disk.files.keys()].filter((path) => path.endsWith(".sst"));
}

function openedIn(env: TestEnv): LsmEvent & { kind: "lsm/opened" } {
  return env.inner.events.find(({ kind }) => kind === "lsm/opened") as LsmEvent & { kind: "lsm/opened" };
}

describe("a store that is opened again", () => {
  test("has everything, and sequences go on", async () => {
    const env = await expectWhole((await usedStore()).disk);
    const opened = openedIn(env);
    expect(opened.lastSequence).toBe(64);
    expect(opened.recovery.replayedBatches).toBe(3);
    const store = await openTiny(testEnv(env.disk));
    expect(await store.put(keyOf(0), bytes("b"))).toBe(65);
    await store.close();
  });

  test("writes tables already while it replays more than a memtable holds", async () => {
    const env = testEnv();
    const store = await openTiny(env, { memtableBytes: 100_000 });
    await fill(store, 0, 63, "a");
    await store.close();
    const opened = openedIn(await expectWhole(env.disk));
    expect(opened.recovery.flushedTables).toBeGreaterThan(3);
    expect(opened.recovery.replayedBatches).toBe(64);
  });

  test("may die at any call to the disk, again and again", async () => {
    const { disk } = await usedStore();
    disk.files.set("db/000999.sst", { bytes: bytes("an orphan") });
    let deaths = 0;
    for (; ; deaths++) {
      let calls = 0;
      disk.before = () => {
        if (calls++ >= deaths) throw new Crashed();
      };
      const env = testEnv(disk, deaths);
      const error = await openTiny(env, { memtableBytes: 100 }).then(
        async (store) => {
          disk.before = () => undefined;
          await store.close();
          return undefined;
        },
        (found: unknown) => found,
      );
      if (error === undefined) break;
      expect(error).toBeInstanceOf(Crashed);
    }
    expect(deaths).toBeGreaterThan(30);
    await expectWhole(disk);
  });
});

describe("files that nothing knows", () => {
  test("are swept, and no number is given again", async () => {
    const { disk } = await usedStore();
    for (const name of ["000500.sst", "MANIFEST-000700", "CURRENT.tmp"]) {
      disk.files.set(`db/${name}`, { bytes: bytes("left by a crash") });
    }
    disk.files.set("db/notes.txt", { bytes: bytes("not the store's") });
    const env = await expectWhole(disk);
    expect(openedIn(env).recovery.sweptFiles).toBe(4);
    expect(disk.files.has("db/000500.sst")).toBe(false);
    expect(disk.files.has("db/notes.txt")).toBe(true);
    expect(manifestOf(disk)).toBe("db/MANIFEST-000701");
  });

  test("are reported by verify while the store is open", async () => {
    const env = await usedStore();
    const store = await openTiny(testEnv(env.disk));
    env.disk.files.set("db/000500.sst", { bytes: bytes("x") });
    expect(await problemsOf(store)).toEqual(["orphan-file db/000500.sst: nothing knows this file"]);
    await store.close();
  });
});

describe("the creation of a store", () => {
  test("may die at any call to the disk", async () => {
    const disk = new MemoryDisk();
    let deaths = 0;
    for (; ; deaths++) {
      let calls = 0;
      disk.before = () => {
        if (calls++ >= deaths) throw new Crashed();
      };
      const error = await openTiny(testEnv(disk, deaths)).then(
        async (store) => {
          disk.before = () => undefined;
          await store.put(keyOf(0), bytes("a-0"));
          await store.close();
          return undefined;
        },
        (found: unknown) => found,
      );
      if (error === undefined) break;
      expect(error).toBeInstanceOf(Crashed);
    }
    expect(deaths).toBeGreaterThan(15);
    await expectWhole(disk, 0);
  });

  test("is not what lost its CURRENT", async () => {
    const { disk } = await usedStore();
    disk.files.delete("db/CURRENT");
    expect((await refused(disk)).path).toBe("db/CURRENT");
    for (const path of tablesOf(disk)) disk.files.delete(path);
    expect((await refused(disk)).path).toBe("db/CURRENT");
  });
});

describe("the manifest", () => {
  test("may end in the middle of an edit: the log still has what that one brought", async () => {
    const env = testEnv();
    const store = await openTiny(env, { wal: { segmentBytes: 100_000 }, level0Files: 8, slowdownFiles: 8 });
    await fill(store, 0, 9, "a");
    await store.flush();
    const path = manifestOf(env.disk);
    const before = env.disk.files.get(path)!.bytes.length;
    await fill(store, 10, 20, "a");
    await store.flush();
    const content = env.disk.files.get(path)!;
    for (let cut = content.bytes.length - 1; cut > before; cut -= 7) {
      const torn = env.disk.copy();
      torn.files.get(path)!.bytes = content.bytes.slice(0, cut);
      const again = await expectWhole(torn, 20);
      expect(openedIn(again).recovery.tornBytes).toBeGreaterThan(0);
    }
    await store.close();
  });

  test("is damaged where a byte of it is wrong before its last edit", async () => {
    const { disk } = await usedStore();
    const store = await openTiny(testEnv(disk));
    await fill(store, 64, 80, "a");
    await store.flush();
    await store.close();
    const path = manifestOf(disk);
    const { length } = disk.files.get(path)!.bytes;
    for (let at = 0; at < length; at += 5) {
      const bad = disk.copy();
      bad.files.get(path)!.bytes[at]! ^= 0x10;
      const env = testEnv(bad);
      const error = await openTiny(env).then(
        async (opened) => {
          // Only its last edit may be taken for one that a crash cut off; then nothing is missing all the same.
          expect(openedIn(env).recovery.tornBytes).toBeGreaterThan(0);
          expect(await problemsOf(opened)).toEqual([]);
          for (let i = 0; i <= 80; i++) expect(await textAt(opened, i)).toContain(`a-${i}`);
          await opened.close();
          return undefined;
        },
        (found: unknown) => found,
      );
      if (error !== undefined) expect(error).toBeInstanceOf(StoreDamagedError);
      else expect(at).toBeGreaterThan(length / 2);
    }
  });

  test("and CURRENT have to be there, and to be each other's", async () => {
    const { disk } = await usedStore();
    const path = manifestOf(disk);
    const missing = disk.copy();
    missing.files.delete(path);
    expect((await refused(missing)).path).toBe(path);
    const { length } = disk.files.get("db/CURRENT")!.bytes;
    for (let at = 0; at < length; at++) {
      const bad = disk.copy();
      bad.files.get("db/CURRENT")!.bytes[at]! ^= 1;
      expect((await refused(bad)).path).toBe("db/CURRENT");
    }
    const other = await usedStore();
    const foreign = disk.copy();
    const copied = other.disk.files.get(manifestOf(other.disk))!.bytes.slice();
    copied[12]! ^= 1;
    foreign.files.get(path)!.bytes = copied;
    expect((await refused(foreign)).path).toBe(path);
  });
});

describe("tables and the log", () => {
  test("a table that is missing, cut or another one is damage", async () => {
    const { disk } = await usedStore();
    const [path, other] = tablesOf(disk);
    const missing = disk.copy();
    missing.files.delete(path!);
    expect((await refused(missing)).path).toBe(path);
    const cut = disk.copy();
    cut.files.get(path!)!.bytes = disk.files.get(path!)!.bytes.slice(0, -1);
    expect((await refused(cut)).path).toBe(path);
    const swapped = disk.copy();
    swapped.files.get(path!)!.bytes = disk.files.get(other!)!.bytes.slice();
    expect((await refused(swapped)).path).toBe(path);
  });

  test("a log that is gone is damage, and not begun anew", async () => {
    const { disk } = await usedStore();
    const empty = disk.copy();
    for (const path of empty.files.keys()) if (path.startsWith("db/wal/")) empty.files.delete(path);
    expect((await refused(empty)).path).toBe("db/wal");
    empty.directories.delete("db/wal");
    expect((await refused(empty)).path).toBe("db/wal");
  });

  test("a log that lacks what is in no table is damage", async () => {
    const { disk } = await usedStore();
    const wal = await Wal.open(testEnv(disk), { directory: "db/wal", segmentBytes: 1024 });
    await wal.restartAt(64);
    await wal.close();
    expect((await refused(disk)).parts.expected).toBe("records from 62 on");
  });

  test("a log that ends below the tables begins anew behind them", async () => {
    const { disk } = await usedStore();
    const wal = await Wal.open(testEnv(disk), { directory: "db/wal", segmentBytes: 1024 });
    await wal.truncateSuffix(wal.firstLsn);
    expect(wal.lastLsn).toBeLessThan(61);
    await wal.close();
    const env = await expectWhole(disk, 60);
    expect(openedIn(env).recovery.isLogRestarted).toBe(true);
    const store = await openTiny(testEnv(disk));
    expect(await store.put(keyOf(0), bytes("b"))).toBe(62);
    await store.close();
  });

  test("a record that is no batch is damage", async () => {
    const { disk } = await usedStore();
    const wal = await Wal.open(testEnv(disk), { directory: "db/wal", segmentBytes: 1024 });
    await wal.append(bytes("not a batch"));
    await wal.close();
    const error = await errorOf(openTiny(testEnv(disk)));
    expect((error as StoreDamagedError).parts.found).toContain("record 65");
  });
});

test("damage in a table is found by who reads it and by verify, and the rest is served", async () => {
  const { disk } = await usedStore();
  const path = tablesOf(disk)[0]!;
  disk.files.get(path)!.bytes[20]! ^= 4;
  const env = testEnv(disk);
  const store = await openTiny(env, { ...TINY, blockCacheBytes: 0 });
  let damaged = 0;
  for (let i = 0; i <= 63; i++) {
    try {
      expect(await textAt(store, i)).toContain(`a-${i}`);
    } catch (error) {
      expect(error).toBeInstanceOf(StoreDamagedError);
      expect((error as StoreDamagedError).path).toBe(path);
      damaged++;
    }
  }
  expect(damaged).toBeGreaterThan(0);
  expect(damaged).toBeLessThan(10);
  expect(env.inner.events.some(({ kind }) => kind === "lsm/damage")).toBe(true);
  const problems = await problemsOf(store);
  expect(problems.length).toBeGreaterThan(0);
  expect(problems.every((problem) => problem.includes(path))).toBe(true);
  await store.close();
});
