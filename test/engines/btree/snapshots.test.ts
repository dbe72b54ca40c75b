import { describe, expect, test } from "vitest";
import { BtreeStore, type BtreeOptions } from "#engines/btree/index.js";
import type { StoreIterator } from "#engines/store/index.js";
import { errorOf } from "../support/memory-env.js";
import {
  LiveEnv,
  TINY,
  batches,
  entriesAfter,
  entriesOf,
  fill,
  hex,
  isStoreError,
  keyOf,
  problemsOf,
  valueOf,
} from "./support.js";

const ALL = batches(80, 100);

async function opened(options: BtreeOptions, count: number): Promise<{ env: LiveEnv; store: BtreeStore }> {
  const env = new LiveEnv();
  const store = await BtreeStore.open(env, options);
  await fill(store, ALL.slice(0, count));
  return { env, store };
}

/** Steps, with writes between any two of them, to the end or to the error that ends it. */
async function walkBesideWrites(store: BtreeStore, iterator: StoreIterator, from: number): Promise<string[]> {
  const found: string[] = [];
  for (let next = from; await iterator.next(); next++) {
    found.push(`${hex(iterator.key)}=${hex(iterator.value)}`);
    if (next < ALL.length) await store.write(ALL[next]!);
  }
  return found;
}

describe("a snapshot", () => {
  test("shows its state while the writer publishes others, page by page from the disk", async () => {
    const { env, store } = await opened(TINY, 40);
    const snapshots = [];
    for (let count = 40; count < ALL.length; count += 10) {
      snapshots.push({ snapshot: store.snapshot(), count });
      await fill(store, ALL.slice(count, count + 10));
    }
    for (const { snapshot, count } of snapshots) {
      expect(snapshot.sequence).toBe(count);
      expect(await entriesOf(store, { snapshot })).toEqual(entriesAfter(ALL, count));
      expect(await entriesOf(store, { snapshot, reverse: true })).toEqual(entriesAfter(ALL, count).reverse());
      const map = new Map(entriesAfter(ALL, count).map((entry) => entry.split("=") as [string, string]));
      for (let i = 0; i < 100; i += 9) {
        const value = await store.get(keyOf(i), { snapshot });
        expect(value === undefined ? undefined : hex(value)).toBe(map.get(hex(keyOf(i))));
      }
    }
    expect(env.marks.has("btree/version-read")).toBe(true);
    for (const { snapshot } of snapshots) snapshot.close();
    expect(store.inspect().views).toMatchObject({ held: 0, keptBytes: 0 });
    await store.close();
  });

  test("keeps an iterator going after it was closed, and nothing else", async () => {
    const { store } = await opened(TINY, 40);
    const snapshot = store.snapshot();
    const iterator = store.iterate({ snapshot });
    snapshot.close();
    expect(await walkBesideWrites(store, iterator, 40)).toEqual(entriesAfter(ALL, 40));
    iterator.close();
    const error = await errorOf((async () => store.get(keyOf(1), { snapshot }))());
    expect(isStoreError(error, "STORE_SNAPSHOT_GONE")).toBe(true);
    expect(store.inspect().views.held).toBe(0);
    await store.close();
  });

  test("of another store makes no sense", async () => {
    const { store } = await opened(TINY, 5);
    const { store: other } = await opened(TINY, 5);
    const snapshot = other.snapshot();
    expect(() => store.get(keyOf(1), { snapshot })).toThrow("a snapshot of this store");
    expect(() => store.iterate({ snapshot })).toThrow("a snapshot of this store");
    snapshot.close();
    await other.close();
    await store.close();
  });

  test("is given up at the bound of the memory, the oldest first; the present state is read on", async () => {
    const { env, store } = await opened({ ...TINY, snapshotBytes: 20 * 512 }, 40);
    const oldest = store.snapshot();
    await fill(store, ALL.slice(40, 44));
    const newest = store.snapshot();
    const iterator = store.iterate({ snapshot: oldest });
    expect(await iterator.next()).toBe(true);
    const first = hex(iterator.key);
    for (let i = 0; i < 100 && !env.marks.has("btree/snapshot-given-up"); i++) {
      await store.put(keyOf(i), valueOf(i, 50));
      expect(store.inspect().views.keptBytes).toBeLessThanOrEqual(20 * 512);
    }
    const gone = { kind: "btree/snapshot-given-up", directory: "db", sequence: 40 };
    expect(env.events).toContainEqual(expect.objectContaining(gone));
    const error = await errorOf((async () => store.get(keyOf(3), { snapshot: oldest }))());
    expect(isStoreError(error, "STORE_SNAPSHOT_GONE")).toBe(true);
    // What it stands on stays as it was, however pages are used again.
    await fill(store, ALL.slice(60));
    expect(hex(iterator.key)).toBe(first);
    expect(isStoreError(await errorOf((async () => iterator.next())()), "STORE_SNAPSHOT_GONE")).toBe(true);
    iterator.close();
    oldest.close();
    newest.close();
    expect(await problemsOf(store)).toEqual([]);
    await store.close();
  });
});

