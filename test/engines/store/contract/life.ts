import { expect, it } from "vitest";
import type { KeyValueStore } from "#engines/store/index.js";
import type { StoreHarness } from "../contract.js";
import { bytes, codeOf, entries, pattern, put, withStore } from "./support.js";

export function lifeContract(harness: StoreHarness): void {
  it("goes on where it was when it is opened again", () =>
    harness.place(async (env) => {
      let last = 0;
      for (let life = 0; life < 4; life++) {
        const store = await harness.open(env);
        const snapshot = store.snapshot();
        expect(snapshot.sequence).toBe(last);
        snapshot.close();
        expect(await entries(store)).toEqual(life === 0 ? [] : [`a=${life - 1}`, ...kept(life)]);
        last = await store.put(bytes("a"), bytes(`${life}`));
        if (life === 2) await store.flush();
        last = await store.put(bytes(`b${life}`), bytes("kept"));
        last = await store.delete(bytes(`b${life - 2}`));
        expect((await store.verify()).problems).toEqual([]);
        await store.close();
      }
    }));

  it("refuses everything once it is closed", () =>
    harness.place(async (env) => {
      const store = await harness.open(env);
      await put(store, "a=1");
      const key = bytes("a");
      await store.close();
      await store.close();
      const calls = [
        () => store.get(key),
        () => store.put(key, key),
        () => store.delete(key),
        () => store.write([{ type: "delete", key }]),
        () => store.snapshot(),
        () => store.iterate(),
        () => store.flush(),
        () => store.verify(),
      ];
      for (const call of calls) expect(await codeOf(call)).toBe("STORE_CLOSED failed");
      // Promises reject; they don't throw.
      await Promise.all([store.flush(), store.verify()].map((call) => call.catch(() => undefined)));
    }));

  it("has its directory for itself", () =>
    harness.place(async (env) => {
      const opening = await Promise.allSettled([harness.open(env), harness.open(env)]);
      const stores = opening.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
      expect(stores.length).toBe(1);
      const store = stores[0]!;
      expect(await codeOf(() => harness.open(env))).toBe("STORE_IN_USE failed");
      await put(store, "a=1");
      const closing = store.close();
      expect(await codeOf(() => harness.open(env))).toBe("STORE_IN_USE failed");
      await closing;
      const again = await harness.open(env);
      expect(await entries(again)).toEqual(["a=1"]);
      await again.close();
    }));

  it("ends behind the calls so far", () =>
    harness.place(async (env) => {
      const store = await harness.open(env);
      const writes = Array.from({ length: 20 }, (_, i) => store.put(bytes(`k${i}`), pattern(i, 200)));
      const closing = store.close();
      const sequences = await Promise.all(writes);
      expect(sequences.at(-1)! - sequences[0]!).toBe(19);
      await closing;
      const again = await harness.open(env);
      expect((await entries(again)).length).toBe(20);
      await again.close();
    }));

  it(
    "holds its own rules, and counts what it did",
    withStore(harness, async (store) => {
      for (let i = 0; i < 200; i++) {
        await store.put(bytes(`key ${(i * 37) % 100}`), pattern(i, (i * 13) % 300));
        if (i % 7 === 0) await store.delete(bytes(`key ${i % 100}`));
        if (i % 60 === 59) await store.flush();
      }
      const live = await entries(store);
      const report = await store.verify();
      expect(report.problems).toEqual([]);
      expect(report.entries).toBe(live.length);
      checkStats(store);
      expect(JSON.parse(JSON.stringify(store.inspect()))).toEqual(store.inspect());
    }),
  );

  it(
    "goes through a flush of nothing, and flushes beside writes",
    withStore(harness, async (store) => {
      await store.flush();
      const work = Array.from({ length: 60 }, (_, i) =>
        i % 10 === 9 ? store.flush() : store.put(bytes(`k${i}`), pattern(i, 100)),
      );
      await Promise.all(work);
      await store.flush();
      expect((await entries(store)).length).toBe(54);
      expect((await store.verify()).problems).toEqual([]);
    }),
  );
}

function kept(life: number): string[] {
  return Array.from({ length: life }, (_, i) => `b${i}=kept`).filter((_, i) => i >= life - 2);
}

function checkStats(store: KeyValueStore): void {
  const { levels, ...figures } = store.stats();
  for (const [name, value] of Object.entries(figures)) {
    expect([name, Number.isSafeInteger(value) && value >= 0]).toEqual([name, true]);
  }
  for (const { name, ...of } of levels) {
    for (const value of Object.values(of))
      expect([name, Number.isSafeInteger(value) && value >= 0]).toEqual([name, true]);
  }
}
