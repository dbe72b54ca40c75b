// Back-pressure: however fast the writers, memory keeps to its limits, and everybody gets an answer.
import { expect, test } from "vitest";
import type { Env } from "#engines/env/index.js";
import {
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

const VALUE = "v".repeat(50);

/** A table's sync takes a while. */
function withSlowTables(env: TestEnv): Env {
  return withFiles(env, (file) => {
    if (!file.path.endsWith(".sst")) return {};
    const sync = async (): Promise<void> => {
      await env.clock.sleep(20_000);
      await file.sync();
    };
    return { sync };
  });
}

test("writers that don't wait are held back, in the order of their calls", async () => {
  const env = testEnv();
  const options = { memtableBytes: 2000, slowdownFiles: 3, stopFiles: 4 };
  const store = await openTiny(withSlowTables(env), options);
  let largestBytes = 0;
  const look = (): void => {
    const { memtables, levels } = store.inspect();
    const sum = memtables.reduce((all, each) => all + each.bytes, 0);
    largestBytes = Math.max(largestBytes, sum);
    expect(levels[0]!.length).toBeLessThanOrEqual(options.stopFiles + 3);
  };
  const writes = Array.from({ length: 400 }, async (_, i) => {
    const sequence = await store.put(keyOf((i * 37) % 200), bytes(`${i}${VALUE}`));
    look();
    return sequence;
  });
  expect(await Promise.all(writes)).toEqual(writes.map((_, i) => i + 1));
  // Three memtables, and what the log may have under way when the last one is full.
  expect(largestBytes).toBeLessThan(5 * options.memtableBytes);
  expect(largestBytes).toBeGreaterThan(2 * options.memtableBytes);
  expect(store.stats().stalledWrites).toBeGreaterThan(100);
  for (let i = 0; i < 20; i++) await store.put(keyOf(i), bytes(VALUE.repeat(10)));
  expect([...env.inner.marks]).toEqual(expect.arrayContaining(["lsm/stalled-memtables", "lsm/slowed"]));
  expect(await problemsOf(store)).toEqual([]);
  await store.close();
  expect(env.clock.pending).toBe(0);
});

test("a writer that never leaves the microtasks lets compactions work", async () => {
  const env = testEnv();
  const store = await openTiny(env, {
    policy: { kind: "none" },
    memtableBytes: 16 * 1024,
    tableBytes: 16 * 1024,
    level1Bytes: 64 * 1024,
    table: {},
    wal: { segmentBytes: 1 << 20 },
    level0Files: 4,
    slowdownFiles: 30,
    stopFiles: 30,
  });
  const value = bytes(VALUE.repeat(6));
  for (let i = 0; i < 1500; i++) await store.put(keyOf((i * 7919) % 10_000), value);
  expect(store.inspect().levels[1]!.length).toBeGreaterThan(0);
  expect(store.inspect().levels[0]!.length).toBeLessThan(30);
  await store.close();
});

test("a compaction gives way to flushes, and is given up by a close", async () => {
  const env = testEnv();
  const options = { tableBytes: 300, slowdownFiles: 40, stopFiles: 40 };
  const store = await openTiny(env, options);
  await fill(store, 0, 200, "a");
  const compacting = store.compact();
  for (let i = 0; i < 100; i++) await store.put(keyOf(i), bytes(VALUE));
  await compacting;
  expect(env.inner.marks).toContain("lsm/compaction-gave-way-to-flush");
  // The close comes while the second of its tables is begun.
  let tables = 0;
  let closing: Promise<void> | undefined;
  await fill(store, 0, 60, "b");
  env.disk.before = (operation, path) => {
    if (operation === "open" && path.endsWith(".sst") && ++tables === 6) closing = store.close();
  };
  await fill(store, 100, 160, "c").catch(() => undefined);
  await closing;
  expect(closing).toBeDefined();
  expect(env.inner.marks).toContain("lsm/compaction-interrupted");
  env.disk.before = () => undefined;
  const again = await openTiny(testEnv(env.disk), options);
  expect(await problemsOf(again)).toEqual([]);
  for (let i = 0; i <= 60; i++) expect(await textAt(again, i)).toContain(`b-${i}`);
  await again.close();
});
