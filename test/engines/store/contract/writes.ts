import { expect, it } from "vitest";
import { compareKeys, type WriteOperation } from "#engines/store/index.js";
import type { StoreHarness } from "../contract.js";
import { bytes, codeOf, entries, pattern, put, text, withStore } from "./support.js";

export function writeContract(harness: StoreHarness): void {
  it(
    "give each batch a sequence above that of the one before",
    withStore(harness, async (store) => {
      const first = await store.put(bytes("a"), bytes("1"));
      const second = await store.delete(bytes("nothing"));
      const third = await store.write([
        { type: "put", key: bytes("b"), value: bytes("2") },
        { type: "delete", key: bytes("a") },
      ]);
      expect(first).toBeGreaterThan(0);
      expect([second, third]).toEqual([first + 1, first + 2]);
      expect(await entries(store)).toEqual(["b=2"]);
    }),
  );

  it(
    "give writes that run together different sequences, in the order of their calls",
    withStore(harness, async (store) => {
      const sequences = await Promise.all(
        Array.from({ length: 64 }, (_, i) => store.put(bytes(`k${i % 8}`), bytes(`${i}`))),
      );
      expect(sequences).toEqual(Array.from({ length: 64 }, (_, i) => sequences[0]! + i));
      expect(await entries(store)).toEqual(Array.from({ length: 8 }, (_, i) => `k${i}=${56 + i}`));
    }),
  );

  it(
    "let the later change of a key count within a batch",
    withStore(harness, async (store) => {
      await put(store, "b=0", "c=0");
      const operation = (key: string, value?: string): WriteOperation =>
        value === undefined
          ? { type: "delete", key: bytes(key) }
          : { type: "put", key: bytes(key), value: bytes(value) };
      await store.write([
        operation("a", "1"),
        operation("a", "2"),
        operation("b", "3"),
        operation("b"),
        operation("c"),
        operation("c", "4"),
      ]);
      expect(await entries(store)).toEqual(["a=2", "c=4"]);
    }),
  );

  it(
    "take empty keys and empty values",
    withStore(harness, async (store) => {
      await store.put(bytes(""), bytes("of the empty key"));
      await store.put(bytes("k"), bytes(""));
      expect(text(await store.get(bytes("")))).toBe("of the empty key");
      expect(await store.get(bytes("k"))).toEqual(new Uint8Array(0));
      expect(await entries(store)).toEqual(["=of the empty key", "k="]);
      await store.delete(bytes(""));
      expect(await entries(store)).toEqual(["k="]);
    }),
  );

  it(
    "take keys up to their limit, and values far larger than any block or page",
    withStore(harness, async (store) => {
      const { keyBytes, valueBytes } = store.limits;
      const long = pattern(1, keyBytes);
      const large = pattern(2, Math.min(valueBytes, 100_000));
      await store.put(long, bytes("long key"));
      await store.put(bytes("large"), large);
      await store.put(long.with(keyBytes - 1, 0), large);
      await store.flush();
      expect(text(await store.get(long))).toBe("long key");
      // `toEqual` takes its time with so many bytes.
      expect(compareKeys((await store.get(bytes("large")))!, large)).toBe(0);
      expect(compareKeys((await store.get(long.with(keyBytes - 1, 0)))!, large)).toBe(0);
      await store.put(bytes("large"), bytes("small"));
      await store.flush();
      expect(text(await store.get(bytes("large")))).toBe("small");
      expect((await store.verify()).problems).toEqual([]);
    }),
  );

  it(
    "are refused whole where they are too large or make no sense",
    withStore(harness, async (store) => {
      const { keyBytes, valueBytes, batchBytes } = store.limits;
      const good: WriteOperation = { type: "put", key: bytes("good"), value: bytes("1") };
      const long = new Uint8Array(keyBytes + 1);
      expect(await codeOf(() => store.put(long, bytes("")))).toBe("STORE_TOO_LARGE failed");
      expect(await codeOf(() => store.delete(long))).toBe("STORE_TOO_LARGE failed");
      expect(await codeOf(() => store.write([good, { type: "delete", key: long }]))).toBe(
        "STORE_TOO_LARGE failed",
      );
      expect(await codeOf(() => store.write([]))).toBe("STORE_BAD_ARGUMENT failed");
      for (const batch of [[null], [undefined], ["put"]]) {
        expect(await codeOf(() => store.write(batch as never))).toBe("STORE_BAD_ARGUMENT failed");
      }
      expect(await codeOf(() => store.put("text" as never, bytes("")))).toBe("STORE_BAD_ARGUMENT failed");
      expect(await codeOf(() => store.put(bytes("k"), undefined as never))).toBe("STORE_BAD_ARGUMENT failed");
      expect(await codeOf(() => store.write([good, { type: "merge" } as never]))).toBe(
        "STORE_BAD_ARGUMENT failed",
      );
      // Where a machine has the memory for it.
      if (valueBytes <= 1 << 20) {
        expect(await codeOf(() => store.put(bytes("k"), new Uint8Array(valueBytes + 1)))).toBe(
          "STORE_TOO_LARGE failed",
        );
      }
      if (batchBytes <= 1 << 22) {
        const each = Math.min(valueBytes, batchBytes);
        const count = Math.trunc(batchBytes / each) + 1;
        const batch = Array.from(
          { length: count },
          () => ({ ...good, value: new Uint8Array(each) }) as const,
        );
        expect(await codeOf(() => store.write(batch))).toBe("STORE_TOO_LARGE failed");
      }
      expect(await entries(store)).toEqual([]);
      await store.write([good]);
      expect(await entries(store)).toEqual(["good=1"]);
    }),
  );

  it(
    "copy what they are given",
    withStore(harness, async (store) => {
      const key = bytes("key");
      const value = bytes("value");
      const written = store.put(key, value);
      key.fill(0);
      value.fill(0);
      await written;
      expect(await entries(store)).toEqual(["key=value"]);
    }),
  );

  it(
    "are seen whole or not at all by whoever looks on",
    withStore(harness, async (store) => {
      const batch = (round: number): WriteOperation[] =>
        ["a", "m", "z"].map((key) => ({ type: "put", key: bytes(key), value: bytes(`${round}`) }));
      for (let round = 1; round <= 40; round++) {
        const writing = store.write(batch(round));
        const values = new Set((await entries(store)).map((entry) => entry.split("=")[1]));
        expect(values.size).toBeLessThanOrEqual(1);
        await writing;
        expect(await entries(store)).toEqual(["a", "m", "z"].map((key) => `${key}=${round}`));
      }
    }),
  );
}
