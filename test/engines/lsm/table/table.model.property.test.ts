import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TOMBSTONE, type Cursor } from "#engines/lsm/cursor.js";
import { BlockCache, type Table } from "#engines/lsm/table/index.js";
import { isPromise } from "#engines/store/index.js";
import {
  anyEntries,
  anyOptions,
  anyPlace,
  compareEntries,
  newestOf,
  present,
  tableOf,
  walk,
  walkBack,
  type Entry,
} from "./support.js";

type Place = { readonly key: Uint8Array; readonly sequence: number };
type Step =
  { readonly do: "first" | "last" | "next" | "previous" } | ({ readonly do: "seek" | "seekBefore" } & Place);

const anySteps = (entries: readonly Entry[]): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom<Step>({ do: "next" }, { do: "previous" }) },
      { weight: 1, arbitrary: fc.constantFrom<Step>({ do: "first" }, { do: "last" }) },
      {
        weight: 3,
        arbitrary: fc
          .tuple(fc.constantFrom<"seek" | "seekBefore">("seek", "seekBefore"), anyPlace(entries))
          .map(([kind, place]) => ({ do: kind, ...place })),
      },
    ),
    { maxLength: 60 },
  );

/** Takes the step on the cursor; returns where the model stands after it, or -1 for nowhere. */
async function take(step: Step, cursor: Cursor, entries: readonly Entry[], at: number): Promise<number> {
  if ("key" in step) {
    const before = entries.filter((each) => compareEntries(each, step) < 0).length;
    await cursor[step.do](step.key, step.sequence);
    if (step.do === "seekBefore") return before - 1;
    return before < entries.length ? before : -1;
  }
  if (step.do === "first" || step.do === "last") {
    await cursor[step.do]();
    return step.do === "first" ? 0 : entries.length - 1;
  }
  if (at < 0) return -1;
  await cursor[step.do]();
  if (step.do === "previous") return at - 1;
  return at + 1 < entries.length ? at + 1 : -1;
}

async function checkGets(table: Table, entries: readonly Entry[], places: readonly Place[]): Promise<void> {
  for (const { key, sequence } of places) {
    const found = await table.get(key, sequence);
    const newest = newestOf(entries, key, sequence);
    expect(found && { ...found, value: found.value.slice() }).toEqual(
      newest && { kind: newest.kind, sequence: newest.sequence, value: newest.value },
    );
  }
}

const anyTable = fc.record({ entries: anyEntries(80), options: anyOptions });

describe("a table", () => {
  test("answers as a sorted array does, with any cache", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyTable.chain((table) =>
          fc.record({
            table: fc.constant(table),
            steps: anySteps(table.entries),
            places: fc.array(anyPlace(table.entries), { maxLength: 30 }),
          }),
        ),
        fc.constantFrom(0, 700, 3000, 1 << 20),
        fc.boolean(),
        async ({ table: { entries, options }, steps, places }, capacityBytes, isScan) => {
          const { table, cache } = await tableOf(entries, options, new BlockCache(capacityBytes));
          const cursor = isScan ? table.scanCursor(200) : table.cursor();
          let at = -1;
          expect(cursor.isValid).toBe(false);
          for (const step of steps) {
            at = await take(step, cursor, entries, at);
            expect(present(cursor)).toEqual(at < 0 ? undefined : entries[at]);
            expect(cache.usedBytes).toBeLessThanOrEqual(capacityBytes);
          }
          await checkGets(table, entries, places);
          expect(await walk(table.cursor())).toEqual(entries);
          expect((await walkBack(table.cursor())).reverse()).toEqual(entries);
          expect(await table.verify()).toEqual([]);
          await table.close();
          expect(cache.usedBytes).toBe(0);
          expect(cache.blocks).toBe(0);
        },
      ),
      { seed: 5, numRuns: 150 },
    );
  });

  test("says of itself what it holds", async () => {
    await fc.assert(
      fc.asyncProperty(anyTable, async ({ entries, options }) => {
        const { table, disk } = await tableOf(entries, options);
        const sequences = entries.map((entry) => entry.sequence);
        expect(table.properties).toMatchObject({
          fileBytes: disk.files.get("1.sst")!.bytes.length,
          entries: entries.length,
          tombstones: entries.filter((entry) => entry.kind === TOMBSTONE).length,
          rawKeyBytes: entries.reduce((sum, entry) => sum + entry.key.length, 0),
          rawValueBytes: entries.reduce((sum, entry) => sum + entry.value.length, 0),
          smallestSequence: Math.min(...sequences),
          largestSequence: Math.max(...sequences),
          smallestKey: entries[0]!.key,
          largestKey: entries.at(-1)!.key,
        });
      }),
      { seed: 6, numRuns: 60 },
    );
  });

  test("is read without a promise where all is in the cache", async () => {
    const entries = fc.sample(anyEntries(80), { seed: 7, numRuns: 1 })[0]!;
    const { table } = await tableOf(entries, { blockBytes: 128 });
    await walk(table.cursor());
    await checkGets(table, entries, entries);
    for (const { key, sequence } of entries) expect(isPromise(table.get(key, sequence))).toBe(false);
    const cursor = table.cursor();
    for (let pending = cursor.first(); cursor.isValid; pending = cursor.next()) {
      expect(pending).toBeUndefined();
    }
    for (let pending = cursor.last(); cursor.isValid; pending = cursor.previous()) {
      expect(pending).toBeUndefined();
    }
  });
});
