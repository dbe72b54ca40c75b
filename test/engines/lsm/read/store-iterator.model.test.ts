import fc from "fast-check";
import { assert, describe, expect, test } from "vitest";
import { PUT, type Cursor } from "#engines/lsm/cursor.js";
import { Memtable } from "#engines/lsm/memtable/index.js";
import { LsmIterator, MergingCursor } from "#engines/lsm/read/index.js";
import { boundsOf, compareKeys, isAboveLower, isBelowUpper, type Bounds } from "#engines/store/index.js";
import { randomOf } from "../memtable/support.js";
import { answers, anySequence, entries, key } from "./arbitraries.js";
import { AwkwardCursor, SourceFailed, addTo, type Answer, type Entry } from "./support.js";

const SEED = { seed: 20260905 };

const bound = fc.option(fc.record({ key, isInclusive: fc.boolean() }), { nil: undefined });
const bounds: fc.Arbitrary<Bounds> = fc
  .record({ lower: bound, upper: bound, isReverse: fc.boolean() })
  .map(({ lower, upper, isReverse }) => {
    const from = lower && (lower.isInclusive ? { gte: lower.key } : { gt: lower.key });
    const to = upper && (upper.isInclusive ? { lte: upper.key } : { lt: upper.key });
    return boundsOf({ ...from, ...to, reverse: isReverse }, "a test");
  });
/** Undefined: `next`. Else a seek. */
const calls = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Uint8Array | undefined>(undefined) },
    { weight: 1, arbitrary: key },
  ),
  { maxLength: 30, size: "max" },
);
const versions = entries(90);

/** What a snapshot sees: of each key the newest version that is not above it, if that is a put. */
function visible(list: readonly Entry[], sequence: number): Entry[] {
  const old = list.filter((each) => each.sequence <= sequence);
  const newest = old.filter((each, i) => i === 0 || compareKeys(old[i - 1]!.key, each.key) !== 0);
  return newest.filter((each) => each.kind === PUT);
}

/** The simplest correct iterator: an array in its direction, and what of it is left. */
class ModelIterator {
  readonly #all: readonly Entry[];
  readonly #isReverse: boolean;
  #left: readonly Entry[];

  constructor(list: readonly Entry[], sequence: number, range: Bounds) {
    const within = visible(list, sequence).filter(
      (each) => isAboveLower(range, each.key) && isBelowUpper(range, each.key),
    );
    this.#isReverse = range.isReverse;
    this.#all = range.isReverse ? within.reverse() : within;
    this.#left = this.#all;
  }

  next(): Entry | undefined {
    const [present, ...left] = this.#left;
    this.#left = left;
    return present;
  }

  seek(target: Uint8Array): void {
    const sign = this.#isReverse ? -1 : 1;
    this.#left = this.#all.filter((each) => compareKeys(each.key, target) * sign >= 0);
  }
}

interface Counts {
  released: number;
  steps: number;
}

function iteratorOver(
  cursor: Cursor,
  sequence: number,
  range: Bounds,
): { iterator: LsmIterator; counts: Counts } {
  const counts: Counts = { released: 0, steps: 0 };
  const hooks = { where: "store", release: () => void counts.released++, step: () => void counts.steps++ };
  return { iterator: new LsmIterator(cursor, sequence, range, hooks), counts };
}

/** Makes the calls on both and compares what they give. A call that fails is made again. Gives how many did. */
async function follow(
  iterator: LsmIterator,
  model: ModelIterator,
  list: readonly (Uint8Array | undefined)[],
  isSynchronous: boolean,
): Promise<number> {
  let failures = 0;
  for (const target of list) {
    if (target !== undefined) {
      const given = target.slice();
      iterator.seek(given);
      given.fill(0xee);
      model.seek(target);
      continue;
    }
    for (;;) {
      try {
        const answer = iterator.next();
        if (isSynchronous) assert.isBoolean(answer, "what is in memory costs no promise");
        const isThere = await answer;
        const expected = model.next();
        const found = isThere ? `${iterator.key.join(".")}=${iterator.value.join(".")}` : "end";
        assert.equal(found, expected ? `${expected.key.join(".")}=${expected.value.join(".")}` : "end");
        break;
      } catch (error) {
        if (!(error instanceof SourceFailed)) throw error;
        failures++;
      }
    }
  }
  return failures;
}

const FULL = boundsOf({}, "a test");

