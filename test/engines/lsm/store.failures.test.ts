// Disks that are full or fail: what has not happened is refused, what may have happened ends the writes, reads go on.
import { describe, expect, test } from "vitest";
import { AssertionFailed, DiskError } from "#engines/env/index.js";
import { LsmStore } from "#engines/lsm/index.js";
import { StoreError, type KeyValueStore } from "#engines/store/index.js";
import { Crashed, errorOf } from "../support/memory-env.js";
import {
  TINY,
  bytes,
  fill,
  keyOf,
  openTiny,
  problemsOf,
  testEnv,
  textAt,
  withFiles,
  type TestEnv,
} from "./support.js";

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await errorOf(promise);
  return error instanceof StoreError ? `${error.code} ${error.outcome}` : String(error);
}

/** Puts until one is refused; gives how many were not, and why. */
async function fillUntilRefused(store: KeyValueStore): Promise<{ count: number; code: string }> {
  for (let count = 0; count < 500; count++) {
    try {
      await store.put(keyOf(count), bytes(`value-${count}`));
    } catch (error) {
      return { count, code: error instanceof StoreError ? `${error.code} ${error.outcome}` : String(error) };
    }
  }
  throw new Error("nothing was refused");
}

function kinds({ inner }: TestEnv): Set<string> {
  return new Set(inner.events.map(({ kind }) => kind));
}

const isTable = (path: string): boolean => path.endsWith(".sst");
const isManifest = (path: string): boolean => path.includes("MANIFEST");

describe("where there is no space for tables", () => {
  test.each([
    ["at a write", "write"],
    ["at the sync", "sync"],
    ["at the creation", "open"],
  ] as const)("%s, writes are refused once the memtables are full, and go on later", async (_, failing) => {
    const env = testEnv();
    const store = await openTiny(env);
    env.disk.failing = (operation, path) => (operation === failing && isTable(path) ? "ENOSPC" : undefined);
    const { count, code } = await fillUntilRefused(store);
    expect(code).toBe("STORE_NO_SPACE failed");
    expect(count).toBeGreaterThan(10);
    expect(await codeOf(store.flush())).toBe("STORE_NO_SPACE failed");
    expect(await textAt(store, count - 1)).toBe(`value-${count - 1}`);
    expect(env.inner.marks).toContain("lsm/enospc-flush");
    expect(kinds(env)).toContain("lsm/no-space");
    env.disk.failing = () => undefined;
    await store.flush();
    await fill(store, count, count + 50, "later");
    expect(await problemsOf(store)).toEqual([]);
    for (let i = 0; i < count; i++) expect(await textAt(store, i)).toBe(`value-${i}`);
    await store.close();
  });

  test("a store can be closed, and has everything when it is opened again", async () => {
    const env = testEnv();
    const store = await openTiny(env);
    env.disk.failing = (operation, path) => (operation === "write" && isTable(path) ? "EDQUOT" : undefined);
    const { count } = await fillUntilRefused(store);
    await store.close();
    expect(env.clock.pending).toBe(0);
    env.disk.failing = () => undefined;
    const again = await openTiny(testEnv(env.disk));
    for (let i = 0; i < count; i++) expect(await textAt(again, i)).toBe(`value-${i}`);
    await again.close();
  });
});

test("no space for the manifest takes back the edit, and it is written later", async () => {
  const env = testEnv();
  const store = await openTiny(env);
  await fill(store, 0, 5, "a");
  env.disk.failing = (operation, path) => (operation === "write" && isManifest(path) ? "ENOSPC" : undefined);
  expect(await codeOf(store.flush())).toBe("STORE_NO_SPACE failed");
  env.disk.failing = () => undefined;
  expect(env.inner.marks).toContain("lsm/enospc-manifest");
  expect([...env.disk.files.keys()].filter(isTable)).toEqual([]);
  await store.flush();
  expect(await problemsOf(store)).toEqual([]);
  await store.close();
  const again = await openTiny(testEnv(env.disk));
  expect(again.inspect().logStart).toBe(7);
  await again.close();
});

test("an edit that was written whole, and failed all the same, is gone for good", async () => {
  const env = testEnv();
  let isFailing = false;
  const withFailure = withFiles(env, (file) => ({
    write(offset, content) {
      const taken = file.write(offset, content);
      if (isFailing && isManifest(file.path)) throw new DiskError("ENOSPC", `write ${file.path}`);
      return taken;
    },
  }));
  const store = await openTiny(withFailure);
  await fill(store, 0, 5, "a");
  isFailing = true;
  expect(await codeOf(store.flush())).toBe("STORE_NO_SPACE failed");
  isFailing = false;
  const again = await openTiny(testEnv(env.disk.copy()));
  for (let i = 0; i <= 5; i++) expect(await textAt(again, i)).toContain(`a-${i}`);
  await again.close();
  await store.close();
});

