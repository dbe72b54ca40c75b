import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BlockCache, CacheEntry, type BlockOwner } from "#engines/lsm/table/block-cache.js";
import { Table } from "#engines/lsm/table/index.js";
import { MemoryEnv } from "../../support/memory-env.js";
import { manyEntries, tableOf, walk, writeTable } from "./support.js";

/** Keeps what the cache has of it, as tables do. */
class Owner implements BlockOwner {
  readonly here: Map<number, CacheEntry<string>> = new Map();
  readonly evictions: number[] = [];

  evicted(id: number): void {
    expect(this.here.delete(id)).toBe(true);
    this.evictions.push(id);
  }

  /** What a read does: true where it was there. */
  ask(cache: BlockCache, id: number, sizeBytes: number): boolean {
    const entry = this.here.get(id);
    if (entry !== undefined) {
      cache.touch(entry);
      return true;
    }
    const made = new CacheEntry(`block ${id}`, sizeBytes, this, id);
    if (cache.admit(made)) this.here.set(id, made);
    return false;
  }
}

const CHARGE = new CacheEntry("", 0, new Owner(), 0).chargeBytes;

describe("the block cache", () => {
  test("never holds more than its capacity, and knows what it holds", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 12 * CHARGE }),
        fc.array(fc.tuple(fc.nat(30), fc.nat(3 * CHARGE), fc.integer({ min: 0, max: 9 })), {
          maxLength: 200,
        }),
        (capacityBytes, operations) => {
          const cache = new BlockCache(capacityBytes);
          const owner = new Owner();
          for (const [id, sizeBytes, kind] of operations) {
            const entry = owner.here.get(id);
            if (kind === 0 && entry !== undefined) {
              cache.remove(entry);
              owner.here.delete(id);
            } else owner.ask(cache, id, sizeBytes);
            const charges = [...owner.here.values()].map((each) => each.chargeBytes);
            expect(cache.usedBytes).toBe(charges.reduce((sum, each) => sum + each, 0));
            expect(cache.usedBytes).toBeLessThanOrEqual(capacityBytes);
            expect(cache.blocks).toBe(charges.length);
          }
          expect(cache.evictions).toBe(owner.evictions.length);
        },
      ),
      { seed: 8, numRuns: 300 },
    );
  });

  test("gives what was used since the hand came by a second chance", () => {
    const cache = new BlockCache(4 * CHARGE);
    const owner = new Owner();
    for (const id of [1, 2, 3, 4]) owner.ask(cache, id, 0);
    owner.ask(cache, 1, 0);
    owner.ask(cache, 3, 0);
    owner.ask(cache, 5, 0);
    owner.ask(cache, 6, 0);
    expect(owner.evictions).toEqual([2, 4]);
    owner.ask(cache, 7, 0);
    expect(owner.evictions).toEqual([2, 4, 1]);
  });

  test("keeps what is read often while a scan passes", () => {
    const cache = new BlockCache(8 * CHARGE);
    const owner = new Owner();
    let hot = 0;
    for (let i = 0; i < 1000; i++) {
      for (const id of [1, 2, 3]) if (owner.ask(cache, id, 0)) hot++;
      owner.ask(cache, 100 + i, 0);
    }
    expect(hot).toBe(3 * 999);
  });

  test("keeps nothing that is larger than itself, and lets nothing go for it", () => {
    const cache = new BlockCache(3 * CHARGE);
    const owner = new Owner();
    owner.ask(cache, 1, 0);
    owner.ask(cache, 2, 2 * CHARGE + 1);
    expect([...owner.here.keys()]).toEqual([1]);
  });
});

describe("tables that share a cache", () => {
  const reads = (env: MemoryEnv): number => env.disk.calls.filter((call) => call.startsWith("read ")).length;

  test("read a block once for all who wait for it", async () => {
    const { table, env, cache } = await tableOf(manyEntries(50), { blockBytes: 256 });
    const before = reads(env);
    const key = [...manyEntries(50)][40]!.key;
    const cursor = table.cursor();
    await Promise.all([table.get(key, 1000), table.get(key, 1000), cursor.seek(key, 1000)]);
    // The filter, the index and the data block.
    expect(reads(env) - before).toBe(3);
    expect(cache.blocks).toBe(3);
    const { hits, misses } = cache;
    // Two look-ups ask for all three, the cursor for two; who comes later may find them there.
    expect(hits + misses).toBe(8);
    expect(misses).toBeGreaterThanOrEqual(5);
    await table.get(key, 1000);
    expect(reads(env) - before).toBe(3);
    expect(cache).toMatchObject({ hits: hits + 3, misses });
  });

  test("leave those of the others when they are closed", async () => {
    const env = new MemoryEnv();
    const cache = new BlockCache(1 << 20);
    const tables: Table[] = [];
    for (const number of [1, 2, 3]) {
      await writeTable(env, `${number}.sst`, number, manyEntries(40), { blockBytes: 200 });
      tables.push(await Table.open(env, `${number}.sst`, number, cache));
      await walk(tables.at(-1)!.cursor());
    }
    const used = cache.usedBytes;
    await tables[1]!.close();
    expect(cache.usedBytes).toBe((used / 3) * 2);
    const before = reads(env);
    await walk(tables[0]!.cursor());
    await walk(tables[2]!.cursor());
    expect(reads(env)).toBe(before);
    await tables[0]!.close();
    await tables[2]!.close();
    expect(cache).toMatchObject({ usedBytes: 0, blocks: 0 });
  });

  test("are not disturbed by a scan, and stay right while blocks come and go", async () => {
    const entries = [...manyEntries(60)];
    const { table, cache } = await tableOf(entries, { blockBytes: 128 }, new BlockCache(2500));
    const cursors = [table.cursor(), table.cursor(), table.cursor()];
    expect((await Promise.all(cursors.map(walk))).every((each) => each.length === entries.length)).toBe(true);
    expect(cache.evictions).toBeGreaterThan(10);
    const { usedBytes, hits, misses } = cache;
    expect(await walk(table.scanCursor(512))).toEqual(entries);
    expect(cache).toMatchObject({ usedBytes, hits, misses });
  });

  test("are closed only when nobody reads them, and are not read any more then", async () => {
    const entries = [...manyEntries(30)];
    const { table } = await tableOf(entries, { blockBytes: 128 });
    const reading = table.get(entries[0]!.key, 1000);
    await expect(table.close()).rejects.toThrow("when nobody reads it");
    await reading;
    const cursor = table.cursor();
    await cursor.first();
    await table.close();
    expect(() => table.get(entries[0]!.key, 1000)).toThrow("closed");
    await expect((async () => walk(table.cursor()))()).rejects.toThrow("closed");
    await expect(table.close()).rejects.toThrow("once");
  });
});