describe("an iterator", () => {
  test.each([
    ["without a promise where its cursor needs none", ["now"] as Answer[]],
    ["also where its cursor lets it wait", ["now", "now", "later"] as Answer[]],
    [
      "and loses and repeats nothing where it fails",
      ["now", "now", "now", "later", "throws", "rejects"] as Answer[],
    ],
  ])("gives what the snapshot sees within the bounds, both ways, %s", async (_, kinds) => {
    let failures = 0;
    const drawn = fc.tuple(versions, anySequence, bounds, calls, answers("now", ...kinds));
    await fc.assert(
      fc.asyncProperty(drawn, async ([list, sequence, range, made, answer]) => {
        const { iterator } = iteratorOver(new AwkwardCursor(list, answer), sequence, range);
        const model = new ModelIterator(list, sequence, range);
        failures += await follow(iterator, model, made, kinds.length === 1);
      }),
      { ...SEED, numRuns: 250 },
    );
    expect(failures > 200).toBe(kinds.length === 6);
  });

  test("over memtables, while newer versions are added", async () => {
    const drawn = fc.tuple(versions, versions, fc.integer({ min: 1, max: 30 }), bounds, calls);
    await fc.assert(
      fc.asyncProperty(drawn, async ([list, later, sequence, range, made]) => {
        const memtables = [0, 1].map((seed) => new Memtable(randomOf(seed)));
        const old = list.filter((each) => each.sequence <= sequence);
        for (const each of old) addTo(memtables[each.sequence % 2]!, each);
        const cursor = new MergingCursor(memtables.map((each) => each.cursor()));
        const { iterator } = iteratorOver(cursor, sequence, range);
        const model = new ModelIterator(old, sequence, range);
        for (const [i, call] of made.entries()) {
          const added = later[i];
          // Versions that the snapshot must not see, right where it reads.
          if (added !== undefined) addTo(memtables[i % 2]!, { ...added, sequence: sequence + 1 + i });
          await follow(iterator, model, [call], true);
        }
      }),
      { ...SEED, numRuns: 200 },
    );
  });

  test.each([false, true])("passes many versions of a key with a seek (reverse: %s)", (reverse) => {
    const list: Entry[] = [];
    for (const each of [1, 2, 3]) {
      for (let sequence = 5000; sequence > 0; sequence--) {
        list.push({ key: Uint8Array.of(each), sequence, kind: PUT, value: Uint8Array.of(sequence & 0xff) });
      }
    }
    const cursor = new AwkwardCursor(list);
    const { iterator } = iteratorOver(cursor, 2500, { ...FULL, isReverse: reverse });
    const found: string[] = [];
    while (iterator.next() === true) found.push(`${iterator.key.join("")}=${iterator.value.join("")}`);
    const expected = ["1=196", "2=196", "3=196"];
    expect(found).toEqual(reverse ? expected.reverse() : expected);
    expect(cursor.moves).toBeLessThan(150);
  });

  test("gives the same key object for keys of one length: nothing is allocated for a key", () => {
    const list = [1, 2].map((each): Entry => ({
      key: Uint8Array.of(each),
      sequence: 1,
      kind: PUT,
      value: Uint8Array.of(each),
    }));
    const { iterator } = iteratorOver(new AwkwardCursor(list), 1, FULL);
    expect(iterator.next()).toBe(true);
    const first = iterator.key;
    const firstValue = iterator.value;
    expect(iterator.value).toBe(firstValue);
    expect(iterator.next()).toBe(true);
    expect(iterator.key).toBe(first);
    expect(first).toEqual(Uint8Array.of(2));
  });

  test("releases once, counts its steps, and ends with the close", () => {
    const list: Entry[] = [{ key: Uint8Array.of(1), sequence: 1, kind: PUT, value: Uint8Array.of(1) }];
    const { iterator, counts } = iteratorOver(new AwkwardCursor(list), 1, FULL);
    expect([iterator.next(), iterator.next(), iterator.next()]).toEqual([true, false, false]);
    iterator.seek(Uint8Array.of(0));
    expect(iterator.next()).toBe(true);
    expect(counts).toEqual({ released: 0, steps: 3 });
    iterator.close();
    iterator.close();
    expect(counts.released).toBe(1);
    expect(() => void iterator.next()).toThrow("STORE_SNAPSHOT_GONE");
    iterator.seek(Uint8Array.of(0));
    expect(() => void iterator.next()).toThrow("STORE_SNAPSHOT_GONE");
    expect(counts).toEqual({ released: 1, steps: 3 });
  });

  test("closed while a call is under way, it releases when that has settled", async () => {
    const list: Entry[] = [{ key: Uint8Array.of(1), sequence: 1, kind: PUT, value: Uint8Array.of(1) }];
    for (const answer of ["later", "rejects"] as const) {
      const { iterator, counts } = iteratorOver(new AwkwardCursor(list, () => answer), 1, FULL);
      const pending = Promise.resolve(iterator.next());
      iterator.close();
      expect(counts.released).toBe(0);
      await expect(pending).rejects.toThrow(answer === "later" ? "STORE_SNAPSHOT_GONE" : SourceFailed);
      expect(counts.released).toBe(1);
      iterator.close();
      expect(counts.released).toBe(1);
    }
  });

  test("says of a device's failure what its owner makes of it", async () => {
    const given: Answer[] = ["rejects"];
    const cursor = new AwkwardCursor([], () => given.shift() ?? "now");
    const told = new Error("the store's");
    const failed = (error: unknown): unknown => (error instanceof SourceFailed ? told : undefined);
    const iterator = new LsmIterator(cursor, 1, FULL, { where: "store", release() {}, step() {}, failed });
    await expect(iterator.next()).rejects.toBe(told);
    expect(iterator.next()).toBe(false);
  });

  test("refuses a second call at a time, and an entry where there is none", async () => {
    const list: Entry[] = [{ key: Uint8Array.of(1), sequence: 1, kind: PUT, value: Uint8Array.of(1) }];
    const { iterator } = iteratorOver(new AwkwardCursor(list, () => "later"), 1, FULL);
    expect(() => iterator.key).toThrow("STORE_BAD_ARGUMENT");
    const pending = iterator.next();
    expect(() => void iterator.next()).toThrow("STORE_BAD_ARGUMENT");
    expect(() => iterator.seek(Uint8Array.of(0))).toThrow("STORE_BAD_ARGUMENT");
    expect(await pending).toBe(true);
    expect(iterator.value).toEqual(Uint8Array.of(1));
    expect(await iterator.next()).toBe(false);
    expect(() => iterator.value).toThrow("STORE_BAD_ARGUMENT");
  });
});
