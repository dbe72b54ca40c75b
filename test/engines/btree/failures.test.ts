import { describe, expect, test } from "vitest";
import { BtreeStore, type BtreeOptions } from "#engines/btree/index.js";
import type { DiskErrorCode } from "#engines/env/index.js";
import type { StoreDamagedError } from "#engines/store/index.js";
import type { Operation } from "../support/memory-env.js";
import { errorOf, MemoryDisk } from "../support/memory-env.js";
import {
  LiveEnv,
  TINY,
  UNHURRIED,
  batches,
  entriesAfter,
  entriesOf,
  fill,
  isStoreError,
  keyOf,
  problemsOf,
  valueOf,
} from "./support.js";

const ALL = batches(60, 120);

async function opened(
  options: BtreeOptions,
  count: number,
): Promise<{ env: LiveEnv; store: BtreeStore; disk: MemoryDisk }> {
  const env = new LiveEnv();
  const store = await BtreeStore.open(env, options);
  await fill(store, ALL.slice(0, count));
  return { env, store, disk: env.memory.disk };
}

/** Fails these calls from now on. */
function failing(disk: MemoryDisk, code: DiskErrorCode, path: string, ...operations: Operation[]): void {
  disk.failing = (operation, at) => (at === path && operations.includes(operation) ? code : undefined);
}

function heal(disk: MemoryDisk): void {
  disk.failing = () => undefined;
}

/** Writes one batch after the other from `next` on, until one is refused. */
async function writeUntilRefused(
  store: BtreeStore,
  next: number,
): Promise<{ written: number; error: unknown }> {
  for (let written = next; written < ALL.length; written++) {
    try {
      await store.write(ALL[written]!);
    } catch (error) {
      return { written, error };
    }
  }
  return { written: ALL.length, error: undefined };
}

describe("a full device", () => {
  test("postpones checkpoints, then refuses writes; with space again all goes on", async () => {
    const { env, store, disk } = await opened(TINY, 20);
    failing(disk, "ENOSPC", "db/pages", "write");
    const { written, error } = await writeUntilRefused(store, 20);
    expect(isStoreError(error, "STORE_NO_SPACE")).toBe(true);
    for (const mark of ["btree/checkpoint-postponed", "btree/no-space", "btree/writer-stalled"] as const) {
      expect(env.marks.has(mark)).toBe(true);
    }
    expect(isStoreError(await errorOf(store.flush()), "STORE_NO_SPACE")).toBe(true);
    expect(await entriesOf(store)).toEqual(entriesAfter(ALL, written));
    heal(disk);
    await fill(store, ALL.slice(written));
    expect(await entriesOf(store)).toEqual(entriesAfter(ALL, ALL.length));
    await store.flush();
    expect(await problemsOf(store)).toEqual([]);
    await store.close();
  });

  test("refuses writes where no page can be evicted, and keeps what it has", async () => {
    const { store, disk, env } = await opened(UNHURRIED, 20);
    failing(disk, "EDQUOT", "db/pages", "write");
    const { written, error } = await writeUntilRefused(store, 20);
    expect(isStoreError(error, "STORE_NO_SPACE")).toBe(true);
    expect(env.marks.has("btree/pool-overflow")).toBe(true);
    expect(await entriesOf(store)).toEqual(entriesAfter(ALL, written));
    heal(disk);
    await fill(store, ALL.slice(written));
    expect(await problemsOf(store)).toEqual([]);
    await store.close();
  });

  test("for the log refuses the write alone", async () => {
    const { store, disk } = await opened(UNHURRIED, 20);
    disk.capacityBytes = disk.usedBytes();
    const error = await errorOf(store.write(ALL[20]!));
    expect(isStoreError(error, "STORE_NO_SPACE")).toBe(true);
    disk.capacityBytes = Number.MAX_SAFE_INTEGER;
    expect(await entriesOf(store)).toEqual(entriesAfter(ALL, 20));
    expect(await store.write(ALL[20]!)).toBe(21);
    expect(await entriesOf(store)).toEqual(entriesAfter(ALL, 21));
    await store.close();
  });

  test("at the close is no loss: the log has it all", async () => {
    const { store, disk } = await opened(UNHURRIED, 30);
    failing(disk, "ENOSPC", "db/pages", "write");
    await store.close();
    heal(disk);
    const again = await BtreeStore.open(new LiveEnv(disk), TINY);
    expect(await entriesOf(again)).toEqual(entriesAfter(ALL, 30));
    await again.close();
  });

  test("at the creation leaves nothing that another open minds", async () => {
    for (let room = 0; room < 3000; room += 250) {
      const disk = new MemoryDisk();
      disk.capacityBytes = room;
      const made = await BtreeStore.open(new LiveEnv(disk), TINY).catch((error: unknown) => error);
      if (made instanceof BtreeStore) await made.close();
      else expect(isStoreError(made, "STORE_NO_SPACE")).toBe(true);
      disk.capacityBytes = Number.MAX_SAFE_INTEGER;
      const store = await BtreeStore.open(new LiveEnv(disk), TINY);
      await store.put(keyOf(1), valueOf(1, 1));
      await store.close();
    }
  });
});