describe("reads that have to wait for the device", () => {
  test("see one state while others are published, or begin again with a later one", async () => {
    const { store } = await opened({ ...TINY, snapshotBytes: 0 }, 40);
    for (let round = 40; round < ALL.length; round++) {
      const before = new Map(entriesAfter(ALL, round).map((entry) => entry.split("=") as [string, string]));
      const after = new Map(
        entriesAfter(ALL, round + 1).map((entry) => entry.split("=") as [string, string]),
      );
      const writing = store.write(ALL[round]!);
      const reads = Array.from({ length: 12 }, async (_, i) => {
        const key = keyOf((i * 17 + round) % 100);
        const value = await store.get(key);
        const found = value === undefined ? undefined : hex(value);
        expect([before.get(hex(key)), after.get(hex(key))]).toContain(found);
      });
      await Promise.all([writing, ...reads]);
    }
    expect(store.inspect().views).toMatchObject({ held: 0, keptBytes: 0 });
    await store.close();
  });

  test("of 40 at once share what they read, and give every page back", async () => {
    const { store } = await opened(TINY, 60);
    const expected = new Map(entriesAfter(ALL, 60).map((entry) => entry.split("=") as [string, string]));
    const values = await Promise.all(Array.from({ length: 40 }, async (_, i) => store.get(keyOf(i))));
    values.forEach((value, i) => {
      expect(value === undefined ? undefined : hex(value)).toBe(expected.get(hex(keyOf(i))));
    });
    await store.put(keyOf(1), valueOf(1, 1));
    await store.put(keyOf(2), valueOf(2, 1));
    expect(store.inspect().pool.pages).toBeLessThanOrEqual(16);
    await store.close();
  });
});

describe("the check of the store", () => {
  test("comes to its end beside writers, however small the memory for older pages", async () => {
    const { env, store } = await opened({ ...TINY, snapshotBytes: 0 }, 40);
    const done = { verified: false };
    const verifying = store.verify().finally(() => (done.verified = true));
    for (let round = 40; !done.verified; round++) {
      await store.write(ALL[round % ALL.length]!);
      await env.clock.sleep(0);
    }
    const report = await verifying;
    expect(report.problems).toEqual([]);
    expect(report.checked).toBeGreaterThan(10);
    expect(store.inspect().views.keptBytes).toBe(0);
    await store.close();
  });
});

describe("close", () => {
  test("waits for reads under way; later calls are refused, open iterators too", async () => {
    const { env, store } = await opened(TINY, 60);
    const iterator = store.iterate();
    expect(await iterator.next()).toBe(true);
    const reads = Array.from({ length: 10 }, async (_, i) => store.get(keyOf(i * 9)));
    const writing = store.put(keyOf(5), valueOf(5, 5));
    const closing = store.close();
    expect(closing).toBe(store.close());
    await Promise.all([...reads, writing, closing]);
    expect(() => iterator.next()).toThrow("STORE_CLOSED");
    iterator.close();
    expect(() => store.get(keyOf(1))).toThrow("STORE_CLOSED");
    expect(isStoreError(await errorOf(store.put(keyOf(1), valueOf(1, 1))), "STORE_CLOSED")).toBe(true);
    expect(env.timers).toBe(0);
  });
});
