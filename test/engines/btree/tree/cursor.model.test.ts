import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AssertionFailed } from "#engines/env/index.js";
import type { PageId, PageReader } from "#engines/btree/page/index.js";
import { TreeCursor } from "#engines/btree/tree/index.js";
import { bytesOf, cursorKey, keyOf, ModelledTree, stepOf, textOf, walk } from "./support.js";

type Move =
  | { readonly type: "first" | "last" | "next" | "previous" }
  | { readonly type: "seek" | "seekBefore"; readonly key: Uint8Array };

const PAGE_BYTES = 512;

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom<Move>({ type: "first" }, { type: "last" }) },
  { weight: 6, arbitrary: fc.constantFrom<Move>({ type: "next" }, { type: "previous" }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constantFrom("seek" as const, "seekBefore" as const), key: keyOf(64) }),
  },
);

/** Pages that are not in memory until they are loaded. */
class ForgetfulPages implements PageReader {
  readonly pageBytes = PAGE_BYTES;
  readonly #pages: PageReader;
  readonly #present = new Set<PageId>();

  constructor(pages: PageReader) {
    this.#pages = pages;
  }

  page(id: PageId): Uint8Array | undefined {
    return this.#present.has(id) ? this.#pages.page(id) : undefined;
  }

  load(id: PageId): void {
    expect(this.#present.has(id)).toBe(false);
    this.#present.add(id);
  }

  forget(): void {
    this.#present.clear();
  }
}

function indexAfter(keys: readonly string[], at: number, { type, ...rest }: Move): number {
  if (type === "first") return 0;
  if (type === "last") return keys.length - 1;
  if (type === "next") return at + 1;
  if (type === "previous") return at - 1;
  const key = textOf((rest as { key: Uint8Array }).key);
  const below = keys.filter((other) => other < key).length;
  return type === "seek" ? below : below - 1;
}

function make(cursor: TreeCursor, step: Move): PageId {
  if (step.type === "seek") return cursor.seek(step.key);
  if (step.type === "seekBefore") return cursor.seekBefore(step.key);
  return cursor[step.type]();
}

describe("a cursor against a sorted list", () => {
  test("every move ends where it should, whatever is not in memory meanwhile", () => {
    const steps = fc.array(stepOf(PAGE_BYTES), { maxLength: 150, size: "max" });
    fc.assert(
      fc.property(steps, fc.array(move, { maxLength: 80, size: "max" }), (list, moves) => {
        const tree = new ModelledTree(PAGE_BYTES);
        for (const step of list) tree.step(step);
        const keys = [...tree.model.keys()].sort();
        const pages = new ForgetfulPages(tree.pages.reader);
        const cursor = new TreeCursor(pages);
        let at = -1;
        for (const step of moves) {
          if (!cursor.isValid && (step.type === "next" || step.type === "previous")) continue;
          at = indexAfter(keys, at, step);
          pages.forget();
          for (let id = make(cursor, step); id !== 0; id = make(cursor, step)) pages.load(id);
          expect(cursor.isValid).toBe(at >= 0 && at < keys.length);
          if (!cursor.isValid) continue;
          expect(cursorKey(cursor)).toBe(keys[at]);
          const value = tree.model.get(keys[at]!)!;
          expect(cursor.valueLength).toBe(value.length);
          const inline = cursor.bytes.subarray(cursor.valueStart, cursor.valueEnd);
          if (cursor.chain === undefined) expect(textOf(inline)).toBe(textOf(value));
        }
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  test("an empty tree has no first and no last entry, and an empty key is one", () => {
    const tree = new ModelledTree(PAGE_BYTES);
    expect(walk(tree.pages.reader, true)).toEqual([]);
    expect(walk(tree.pages.reader, false)).toEqual([]);
    tree.step({ type: "put", key: bytesOf(""), length: 0, fill: 0 });
    expect(walk(tree.pages.reader, true)).toEqual([""]);
    tree.checkEntries();
  });

  test("from nowhere it doesn't go on", () => {
    const cursor = new TreeCursor(new ModelledTree(PAGE_BYTES).pages.reader);
    expect(() => cursor.next()).toThrow(AssertionFailed);
    expect(() => cursor.previous()).toThrow(AssertionFailed);
  });
});
