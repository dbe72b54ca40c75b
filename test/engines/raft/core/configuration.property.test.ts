// Quorums against their definition, by brute force.
import fc from "fast-check";
import { expect, it } from "vitest";
import { isBlocking, isQuorum, makeConfiguration, quorumValue } from "#engines/raft/configuration.js";

const NODES = ["n1", "n2", "n3", "n4", "n5", "n6", "n7"];
const SOME = fc.subarray(NODES, { minLength: 1 });
const CONFIGURATION = fc
  .tuple(SOME, fc.oneof(fc.constant([]), SOME))
  .map(([voters, outgoing]) => makeConfiguration(voters, [], outgoing));

function majority(of: readonly string[], among: readonly string[]): boolean {
  return of.length === 0 || of.filter((node) => among.includes(node)).length > of.length / 2;
}

it("takes a majority of each half for a quorum", () => {
  fc.assert(
    fc.property(CONFIGURATION, fc.subarray(NODES), (configuration, nodes) => {
      const has = (node: string): boolean => nodes.includes(node);
      const expected = majority(configuration.voters, nodes) && majority(configuration.outgoing, nodes);
      expect(isQuorum(configuration, has)).toBe(expected);
      expect(isBlocking(configuration, (node) => !has(node))).toBe(!expected);
    }),
    { seed: 1 },
  );
});

it("finds the highest value that a quorum has reached", () => {
  fc.assert(
    fc.property(
      CONFIGURATION,
      fc.array(fc.nat(5), { minLength: 7, maxLength: 7 }),
      (configuration, values) => {
        const valueOf = (node: string): number => values[NODES.indexOf(node)]!;
        let expected = 0;
        for (let value = 0; value <= 5; value++) {
          if (isQuorum(configuration, (node) => valueOf(node) >= value)) expected = value;
        }
        expect(quorumValue(configuration, valueOf)).toBe(expected);
      },
    ),
    { seed: 1 },
  );
});

it("knows no quorum without voters", () => {
  expect(isQuorum(makeConfiguration([]), () => true)).toBe(false);
  expect(quorumValue(makeConfiguration([]), () => 7)).toBe(0);
});
