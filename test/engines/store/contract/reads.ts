import { expect, it } from "vitest";
import { isPromise } from "#engines/store/index.js";
import type { StoreHarness } from "../contract.js";
import { bytes, codeOf, entries, pattern, put, text, withStore } from "./support.js";

export function readContract(harness: StoreHarness): void {
  it(
    "give what was written last, or nothing",
    withStore(harness, async (store) => {
      expect(await store.get(bytes("a"))).toBeUndefined();
      await put(store, "a=1", "b=2", "a=3");
      await store.delete(bytes("b"));
      expect([text(await store.get(bytes("a"))), await store.get(bytes("b"))]).toEqual(["3", undefined]);
      await store.flush();
      expect([text(await store.get(bytes("a"))), await store.get(bytes("b"))]).toEqual(["3", undefined]);
    }),
  );

  it(
    "cost no promise where the value is in memory",
    withStore(harness, async (store) => {
      await put(store, "a=1");
      const value = store.get(bytes("a"));
      expect(isPromise(value)).toBe(false);
      expect(isPromise(store.get(bytes("b")))).toBe(false);
    }),
  );

  it(
    "give bytes that belong to the caller",
    withStore(harness, async (store) => {
      await store.put(bytes("a"), pattern(1, 3_000));
      for (const flushed of [false, true]) {
        if (flushed) await store.flush();
        (await store.get(bytes("a")))!.fill(0);
        expect(await store.get(bytes("a"))).toEqual(pattern(1, 3_000));
      }
    }),
  );

  it(
    "of a snapshot show the state it was taken of, whatever comes after",
    withStore(harness, async (store) => {
      await put(store, "a=1", "b=2", "c=3");
      const snapshot = store.snapshot();
      const later = await store.put(bytes("a"), bytes("4"));
      expect(snapshot.sequence).toBe(later - 1);
      await store.delete(bytes("b"));
      await put(store, "d=5");
      for (let round = 0; round < 3; round++) {
        expect(text(await store.get(bytes("a"), { snapshot }))).toBe("1");
        expect(text(await store.get(bytes("b"), { snapshot }))).toBe("2");
        expect(await store.get(bytes("d"), { snapshot })).toBeUndefined();
        expect(await entries(store, { snapshot })).toEqual(["a=1", "b=2", "c=3"]);
        expect(await entries(store, { snapshot, reverse: true })).toEqual(["c=3", "b=2", "a=1"]);
        await store.flush();
        for (let i = 0; i < 30; i++) await put(store, `a=${i}`, `e${i}=${i}`);
      }
      const now = store.snapshot();
      expect(now.sequence).toBeGreaterThan(snapshot.sequence);
      expect(text(await store.get(bytes("a"), { snapshot: now }))).toBe("29");
      now.close();
      snapshot.close();
    }),
  );

  it(
    "of a snapshot that was closed are refused, but iterators that were begun go on",
    withStore(harness, async (store) => {
      await put(store, "a=1", "b=2");
      const snapshot = store.snapshot();
      const iterator = store.iterate({ snapshot });
      snapshot.close();
      snapshot.close();
      await put(store, "a=3", "b=4");
      await store.flush();
      expect(await iterator.next()).toBe(true);
      expect(text(iterator.value)).toBe("1");
      expect(await iterator.next()).toBe(true);
      expect(text(iterator.value)).toBe("2");
      iterator.close();
      expect(await codeOf(() => store.get(bytes("a"), { snapshot }))).toBe("STORE_SNAPSHOT_GONE failed");
      expect(await codeOf(() => store.iterate({ snapshot }))).toBe("STORE_SNAPSHOT_GONE failed");
    }),
  );

  it(
    "of an empty store's snapshot find nothing",
    withStore(harness, async (store) => {
      const snapshot = store.snapshot();
      expect(snapshot.sequence).toBe(0);
      await put(store, "a=1");
      expect(await entries(store, { snapshot })).toEqual([]);
      snapshot.close();
    }),
  );
}