test("no space for a new manifest leaves the old one in use", async () => {
  const env = testEnv();
  const store = await openTiny(env);
  await fill(store, 0, 5, "a");
  env.inner.buggified = (point) => point === "lsm/switch-manifest-early";
  for (const failing of ["open", "write", "sync", "rename"] as const) {
    env.disk.failing = (operation, path) =>
      operation === failing && (isManifest(path) || path.includes("CURRENT")) ? "ENOSPC" : undefined;
    expect(await codeOf(store.flush())).toBe("STORE_NO_SPACE failed");
  }
  env.disk.failing = () => undefined;
  const copy = await openTiny(testEnv(env.disk.copy()));
  expect(await textAt(copy, 5)).toContain("a-5");
  await copy.close();
  await store.flush();
  expect(env.inner.marks).toContain("lsm/manifest-switched-while-open");
  expect(await problemsOf(store)).toEqual([]);
  await store.close();
});

test("no space for a compaction doesn't stop flushes", async () => {
  const env = testEnv();
  const store = await openTiny(env, { slowdownFiles: 40, stopFiles: 40 });
  let tables = 0;
  // Every second table fails: the flushes take the first ones.
  env.disk.failing = (operation, path) => {
    if (operation === "open" && isTable(path) && !env.disk.files.has(path)) tables++;
    return operation === "write" && isTable(path) && tables % 2 === 0 ? "ENOSPC" : undefined;
  };
  for (let i = 0; i < 60; i++) {
    await store.put(keyOf(i), bytes("z".repeat(40))).catch((error: unknown) => {
      expect((error as StoreError).code).toBe("STORE_NO_SPACE");
    });
  }
  env.disk.failing = () => undefined;
  await store.compact();
  expect(await problemsOf(store)).toEqual([]);
  await store.close();
});

describe("after a failure that leaves things unknown", () => {
  test.each([
    ["a table's sync", "sync", isTable],
    ["a table's write", "write", isTable],
    ["the manifest's sync", "sync", isManifest],
    ["the manifest's write", "write", isManifest],
  ] as const)("%s, the store is read-only", async (_, failing, isPath) => {
    const env = testEnv();
    const store = await openTiny(env);
    await fill(store, 0, 5, "a");
    env.disk.failing = (operation, path) => (operation === failing && isPath(path) ? "EIO" : undefined);
    expect(await codeOf(store.flush())).toMatch(/^STORE_(READ_ONLY|IO_FAILED)/);
    env.disk.failing = () => undefined;
    expect(await codeOf(store.put(keyOf(1), bytes("b")))).toBe("STORE_READ_ONLY failed");
    expect(await codeOf(store.flush())).toBe("STORE_READ_ONLY failed");
    expect(await textAt(store, 5)).toContain("a-5");
    expect(store.inspect().state).toBe("read-only");
    expect(kinds(env)).toContain("lsm/read-only");
    await store.close();
    const again = await openTiny(testEnv(env.disk));
    for (let i = 0; i <= 5; i++) expect(await textAt(again, i)).toContain(`a-${i}`);
    expect(await problemsOf(again)).toEqual([]);
    await again.close();
  });

  test("of the log's sync, a write is unknown and those behind it are refused", async () => {
    const env = testEnv();
    const store = await openTiny(env);
    await fill(store, 0, 1, "a");
    env.disk.failing = (operation, path) =>
      operation === "sync" && path.includes(".wal") ? "EIO" : undefined;
    expect(await codeOf(store.put(keyOf(2), bytes("b")))).toBe("STORE_IO_FAILED unknown");
    expect(await codeOf(store.put(keyOf(3), bytes("b")))).toBe("STORE_READ_ONLY failed");
    expect(await textAt(store, 2)).toBe(undefined);
    expect(await codeOf(store.close())).toMatch(/^STORE_IO_FAILED/);
  });
});

