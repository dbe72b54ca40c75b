// What the log has not made durable yet is in the memtable already, and nobody sees it; nor does it get into a table.
import { expect, test } from "vitest";
import { DiskError, type Env } from "#engines/env/index.js";
import type { LsmStore } from "#engines/lsm/index.js";
import { StoreError, type KeyValueStore } from "#engines/store/index.js";
import { errorOf } from "../support/memory-env.js";
import { bytes, keyOf, openTiny, problemsOf, testEnv, textAt, withFiles, type TestEnv } from "./support.js";

interface Held {
  readonly env: Env;
  /** From now on the log's syncs wait. */
  hold(): void;
  end(error?: DiskError): void;
}

function heldSyncs(env: TestEnv): Held {
  let isHeld = false;
  let waiting: { resolve: () => void; reject: (error: DiskError) => void }[] = [];
  const changed = withFiles(env, (file) => ({
    sync() {
      if (!isHeld || !file.path.includes(".wal")) return file.sync();
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
  }));
  return {
    env: changed,
    hold: () => void (isHeld = true),
    end(error) {
      isHeld = false;
      const all = waiting;
      waiting = [];
      for (const { resolve, reject } of all)
        if (error === undefined) resolve();
        else reject(error);
    },
  };
}

async function turns(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

async function keysOf(store: KeyValueStore): Promise<number> {
  const iterator = store.iterate();
  let keys = 0;
  while (await iterator.next()) keys++;
  iterator.close();
  return keys;
}

/** One key durable, and on its way a new value for it and another key. */
async function underWay(env: TestEnv): Promise<{ store: LsmStore; held: Held; puts: Promise<unknown>[] }> {
  const held = heldSyncs(env);
  const store = await openTiny(held.env, { memtableBytes: 4096 });
  await store.put(keyOf(1), bytes("old"));
  held.hold();
  const puts = [store.put(keyOf(1), bytes("new")), store.put(keyOf(2), bytes("new"))];
  await turns();
  expect(store.inspect().memtables[0]!.entries).toBe(3);
  return { store, held, puts };
}

test("nobody sees it before it is durable, and everybody does then", async () => {
  const env = testEnv();
  const { store, held, puts } = await underWay(env);
  const snapshot = store.snapshot();
  expect(await textAt(store, 1)).toBe("old");
  expect(await store.get(keyOf(2))).toBeUndefined();
  expect(await keysOf(store)).toBe(1);
  expect(store.inspect().lastSequence).toBe(1);
  held.end();
  expect(await Promise.all(puts)).toEqual([2, 3]);
  expect(await textAt(store, 1)).toBe("new");
  expect(await keysOf(store)).toBe(2);
  expect(await store.get(keyOf(2), { snapshot })).toBeUndefined();
  snapshot.close();
  await store.close();
});

test("a flush waits for it", async () => {
  const env = testEnv();
  const { store, held, puts } = await underWay(env);
  const flushed = store.flush();
  await turns();
  expect([...env.disk.files.keys()].some((path) => path.endsWith(".sst"))).toBe(false);
  held.end();
  await Promise.all([...puts, flushed]);
  expect(store.inspect().logStart).toBe(4);
  expect(await problemsOf(store)).toEqual([]);
  await store.close();
});

test("where its sync fails, it is seen by nobody, and no table has it", async () => {
  const env = testEnv();
  const { store, held, puts } = await underWay(env);
  const flushed = errorOf(store.flush());
  const errors = puts.map(errorOf);
  held.end(new DiskError("EIO", "sync"));
  for (const error of await Promise.all(errors)) {
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ code: "STORE_IO_FAILED", outcome: "unknown" });
  }
  expect(await flushed).toMatchObject({ code: "STORE_READ_ONLY" });
  expect(await textAt(store, 1)).toBe("old");
  expect(await keysOf(store)).toBe(1);
  expect(await errorOf(store.put(keyOf(3), bytes("late")))).toMatchObject({ code: "STORE_READ_ONLY" });
  expect([...env.disk.files.keys()].some((path) => path.endsWith(".sst"))).toBe(false);
  await errorOf(store.close());
});
