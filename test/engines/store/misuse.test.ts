// What both engines say to options, directories and files that won't do.
import { describe, expect, it } from "vitest";
import { BtreeStore, type BtreeOptions } from "#engines/btree/index.js";
import { DiskError, type Env } from "#engines/env/index.js";
import { LsmStore, type LsmOptions } from "#engines/lsm/index.js";
import { StoreError, toStoreError, type KeyValueStore } from "#engines/store/index.js";
import { WalError } from "#engines/wal/index.js";
import { bytes, codeOf } from "./contract/support.js";
import { PLACES, onFiles, simulated } from "./places.js";

type Open = (env: Env, options: LsmOptions & BtreeOptions) => Promise<KeyValueStore>;

const openLsm: Open = (env, options) => LsmStore.open(env, options);
const openBtree: Open = (env, options) => BtreeStore.open(env, options);

const ENGINES = [
  ["the LSM tree", openLsm, openBtree],
  ["the B-tree", openBtree, openLsm],
] as const;

async function messageOf(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
  } catch (error) {
    if (error instanceof StoreError) return error.message;
    throw error;
  }
  return "no error";
}

describe.each(ENGINES)("%s", (_, open, openOther) => {
  it("refuses options that are none", () =>
    simulated(async (env) => {
      const none = [undefined, null, 5, "db", {}, { directory: 5 }, { directory: null }, { directory: "" }];
      for (const options of none) {
        expect(await codeOf(() => open(env, options as never))).toBe("STORE_BAD_ARGUMENT failed");
      }
    }));

  it.each(PLACES)("makes no store beside one of the other engine, %s", (_place, place) =>
    place(async (env) => {
      const other = await openOther(env, { directory: "db" });
      await other.close();
      expect(await codeOf(() => open(env, { directory: "db" }))).toBe("STORE_BAD_ARGUMENT failed");
      const again = await openOther(env, { directory: "db" });
      await again.put(bytes("a"), bytes("1"));
      await again.close();
      expect(await codeOf(() => open(env, { directory: "db" }))).toBe("STORE_BAD_ARGUMENT failed");
    }),
  );

  it("opens a directory that it could not open before", () =>
    onFiles(async (env) => {
      await (await env.disk.open("db", "create")).close();
      expect(await messageOf(() => open(env, { directory: "db" }))).toContain(
        "ENOTDIR at list db, at db; check",
      );
      expect(await messageOf(() => open(env, { directory: "a/b" }))).toContain(
        "ENOENT at mkdir a/b, at a/b; create",
      );
      expect(await messageOf(() => open(env, { directory: "../b" }))).toContain(
        "EINVAL at mkdir ../b, at ../b; check",
      );
      await env.disk.remove("db");
      await (await open(env, { directory: "db" })).close();
    }));

  it("refuses a second call of an iterator at a time", () =>
    onFiles(async (env) => {
      const tiny = { directory: "db", pageBytes: 512, poolBytes: 16 * 512, blockCacheBytes: 0 };
      const store = await open(env, tiny);
      for (let i = 0; i < 300; i++) await store.put(bytes(`key ${i}`), new Uint8Array(100).fill(i));
      await store.flush();
      const iterator = store.iterate();
      let waited = 0;
      for (;;) {
        const pending = iterator.next();
        if (pending instanceof Promise) {
          waited++;
          expect(await codeOf(() => iterator.next())).toBe("STORE_BAD_ARGUMENT failed");
          expect(await codeOf(() => iterator.seek(bytes("a")))).toBe("STORE_BAD_ARGUMENT failed");
          expect(await codeOf(() => iterator.key)).toBe("STORE_BAD_ARGUMENT failed");
        }
        if (!(await pending)) break;
      }
      expect(waited).toBeGreaterThan(3);
      iterator.close();
      await store.close();
    }));
});

it("an error of the disk says which, at what, and what to do", () => {
  const full = new DiskError("ENOSPC", "write db/1");
  const broken = new DiskError("EIO", "open db/1 (existing) (EMFILE)");
  const parts = { expected: "a", found: "b", where: "db/wal", todo: "c" };
  const ofLog = new WalError("WAL_IO_FAILED", parts, "unknown", broken);
  const message = (error: unknown, outcome: "failed" | "unknown"): string =>
    (toStoreError(error, "db", outcome) as StoreError).message;
  expect(message(broken, "failed")).toBe(
    "STORE_IO_FAILED: expected a working device, found EIO at open db/1 (existing) (EMFILE), at db; close the store, and open it again",
  );
  expect(message(ofLog, "unknown")).toContain("EIO at open db/1 (existing) (EMFILE), at db; close the store");
  expect(message(full, "unknown")).toContain("ENOSPC at write db/1, at db; close the store");
  expect(message(new DiskError("EISDIR", "open db/pages"), "failed")).toContain("at db; check the path");
});