test("no space for the log refuses the write, and the store goes on", async () => {
  const env = testEnv();
  const store = await openTiny(env);
  await fill(store, 0, 1, "a");
  env.disk.failing = (operation, path) =>
    operation === "write" && path.includes(".wal") ? "ENOSPC" : undefined;
  expect(await codeOf(store.put(keyOf(2), bytes("b")))).toBe("STORE_NO_SPACE failed");
  env.disk.failing = () => undefined;
  expect(await store.put(keyOf(2), bytes("c"))).toBe(3);
  expect(await textAt(store, 2)).toBe("c");
  await store.close();
});

test("removals that fail are done when the store is opened again", async () => {
  const env = testEnv();
  const store = await openTiny(env);
  env.disk.failing = (operation, path) => (operation === "remove" && isTable(path) ? "EIO" : undefined);
  await fill(store, 0, 60, "a");
  await store.compact();
  expect(await problemsOf(store)).toEqual([]);
  expect(env.inner.marks).toContain("lsm/removal-failed");
  const live = store.inspect().levels.flat().length;
  await store.close();
  expect([...env.disk.files.keys()].filter(isTable).length).toBeGreaterThan(live);
  env.disk.failing = () => undefined;
  const again = await openTiny(testEnv(env.disk));
  expect(await problemsOf(again)).toEqual([]);
  await again.close();
});

test("an open that fails can be tried again", async () => {
  const env = testEnv();
  const store = await openTiny(env);
  await fill(store, 0, 40, "a");
  await store.close();
  for (let failAt = 0; ; failAt++) {
    let calls = 0;
    env.disk.failing = () => (calls++ === failAt ? "EIO" : undefined);
    try {
      const again = await openTiny(testEnv(env.disk));
      if (calls <= failAt) {
        await again.close();
        expect(failAt).toBeGreaterThan(20);
        return;
      }
      // What failed was tolerated: a removal.
      await again.close();
    } catch (error) {
      expect(error instanceof StoreError, String(error)).toBe(true);
    }
    env.disk.failing = () => undefined;
    const good = await openTiny(testEnv(env.disk));
    for (let i = 0; i <= 40; i++) expect(await textAt(good, i)).toContain(`a-${i}`);
    await good.close();
  }
});

/** What stays uncaught while `run` does. */
async function uncaughtIn(run: () => Promise<void>): Promise<unknown[]> {
  const uncaught: unknown[] = [];
  const listener = (error: unknown): void => void uncaught.push(error);
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", listener);
  try {
    await run();
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off("unhandledRejection", listener);
    for (const other of others) process.on("unhandledRejection", other);
  }
  return uncaught;
}

describe("what is no error of the disk", () => {
  test("in the background stays uncaught, ends the writes, and leaves nobody waiting", async () => {
    const env = testEnv();
    const store = await openTiny(env);
    await fill(store, 0, 5, "a");
    const uncaught = await uncaughtIn(async () => {
      env.disk.before = (operation, path) => {
        if (operation === "sync" && isTable(path)) throw new AssertionFailed("a mistake");
      };
      expect(await codeOf(store.flush())).toMatch(/^STORE_READ_ONLY/);
      env.disk.before = () => undefined;
      expect(await codeOf(store.put(keyOf(1), bytes("b")))).toBe("STORE_READ_ONLY failed");
      await store.close();
    });
    expect(uncaught.map((error) => error instanceof AssertionFailed)).toEqual([true]);
  });

  test("ends everything: the dead process asks the disk for nothing more", async () => {
    const env = testEnv();
    const store = await openTiny(env);
    const uncaught = await uncaughtIn(async () => {
      let calls = 0;
      let callsAfter = 0;
      env.disk.before = () => {
        if (++calls <= 30) return;
        callsAfter++;
        throw new Crashed();
      };
      await fillUntilRefused(store).catch(() => undefined);
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
      expect(callsAfter).toBeGreaterThan(0);
      expect(callsAfter).toBeLessThan(10);
    });
    expect(uncaught.length).toBeGreaterThan(0);
    expect(uncaught.every((error) => error instanceof Crashed)).toBe(true);
    env.disk.before = () => undefined;
    const again = await LsmStore.open(testEnv(env.disk.copy()), TINY);
    expect(await problemsOf(again)).toEqual([]);
    await again.close();
  });
});

test("options that make no sense are refused", async () => {
  const env = testEnv();
  for (const options of [
    { memtableBytes: 0 },
    { slowdownFiles: 1 },
    { strategy: "none" as never },
    { directory: "" },
    { wal: { segmentBytes: 1 } },
    { table: { blockBytes: 1 } },
  ]) {
    expect(await codeOf(openTiny(env, options))).toBe("STORE_BAD_ARGUMENT failed");
  }
});
