import fc from "fast-check";
import { assert, describe, expect, test } from "vitest";
import { PUT, TOMBSTONE, type Cursor } from "#engines/lsm/cursor.js";
import { Memtable } from "#engines/lsm/memtable/index.js";
import { anySequence, key, move, sequence } from "../read/arbitraries.js";
import {
  ModelCursor,
  addTo,
  applyMove,
  compareVersions,
  entry,
  entryOf,
  show,
  sorted,
  type Entry,
  type Move,
} from "../read/support.js";
import { randomOf } from "./support.js";

const SEED = { seed: 20260902 };

type Step =
  | { readonly kind: "add"; readonly entry: Entry }
  | { readonly kind: "get"; readonly key: Uint8Array; readonly sequence: number }
  | { readonly kind: "cursor" }
  | { readonly kind: "move"; readonly which: number; readonly move: Move };

const value = fc.uint8Array({ maxLength: 3 });
const add = fc.record({ key, sequence, value, isPut: fc.boolean() }).map((drawn): Step => {
  const kind = drawn.isPut ? PUT : TOMBSTONE;
  return { kind: "add", entry: { ...drawn, kind, value: drawn.isPut ? drawn.value : new Uint8Array(0) } };
});
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: add },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("get" as const), key, sequence: anySequence }) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: "cursor" }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("move" as const), which: fc.nat(), move }) },
  ),
  { maxLength: 80, size: "max" },
);

/** A memtable beside a sorted array of versions, with cursors that stand while entries are added. */
class Pair {
  readonly #memtable = new Memtable(randomOf(7));
  #entries: Entry[] = [];
  readonly #cursors: { readonly cursor: Cursor; present: Entry | undefined }[] = [];

  apply(step: Step): void {
    if (step.kind === "add") this.#add(step.entry);
    else if (step.kind === "get") this.#get(step.key, step.sequence);
    else if (step.kind === "cursor")
      this.#cursors.push({ cursor: this.#memtable.cursor(), present: undefined });
    else if (this.#cursors.length > 0) this.#move(step.which % this.#cursors.length, step.move);
    this.#check();
  }

  #add(added: Entry): void {
    const before = this.#memtable.sizeBytes;
    addTo(this.#memtable, added);
    const others = this.#entries.filter(
      (each) => compareVersions(each.key, each.sequence, added.key, added.sequence) !== 0,
    );
    this.#entries = sorted([...others, added]);
    assert.isAtLeast(this.#memtable.sizeBytes - before, added.value.length);
  }

  #get(wanted: Uint8Array, upTo: number): void {
    const found = this.#memtable.get(wanted, upTo);
    const expected = this.#entries.find(
      (each) => compareVersions(each.key, 0, wanted, 0) === 0 && each.sequence <= upTo,
    );
    assert.deepEqual(
      found && show({ ...found, key: wanted }),
      expected && show(expected),
      "get gives the newest version that is not above the sequence",
    );
  }

  #move(which: number, wanted: Move): void {
    const standing = this.#cursors[which]!;
    const model = new ModelCursor(this.#entries);
    if (wanted.kind === "next" || wanted.kind === "previous") {
      if (standing.present === undefined) return;
      model.apply({ kind: "seek", key: standing.present.key, sequence: standing.present.sequence });
    }
    assert.isUndefined(applyMove(standing.cursor, wanted), "a memtable has no device to wait for");
    model.apply(wanted);
    standing.present = model.present;
  }

  /** An entry that a cursor stands on stays as it was when the cursor got there. */
  #check(): void {
    assert.equal(this.#memtable.entries, this.#entries.length);
    assert.equal(this.#memtable.isEmpty, this.#entries.length === 0);
    for (const { cursor, present } of this.#cursors) {
      const found = entryOf(cursor);
      assert.equal(found && show(found), present && show(present));
    }
  }
}

describe("a memtable", () => {
  test("is a sorted array of versions, also for cursors that stand while entries are added", () => {
    fc.assert(
      fc.property(steps, (list) => {
        const pair = new Pair();
        for (const step of list) pair.apply(step);
      }),
      { ...SEED, numRuns: 300 },
    );
  });

  test("an add with the same key and sequence takes the place of the earlier one", () => {
    const memtable = new Memtable(randomOf(1));
    addTo(memtable, entry("a", 5, "first"));
    const before = memtable.get(entry("a", 5).key, 5);
    addTo(memtable, entry("a", 5));
    addTo(memtable, entry("a", 5, "second, which is longer"));
    const cursor = memtable.cursor();
    void cursor.first();
    expect(show(entryOf(cursor)!)).toBe(show(entry("a", 5, "second, which is longer")));
    void cursor.next();
    expect(cursor.isValid).toBe(false);
    expect(memtable.entries).toBe(1);
    // What was given out stays as it was.
    expect(before!.value).toEqual(entry("a", 5, "first").value);
  });
});
