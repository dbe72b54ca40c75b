import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NOWHERE, PrefixTree } from "#sim/check/linearizability/prefix-tree.js";

const texts = fc.array(fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 6 }), { maxLength: 12 });
const pieces = fc.array(fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 3 }), { maxLength: 4 });

describe("the tree of prefixes", () => {
  it("knows of any text whether a text starts with it, and the greatest weight of those", () => {
    fc.assert(
      fc.property(texts, pieces, (looked, grown) => {
        const tree = new PrefixTree(
          looked,
          looked.map((_, i) => i),
        );
        const place = grown.reduce((at, piece) => tree.grow(at, piece), tree.start);
        const text = grown.join("");
        const longer = [...looked.keys()].filter((i) => looked[i]!.startsWith(text));
        if (text !== "" || looked.length > 0) expect(place === NOWHERE).toBe(longer.length === 0);
        expect(tree.weightOf(place)).toBe(longer.at(-1) ?? -1);
        for (const i of looked.keys()) {
          expect(tree.leadsTo(place, tree.endOf(i))).toBe(looked[i]!.startsWith(text));
        }
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  it("gives one place to one text, however it grew", () => {
    const tree = new PrefixTree(["abcd", "abxy", "ab"], [1, 2, 3]);
    expect(tree.grow(tree.grow(tree.start, "a"), "b")).toBe(tree.grow(tree.start, "ab"));
    expect(tree.endOf(2)).toBe(tree.grow(tree.start, "ab"));
    expect(tree.endOf(0)).toBe(tree.grow(tree.grow(tree.start, "abc"), "d"));
    expect(tree.grow(tree.start, "abz")).toBe(NOWHERE);
  });
});
