import { expect, it } from "vitest";
import type { KeyValueStore, Range } from "#engines/store/index.js";
import type { StoreHarness } from "../contract.js";
import { bytes, codeOf, entries, put, text, withStore } from "./support.js";

async function keys(store: KeyValueStore, range: Range): Promise<string> {
  return (await entries(store, range)).map((entry) => entry.split("=")[0]).join("");
}

export function iteratorContract(harness: StoreHarness): void {
  it(
    "walk the keys byte by byte, unsigned; a prefix comes first",
    withStore(harness, async (store) => {
      const sorted = [[], [0], [0, 0], [0, 255], [1], [127], [128], [255], [255, 0], [255, 255]];
      for (const key of [7, 2, 9, 0, 4, 1, 8, 3, 6, 5])
        await store.put(new Uint8Array(sorted[key]!), bytes(`${key}`));
      for (const flushed of [false, true]) {
        if (flushed) await store.flush();
        const forwards = (await entries(store)).map((entry) => entry.at(-1)).join("");
        const backwards = (await entries(store, { reverse: true })).map((entry) => entry.at(-1)).join("");
        expect([forwards, backwards]).toEqual(["0123456789", "9876543210"]);
      }
    }),
  );

  it(
    "keep to their bounds, both ways",
    withStore(harness, async (store) => {
      await put(store, "b=1", "d=2", "f=3", "h=4");
      for (const flushed of [false, true]) {
        if (flushed) await store.flush();
        const at = async (range: Range): Promise<string> =>
          `${await keys(store, range)} ${await keys(store, { ...range, reverse: true })}`;
        expect(await at({})).toBe("bdfh hfdb");
        expect(await at({ gte: bytes("d") })).toBe("dfh hfd");
        expect(await at({ gt: bytes("d") })).toBe("fh hf");
        expect(await at({ lt: bytes("f") })).toBe("bd db");
        expect(await at({ lte: bytes("f") })).toBe("bdf fdb");
        expect(await at({ gte: bytes("c"), lte: bytes("g") })).toBe("df fd");
        expect(await at({ gt: bytes("b"), lt: bytes("h") })).toBe("df fd");
        expect(await at({ gte: bytes("d"), lte: bytes("d") })).toBe("d d");
        expect(await at({ gt: bytes("d"), lte: bytes("d") })).toBe(" ");
        expect(await at({ gte: bytes("g"), lt: bytes("c") })).toBe(" ");
        expect(await at({ gt: bytes("h") })).toBe(" ");
        expect(await at({ lt: bytes("") })).toBe(" ");
        expect(await at({ gte: bytes("") })).toBe("bdfh hfdb");
      }
    }),
  );

  it(
    "refuse two bounds on one side",
    withStore(harness, async (store) => {
      const key = bytes("a");
      expect(await codeOf(() => store.iterate({ gt: key, gte: key }))).toBe("STORE_BAD_ARGUMENT failed");
      expect(await codeOf(() => store.iterate({ lt: key, lte: key }))).toBe("STORE_BAD_ARGUMENT failed");
      for (const range of [{ gte: 1 }, { gte: null }, { gt: null, lte: key }, null, "a"]) {
        expect(await codeOf(() => store.iterate(range as never))).toBe("STORE_BAD_ARGUMENT failed");
      }
    }),
  );

  it(
    "show the state at their beginning, whatever is written meanwhile",
    withStore(harness, async (store) => {
      await put(store, "a=1", "c=2", "e=3", "g=4");
      for (const reverse of [false, true]) {
        const expected = await entries(store, { reverse });
        const iterator = store.iterate({ reverse });
        const found: string[] = [];
        let round = 0;
        while (await iterator.next()) {
          found.push(`${text(iterator.key)}=${text(iterator.value)}`);
          await put(store, "a=9", "b=9", "f=9", "g=9");
          await store.delete(bytes(reverse ? "a" : "g"));
          await store.delete(bytes("c"));
          if (round++ === 1) await store.flush();
        }
        iterator.close();
        expect(found).toEqual(expected);
      }
    }),
  );

  it(
    "go on from a key, forward or back, within their bounds",
    withStore(harness, async (store) => {
      await put(store, "b=1", "d=2", "f=3", "h=4", "j=5");
      for (const flushed of [false, true]) {
        if (flushed) await store.flush();
        const forwards = store.iterate({ gte: bytes("d"), lt: bytes("j") });
        const backwards = store.iterate({ gte: bytes("d"), lt: bytes("j"), reverse: true });
        const at = async (iterator: typeof forwards, key: string): Promise<string | undefined> => {
          iterator.seek(bytes(key));
          return (await iterator.next()) ? text(iterator.key) : undefined;
        };
        const asked = ["f", "e", "a", "h", "i", "d", "j", "z", "g"];
        const up = [];
        for (const key of asked) up.push(await at(forwards, key));
        expect(up).toEqual(["f", "f", "d", "h", undefined, "d", undefined, undefined, "h"]);
        const down = [];
        for (const key of asked) down.push(await at(backwards, key));
        expect(down).toEqual(["f", "d", undefined, "h", "h", "d", "h", "h", "f"]);
        expect([await backwards.next(), text(backwards.key), await backwards.next()]).toEqual([
          true,
          "d",
          false,
        ]);
        forwards.close();
        backwards.close();
      }
    }),
  );

  it(
    "are over at the end for good, and need not be walked to it",
    withStore(harness, async (store) => {
      await put(store, "a=1", "b=2");
      const iterator = store.iterate();
      while (await iterator.next()) await put(store, "c=3");
      expect([await iterator.next(), await iterator.next()]).toEqual([false, false]);
      iterator.close();
      iterator.close();
      const other = store.iterate();
      expect(await other.next()).toBe(true);
      other.close();
      const unused = store.iterate({ reverse: true });
      unused.close();
    }),
  );

  it(
    "refuse what makes no sense, and go on",
    withStore(harness, async (store) => {
      await put(store, "a=1", "b=2");
      const iterator = store.iterate();
      const refused = "STORE_BAD_ARGUMENT failed";
      const hasNoEntry = async (): Promise<void> => {
        expect(await codeOf(() => iterator.key)).toBe(refused);
        expect(await codeOf(() => iterator.value)).toBe(refused);
      };
      await hasNoEntry();
      for (const key of ["a", null, undefined, 1]) {
        expect(await codeOf(() => iterator.seek(key as never))).toBe(refused);
      }
      expect([await iterator.next(), text(iterator.key)]).toEqual([true, "a"]);
      expect([await iterator.next(), text(iterator.key)]).toEqual([true, "b"]);
      expect(await iterator.next()).toBe(false);
      await hasNoEntry();
      iterator.seek(bytes("a"));
      await hasNoEntry();
      expect(await iterator.next()).toBe(true);
      iterator.seek(bytes("b"));
      await hasNoEntry();
      expect([await iterator.next(), text(iterator.key)]).toEqual([true, "b"]);
      iterator.close();
      await hasNoEntry();
      // Not false, as if this were the end.
      expect(await codeOf(() => iterator.next())).toBe("STORE_SNAPSHOT_GONE failed");
    }),
  );

  it(
    "copy their bounds",
    withStore(harness, async (store) => {
      await put(store, "a=1", "b=2", "c=3");
      const lower = bytes("b");
      const iterator = store.iterate({ gte: lower });
      lower.fill(0);
      expect(await iterator.next()).toBe(true);
      expect(text(iterator.key)).toBe("b");
      const to = bytes("c");
      iterator.seek(to);
      to.fill(0);
      expect(await iterator.next()).toBe(true);
      expect(text(iterator.key)).toBe("c");
      iterator.close();
    }),
  );
}
