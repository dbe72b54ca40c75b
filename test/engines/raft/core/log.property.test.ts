// The log in memory against a plain array that begins at index 1.
import fc from "fast-check";
import { expect, it } from "vitest";
import { RaftLog } from "#engines/raft/core/log.js";
import { entry } from "./support.js";

type Step =
  | { readonly do: "append"; readonly count: number; readonly raise: number }
  | { readonly do: "truncate"; readonly part: number }
  | { readonly do: "compact"; readonly part: number };

const STEP: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("append" as const), count: fc.nat(4), raise: fc.nat(2) }),
  fc.record({ do: fc.constant("truncate" as const), part: fc.nat(100) }),
  fc.record({ do: fc.constant("compact" as const), part: fc.nat(100) }),
);

it("agrees with an array", () => {
  fc.assert(
    fc.property(fc.array(STEP, { maxLength: 30 }), (steps) => {
      const log = new RaftLog({ index: 0, term: 0 }, []);
      /** Terms by index; the one at 0 is 0. */
      const terms = [0];
      let base = 0;
      for (const step of steps) {
        const last = terms.length - 1;
        if (step.do === "append") {
          const term = terms[last]! + step.raise;
          const added = Array.from({ length: step.count }, (_, i) => entry(last + 1 + i, term));
          log.append(added);
          terms.push(...added.map((each) => each.term));
        } else if (step.do === "truncate" && last > base) {
          const from = base + 1 + (step.part % (last - base));
          log.truncateFrom(from);
          terms.length = from;
        } else if (step.do === "compact") {
          base += step.part % (last - base + 1);
          log.compactTo(base);
        }
        check(log, terms, base);
      }
    }),
    { seed: 1, numRuns: 100 },
  );
});

function check(log: RaftLog, terms: readonly number[], base: number): void {
  const last = terms.length - 1;
  expect(log.base).toEqual({ index: base, term: terms[base] });
  expect(log.last).toEqual({ index: last, term: terms[last] });
  for (let index = 0; index <= last + 2; index++) {
    const known = index >= base && index <= last;
    expect(log.termAt(index)).toBe(known ? terms[index] : undefined);
  }
  for (let index = 0; index <= last; index++) {
    for (let term = 0; term <= terms[last]! + 1; term++) {
      let expected: number | undefined = Math.min(index, last);
      while (expected >= base && terms[expected]! > term) expected--;
      expect(log.highestWithin(index, term)?.index).toBe(expected >= base ? expected : undefined);
    }
  }
  expect(log.between(base, last).map((each) => each.term)).toEqual(terms.slice(base + 1));
}

it("gives at least one entry, however large, and else no more bytes than asked for", () => {
  const log = new RaftLog(
    { index: 0, term: 0 },
    [1, 2, 3, 4].map((index) => entry(index, 1)),
  );
  expect(log.slice(1, 0).length).toBe(1);
  expect(log.slice(1, 4).length).toBe(2);
  expect(log.slice(2, 1_000).map(({ index }) => index)).toEqual([2, 3, 4]);
  expect(log.slice(5, 1_000)).toEqual([]);
});
