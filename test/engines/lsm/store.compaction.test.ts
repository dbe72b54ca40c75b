// Compactions: no read ever tells that one took place, and what nobody can see is gone.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Retention, OlderLists, ANY_OLDER } from "#engines/lsm/compaction/retention.js";
import { PUT, TOMBSTONE, type Cursor } from "#engines/lsm/cursor.js";
import type { LsmEvent, LsmStore } from "#engines/lsm/index.js";
import { tableName } from "#engines/lsm/names.js";
import { Memtable } from "#engines/lsm/memtable/index.js";
import { bytes, fill, keyOf, openTiny, problemsOf, rest, testEnv, textAt, type TestEnv } from "./support.js";

function tables(store: LsmStore): number[] {
  return store.inspect().levels.map((files) => files.length);
}

function entries(store: LsmStore): number {
  return store
    .inspect()
    .levels.flat()
    .reduce((sum, { entries: count }) => sum + count, 0);
}

function filesOf(env: TestEnv): string[] {
  return [...env.disk.files.keys()].filter((path) => path.endsWith(".sst"));
}

function compactions(env: TestEnv): (LsmEvent & { kind: "lsm/compacted" })[] {
  return env.inner.events.filter(({ kind }) => kind === "lsm/compacted") as never;
}

describe.each(["leveled", "size-tiered"] as const)("a %s tree", (strategy) => {
  test("keeps every version that a snapshot sees, and only those", async () => {
    const store = await openTiny(testEnv(), { strategy });
    const snapshots = [];
    for (const word of ["a", "b", "c", "d", "e"]) {
      await fill(store, 0, 9, word);
      if (word !== "b" && word !== "d") snapshots.push({ word, snapshot: store.snapshot() });
    }
    await store.delete(keyOf(0));
    await store.compact();
    for (const { word, snapshot } of snapshots) {
      for (let i = 0; i < 10; i++) expect(await textAt(store, i, snapshot)).toContain(`${word}-${i}`);
    }
    expect(await textAt(store, 0)).toBe(undefined);
    // Three versions of each, and the tombstone of one.
    expect(entries(store)).toBe(31);
    for (const { snapshot } of snapshots) snapshot.close();
    await fill(store, 0, 9, "f");
    await store.compact();
    expect(entries(store)).toBe(10);
    expect(await problemsOf(store)).toEqual([]);
    await store.close();
  });

  test("drops tombstones with what they hide, and not before", async () => {
    const env = testEnv();
    const store = await openTiny(env, { strategy });
    await fill(store, 0, 99, "a");
    await store.compact();
    for (let i = 0; i < 100; i++) if (i % 10 !== 0) await store.delete(keyOf(i));
    await store.flush();
    for (let i = 0; i < 100; i++) expect((await textAt(store, i)) === undefined).toBe(i % 10 !== 0);
    await store.compact();
    expect(entries(store)).toBe(10);
    expect(env.inner.marks).toContain("lsm/dropped-tombstone");
    expect((await rest(store.iterate())).length).toBe(10);
    await store.close();
  });

  test("goes on serving iterators from tables that were dropped", async () => {
    const env = testEnv();
    const store = await openTiny(env, { strategy, blockCacheBytes: 0 });
    await fill(store, 0, 79, "a");
    await store.flush();
    const iterators = [store.iterate(), store.iterate({ reverse: true })];
    // Not all files: a compaction may be under way, and its output go before the iterators do.
    const held = store
      .inspect()
      .levels.flat()
      .map(({ number }) => `db/${tableName(number)}`);
    for (const iterator of iterators) expect(await iterator.next()).toBe(true);
    await fill(store, 0, 79, "b");
    await store.compact();
    for (const path of held) expect(env.disk.files.has(path), path).toBe(true);
    const [up, down] = [await rest(iterators[0]!), await rest(iterators[1]!)];
    expect(up.length).toBe(79);
    expect([...up, ...down].every((entry) => entry.includes("=a-"))).toBe(true);
    // With the last reader they go.
    expect(await problemsOf(store)).toEqual([]);
    const live = store.inspect().levels.flat().length;
    await store.close();
    expect(filesOf(env).length).toBe(live);
    expect(env.inner.marks).toContain("lsm/iterator-outlived-table");
  });

  test("works in the background until no level is too full", async () => {
    const env = testEnv();
    const store = await openTiny(env, { strategy });
    for (let round = 0; round < 4; round++) await fill(store, 0, 99, `r${round}`);
    await store.flush();
    while (store.inspect().levels[0]!.length >= 6) await env.clock.sleep(1000);
    expect(compactions(env).length).toBeGreaterThan(3);
    expect(tables(store)[0]).toBeLessThan(6);
    if (strategy === "leveled") expect(tables(store)[2]).toBeGreaterThan(0);
    else expect(tables(store).slice(1)).toEqual([0, 0, 0]);
    expect(await problemsOf(store)).toEqual([]);
    const { levels, userBytes, storedBytes } = store.stats();
    expect(levels[0]!.writtenBytes).toBeGreaterThan(0);
    expect(storedBytes).toBeGreaterThan(userBytes);
    await store.close();
  });
});

test("a table that meets no other one is moved as it is", async () => {
  const env = testEnv();
  const store = await openTiny(env);
  for (let i = 0; i < 200; i++) await store.put(keyOf(i), bytes("v".repeat(30)));
  await store.compact();
  expect(env.inner.marks).toContain("lsm/move");
  expect(await problemsOf(store)).toEqual([]);
  expect((await rest(store.iterate())).length).toBe(200);
  await store.close();
});

