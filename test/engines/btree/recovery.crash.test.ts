import { describe, expect, test } from "vitest";
import { BtreeStore } from "#engines/btree/index.js";
import { Crashed, MemoryDisk } from "../support/memory-env.js";
import {
  LiveEnv,
  TINY,
  UNHURRIED,
  batches,
  entriesAfter,
  entriesOf,
  fill,
  keyOf,
  problemsOf,
  valueOf,
} from "./support.js";

/** Opens the store again and again, dying one call to the disk later each time, until it opens. */
async function openDyingEverywhere(
  disk: MemoryDisk,
): Promise<{ store: BtreeStore; deaths: number; env: LiveEnv }> {
  for (let deaths = 0; ; deaths++) {
    let calls = 0;
    disk.before = () => {
      if (calls++ >= deaths) throw new Crashed();
    };
    const env = new LiveEnv(disk, deaths + 1);
    try {
      const store = await BtreeStore.open(env, TINY);
      disk.before = () => undefined;
      return { store, deaths, env };
    } catch (error) {
      if (!(error instanceof Crashed)) throw error;
    }
  }
}

const ALL = batches(90, 120);

/** What a process leaves that dies in the middle of its work, with a long log. */
async function leftBehind(): Promise<MemoryDisk> {
  const env = new LiveEnv();
  const store = await BtreeStore.open(env, UNHURRIED);
  await fill(store, ALL.slice(0, 25));
  await store.flush();
  await fill(store, ALL.slice(25));
  return env.memory.disk.copy();
}

describe("recovery", () => {
  test("may die at any call to the disk, again and again", async () => {
    const { store, deaths, env } = await openDyingEverywhere(await leftBehind());
    expect(deaths).toBeGreaterThan(25);
    expect(store.inspect().sequence).toBe(ALL.length);
    expect(await entriesOf(store)).toEqual(entriesAfter(ALL, ALL.length));
    expect(await problemsOf(store)).toEqual([]);
    expect(env.marks.has("btree/dirty-page-evicted")).toBe(true);
    await store.put(keyOf(7), valueOf(7, 99));
    await store.close();
  });

  test("of a store that never was may die at any call too", async () => {
    const { store, deaths } = await openDyingEverywhere(new MemoryDisk());
    expect(deaths).toBeGreaterThan(10);
    expect(await store.put(keyOf(1), valueOf(1, 1))).toBe(1);
    expect(await problemsOf(store)).toEqual([]);
    await store.close();
  });

  test("does the log again from the checkpoint on, and needs nothing of the pages that it names", async () => {
    const disk = await leftBehind();
    const pages = disk.files.get("db/pages")!;
    const intact = new LiveEnv(disk.copy());
    const { recovery } = (await BtreeStore.open(intact, TINY)).inspect();
    expect(recovery.replayedRecords).toBe(ALL.length - 25);
    expect(recovery.replayedPages).toBeGreaterThan(5);
    // All that lies behind the superblocks and the state page is gone, or was never written.
    const replayed = recovery.replayedPages;
    pages.bytes = pages.bytes.slice(0, 3 * 512);
    const env = new LiveEnv(disk);
    const store = await BtreeStore.open(env, TINY).catch((error: unknown) => error);
    // Pages that the log doesn't name are missed when they are read, and not before.
    expect(store).toBeInstanceOf(BtreeStore);
    expect((store as BtreeStore).inspect().recovery).toMatchObject({ replayedPages: replayed });
    expect(env.marks.has("btree/page-repaired")).toBe(true);
  });

  test("of a record that outgrew what the writer had room for", async () => {
    const env = new LiveEnv();
    const store = await BtreeStore.open(env, { ...UNHURRIED, poolBytes: 1 << 20 });
    const value = Uint8Array.from({ length: 40_000 }, (_, i) => i % 251);
    await store.write([
      { type: "put", key: keyOf(1), value: valueOf(1, 1) },
      { type: "put", key: keyOf(2), value },
    ]);
    const again = await BtreeStore.open(new LiveEnv(env.memory.disk.copy()), {
      ...UNHURRIED,
      poolBytes: 1 << 20,
    });
    expect(await again.get(keyOf(1))).toEqual(valueOf(1, 1));
    expect(await again.get(keyOf(2))).toEqual(value);
    await again.close();
    await store.close();
  });

  test("writes again what it found in the cache only", async () => {
    const disk = await leftBehind();
    const store = await BtreeStore.open(new LiveEnv(disk), { ...UNHURRIED, poolBytes: 1 << 20 });
    const { pool, recovery } = store.inspect();
    expect(pool.dirtyPages).toBe(recovery.replayedPages);
    await store.flush();
    expect(store.inspect().pool.dirtyPages).toBe(0);
    await store.close();
  });
});

describe("a process that dies", () => {
  test("in a checkpoint, at any call to the disk, leaves all that was acknowledged", async () => {
    const expected = entriesAfter(ALL, 40);
    for (let survived = 0; ; survived++) {
      const env = new LiveEnv();
      const { disk } = env.memory;
      const store = await BtreeStore.open(env, UNHURRIED);
      await fill(store, ALL.slice(0, 40));
      let calls = 0;
      disk.before = () => {
        if (calls++ >= survived) throw new Crashed();
      };
      const seen = listen();
      const isDone = await store.flush().then(
        () => true,
        () => false,
      );
      const uncaught = await seen();
      disk.before = () => undefined;
      expect(uncaught.some((error) => error instanceof Crashed)).toBe(!isDone);
      const again = await BtreeStore.open(new LiveEnv(disk.copy()), TINY);
      expect(await entriesOf(again)).toEqual(expected);
      expect(await problemsOf(again)).toEqual([]);
      if (!isDone) continue;
      expect(survived).toBeGreaterThan(20);
      return;
    }
  });
});

/** The errors that nobody catches, from now on until the result is called. */
function listen(): () => Promise<unknown[]> {
  const errors: unknown[] = [];
  const listener = (error: unknown): void => void errors.push(error);
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", listener);
  return async () => {
    await new Promise((resolve) => void setImmediate(resolve));
    process.off("unhandledRejection", listener);
    for (const other of others) process.on("unhandledRejection", other);
    return errors;
  };
}