describe("a device that fails", () => {
  const WAYS: readonly (readonly [string, Operation])[] = [
    ["to write a page", "write"],
    ["to sync the pages", "sync"],
  ];

  test.each(WAYS)("%s makes the store read-only; nothing acknowledged is lost", async (_, operation) => {
    const { env, store, disk } = await opened(UNHURRIED, 30);
    failing(disk, "EIO", "db/pages", operation);
    expect(isStoreError(await errorOf(store.flush()), "STORE_IO_FAILED")).toBe(true);
    heal(disk);
    // A later success would prove nothing.
    expect(isStoreError(await errorOf(store.flush()), "STORE_READ_ONLY")).toBe(true);
    const refused = await errorOf(store.put(keyOf(1), valueOf(1, 1)));
    expect(isStoreError(refused, "STORE_READ_ONLY")).toBe(true);
    expect(refused).toMatchObject({ outcome: "failed", cause: { code: "STORE_IO_FAILED" } });
    expect(await entriesOf(store)).toEqual(entriesAfter(ALL, 30));
    expect(store.inspect()).toMatchObject({ state: "read-only", checkpointLsn: 1 });
    expect(env.events).toContainEqual({ kind: "btree/read-only", directory: "db", code: "STORE_IO_FAILED" });
    expect(isStoreError(await errorOf(store.close()), "STORE_READ_ONLY")).toBe(true);
    expect(env.timers).toBe(0);
    const again = await BtreeStore.open(new LiveEnv(disk), TINY);
    expect(await entriesOf(again)).toEqual(entriesAfter(ALL, 30));
    await again.close();
  });

  test("to sync for want of space is no better: what was written may be gone", async () => {
    const { store, disk } = await opened(UNHURRIED, 30);
    failing(disk, "ENOSPC", "db/pages", "sync");
    expect(isStoreError(await errorOf(store.flush()), "STORE_IO_FAILED")).toBe(true);
    expect(store.inspect().state).toBe("read-only");
    await errorOf(store.close());
  });

  test("under the log leaves it open what became of the write", async () => {
    const { store, disk } = await opened(UNHURRIED, 10);
    disk.failing = (operation, path) =>
      operation === "sync" && path.startsWith("db/wal/") ? "EIO" : undefined;
    const error = await errorOf(store.write(ALL[10]!));
    expect(error).toMatchObject({ code: "STORE_IO_FAILED", outcome: "unknown" });
    heal(disk);
    expect(isStoreError(await errorOf(store.write(ALL[10]!)), "STORE_READ_ONLY")).toBe(true);
    expect(await entriesOf(store)).toEqual(entriesAfter(ALL, 10));
    await errorOf(store.close());
  });

  test("to read a page is damage there: it fails the read alone; a write that needs it makes the store read-only", async () => {
    const { env, store, disk } = await opened(TINY, ALL.length);
    await store.flush();
    failing(disk, "EIO", "db/pages", "read");
    const unreadable = {
      code: "STORE_DAMAGED",
      outcome: "failed",
      path: "db/pages",
      parts: { found: "a place that can't be read" },
      cause: { code: "EIO" },
    };
    const found = (await errorOf(entriesOf(store))) as StoreDamagedError;
    expect(found).toMatchObject(unreadable);
    expect(found.offset % 512).toBe(0);
    expect(env.marks.has("btree/damage-refused")).toBe(true);
    expect(store.inspect().state).toBe("open");
    const { error } = await writeUntilRefused(store, 0);
    expect(error).toMatchObject(unreadable);
    expect(store.inspect().state).toBe("read-only");
    heal(disk);
    await entriesOf(store);
    await errorOf(store.close());
  });

  test("to read a page at the open is damage, and nothing is changed for it", async () => {
    const { env, store, disk } = await opened(TINY, ALL.length);
    await store.close();
    failing(disk, "EIO", "db/pages", "read");
    expect(await errorOf(BtreeStore.open(env, TINY))).toMatchObject({
      code: "STORE_DAMAGED",
      path: "db/pages",
    });
    // The superblocks can be read, the page of the tree's state can't.
    let reads = 0;
    disk.failing = (operation, path) =>
      path === "db/pages" && operation === "read" && ++reads > 2 ? "EIO" : undefined;
    const error = await errorOf(BtreeStore.open(env, TINY));
    expect(error).toMatchObject({ code: "STORE_DAMAGED", offset: 2 * 512, cause: { code: "EIO" } });
    heal(disk);
    const again = await BtreeStore.open(env, TINY);
    expect(await entriesOf(again)).toEqual(entriesAfter(ALL, ALL.length));
    await again.close();
  });
});

describe("options", () => {
  test("that make no sense are refused", async () => {
    const bad: BtreeOptions[] = [
      { directory: "" },
      { directory: "db", pageBytes: 1000 },
      { directory: "db", pageBytes: 256 },
      { directory: "db", poolBytes: 4096 },
      { directory: "db", checkpointBytes: 0 },
      { directory: "db", snapshotBytes: -1 },
      { directory: "db", eviction: "none" as never },
      { directory: "db", wal: { segmentBytes: 1 } },
    ];
    for (const options of bad) {
      const error = await errorOf(BtreeStore.open(new LiveEnv(), options));
      expect(isStoreError(error, "STORE_BAD_ARGUMENT")).toBe(true);
    }
  });
});