test("a size-tiered tree may become a leveled one, and back", async () => {
  const env = testEnv();
  for (const [round, strategy] of (["size-tiered", "leveled", "size-tiered", "leveled"] as const).entries()) {
    const store = await openTiny(env, { strategy });
    await fill(store, round * 10, round * 10 + 60, `r${round}`);
    await store.delete(keyOf(round));
    await store.compact();
    expect(await problemsOf(store)).toEqual([]);
    for (let i = round * 10; i <= round * 10 + 60; i++) {
      if (i > round) expect(await textAt(store, i)).toContain(`r${round}-`);
    }
    expect(await textAt(store, round)).toBe(undefined);
    await store.close();
  }
});

test("a merge of tables that are not neighbours in age hides nothing of the one between", async () => {
  const env = testEnv();
  const store = await openTiny(env, { strategy: "size-tiered", memtableBytes: 1, level0Files: 3 });
  // Three small tables are merged, past the large one that came second.
  for (const [key, value] of [
    [1, "old"],
    [1, "large".repeat(400)],
    [3, "new"],
    [4, "new"],
  ] as const) {
    await store.put(keyOf(key), bytes(value));
    await store.flush();
  }
  for (let i = 0; i < 100 && compactions(env).length === 0; i++) await env.clock.sleep(1000);
  const [merged, large] = store.inspect().levels[0]!;
  expect([merged!.smallestSequence, merged!.largestSequence, large!.largestSequence]).toEqual([1, 4, 2]);
  expect(await textAt(store, 1)).toContain("large");
  expect((await rest(store.iterate()))[0]).toContain("large");
  // Nor may one of the two go down alone where the tree becomes a leveled one.
  const leveled = await openTiny(testEnv(env.disk.copy()), { level0Files: 2 });
  while (tables(leveled)[0]! > 1) await env.clock.sleep(1000);
  expect(await textAt(leveled, 1)).toContain("large");
  await leveled.close();
  // What hides the old value may not be dropped with the next merge either.
  await store.delete(keyOf(1));
  await store.flush();
  expect(await textAt(store, 1)).toBe(undefined);
  await store.compact();
  expect((await rest(store.iterate())).length).toBe(2);
  await store.close();
});

describe("what is kept of a key", () => {
  interface Entry {
    readonly key: number;
    readonly sequence: number;
    readonly isPut: boolean;
  }

  /** What a reader of `sequence` finds in entries that stand in internal order. */
  function seenBy(entriesOf: readonly Entry[], key: number, sequence: number): Entry | undefined {
    return entriesOf.find((entry) => entry.key === key && entry.sequence <= sequence);
  }

  const drawn = fc.uniqueArray(
    fc.record({ key: fc.nat(3), sequence: fc.integer({ min: 1, max: 30 }), isPut: fc.boolean() }),
    { selector: ({ key, sequence }) => `${key}/${sequence}`, maxLength: 25 },
  );

  function run(all: readonly Entry[], snapshots: readonly number[], hasOlder: boolean): Entry[] {
    const memtable = new Memtable(testEnv().random);
    for (const { key, sequence, isPut } of all) {
      memtable.add(
        isPut ? PUT : TOMBSTONE,
        sequence,
        Uint8Array.of(key),
        0,
        1,
        Uint8Array.of(1),
        0,
        isPut ? 1 : 0,
      );
    }
    const cursor: Cursor = memtable.cursor();
    const retention = new Retention(testEnv(), snapshots, hasOlder ? ANY_OLDER : new OlderLists([]));
    const kept: Entry[] = [];
    for (void cursor.first(); cursor.isValid; void cursor.next()) {
      const entry = {
        key: cursor.keyBytes[cursor.keyStart]!,
        sequence: cursor.sequence,
        isPut: cursor.kind === PUT,
      };
      if (retention.keeps(cursor)) kept.push(entry);
    }
    return kept;
  }

  test("shows each snapshot the same as before, and nothing is kept for nobody", () => {
    const snapshotsDrawn = fc.uniqueArray(fc.integer({ min: 0, max: 31 }), { maxLength: 4 });
    fc.assert(
      fc.property(drawn, snapshotsDrawn, fc.boolean(), (unordered, taken, hasOlder) => {
        const all = [...unordered].sort((a, b) => a.key - b.key || b.sequence - a.sequence);
        const snapshots = [...taken].sort((a, b) => a - b);
        const kept = run(all, snapshots, hasOlder);
        const readers = [...snapshots, Number.MAX_SAFE_INTEGER];
        for (const key of [0, 1, 2, 3]) {
          for (const reader of readers) {
            const [before, after] = [seenBy(all, key, reader), seenBy(kept, key, reader)];
            if (hasOlder) expect(after).toEqual(before);
            // Where nothing is below, a tombstone is worth as much as nothing.
            else expect(after?.isPut ? after : undefined).toEqual(before?.isPut ? before : undefined);
          }
        }
        for (const entry of kept) {
          expect(
            readers.some(
              (reader) => seenBy(all, entry.key, reader) === all.find((each) => isSame(each, entry)),
            ),
          ).toBe(true);
        }
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  function isSame(a: Entry, b: Entry): boolean {
    return a.key === b.key && a.sequence === b.sequence;
  }
});

test("a compaction of all that was asked for before the close is done before it", async () => {
  const env = testEnv();
  const store = await openTiny(env);
  await fill(store, 1, 300, "v");
  const order: string[] = [];
  const compacting = Promise.all([store.compact(), store.compact()]).then(() => order.push("compacted"));
  await Promise.all([compacting, store.close().then(() => order.push("closed"))]);
  expect(order).toEqual(["compacted", "closed"]);
  expect(tables(store).filter((count) => count > 0).length).toBe(1);
}, 2_000);
