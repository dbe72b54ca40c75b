import { makeConfiguration } from "#engines/raft/configuration.js";
import { overlap } from "#scenarios/raft/checks/index.js";
import fc from "fast-check";
import { expect, test } from "vitest";

const voters = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e", "f", "g"), {
  minLength: 1,
  maxLength: 5,
});

test("a joint configuration overlaps with both that it is made of", () => {
  fc.assert(
    fc.property(voters, voters, (from, to) => {
      const joint = makeConfiguration(to, [], from);
      expect(overlap(makeConfiguration(from), joint)).toBe(true);
      expect(overlap(joint, makeConfiguration(to))).toBe(true);
    }),
    { seed: 1, numRuns: 200 },
  );
});

test("plain majorities overlap where all pairs that are large enough must meet", () => {
  fc.assert(
    fc.property(voters, voters, (from, to) => {
      // The largest part of each majority that can stay clear of the other one's servers.
      const [a, b] = [new Set(from), new Set(to)];
      const shared = from.filter((node) => b.has(node)).length;
      const majority = (count: number): number => Math.floor(count / 2) + 1;
      const needed = (own: Set<string>): number => Math.max(0, majority(own.size) - (own.size - shared));
      expect(overlap(makeConfiguration(from), makeConfiguration(to))).toBe(needed(a) + needed(b) > shared);
    }),
    { seed: 2, numRuns: 200 },
  );
});

test("one server more or less is always fine, two may not be", () => {
  expect(overlap(makeConfiguration(["a", "b", "c"]), makeConfiguration(["a", "b", "c", "d"]))).toBe(true);
  expect(overlap(makeConfiguration(["a", "b"]), makeConfiguration(["a", "b", "c", "d"]))).toBe(true);
  expect(overlap(makeConfiguration(["a"]), makeConfiguration(["a", "b", "c"]))).toBe(false);
});
