// Which nodes reach which, for each shape of partition.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPossible, PARTITION_KINDS, shapeOf, type PartitionKind } from "#sim/network/shapes.js";

const NODES = ["a", "b", "c", "d", "e", "f", "g"];
const CLIENTS = ["x", "y", "z"];

interface Picture {
  readonly nodes: readonly string[];
  readonly clients: readonly string[];
  readonly pivot: string;
  readonly text: string;
  readonly reaches: (from: string, to: string) => boolean;
  /** How many others a node reaches, of those that reach it too. */
  readonly degree: (node: string) => number;
}

/** Checks `holds` for many partitions of this shape. */
function everyShape(kind: PartitionKind, minNodes: number, holds: (picture: Picture) => void): void {
  fc.assert(
    fc.property(
      fc.integer({ min: minNodes, max: NODES.length }),
      fc.integer({ min: kind === "partition-client" ? 1 : 0, max: CLIENTS.length }),
      fc.nat(),
      (nodeCount, clientCount, seed) => {
        const nodes = NODES.slice(0, nodeCount);
        const clients = CLIENTS.slice(0, clientCount);
        const draw = (bound: number, i: number): number =>
          (Math.imul(seed ^ Math.imul(i + 1, 0x9e3779b1), 0x85ebca6b) >>> 7) % bound;
        const { cuts, pivot, text } = shapeOf(kind, nodes, clients, draw);
        const cut = new Set(cuts.map(([from, to]) => `${from}>${to}`));
        expect(cut.size).toBe(cuts.length);
        expect(cut.size).toBeGreaterThan(0);
        expect(cuts.every(([from, to]) => from !== to)).toBe(true);
        const reaches = (from: string, to: string): boolean => !cut.has(`${from}>${to}`);
        const degree = (node: string): number =>
          nodes.filter((other) => other !== node && reaches(node, other) && reaches(other, node)).length;
        const isSymmetric = cuts.every(([from, to]) => cut.has(`${to}>${from}`));
        expect(isSymmetric).toBe(kind !== "partition-one-way");
        if (kind !== "partition-client") {
          expect(cuts.flat().every((name) => nodes.includes(name))).toBe(true);
        }
        holds({ nodes, clients, pivot, text, reaches, degree });
      },
    ),
    { seed: 11, numRuns: 300 },
  );
}

/** The classes of nodes that reach each other directly; fails where that is no equivalence. */
function sides(nodes: readonly string[], reaches: (from: string, to: string) => boolean): string[][] {
  const classes: string[][] = [];
  for (const node of nodes) {
    const side = classes.find((members) => reaches(members[0]!, node));
    if (side === undefined) classes.push([node]);
    else side.push(node);
  }
  for (const from of nodes) {
    for (const to of nodes) {
      expect(reaches(from, to)).toBe(classes.some((side) => side.includes(from) && side.includes(to)));
    }
  }
  return classes;
}

describe("a partition", () => {
  it("halves: two sides, each whole, of any sizes", () => {
    const sizes = new Set<number>();
    everyShape("partition-halves", 2, ({ nodes, reaches }) => {
      const both = sides(nodes, reaches);
      expect(both).toHaveLength(2);
      if (nodes.length === 5) sizes.add(both.find((side) => side.includes("a"))!.length);
    });
    expect(sizes).toEqual(new Set([1, 2, 3, 4]));
  });

  it("isolate: one node and the rest", () => {
    const alone = new Set<string>();
    everyShape("partition-isolate", 2, ({ nodes, pivot, reaches }) => {
      expect(sides(nodes, reaches)).toHaveLength(2);
      expect(nodes.filter((node) => node === pivot || reaches(node, pivot))).toEqual([pivot]);
      alone.add(pivot);
    });
    expect(alone.size).toBe(NODES.length);
  });

  it("one-way: between two sides messages pass in one direction only", () => {
    everyShape("partition-one-way", 2, ({ nodes, text, reaches }) => {
      const [first, second] = text.split(" > ").map((side) => side.split(" "));
      expect([...first!, ...second!].toSorted()).toEqual([...nodes]);
      for (const from of nodes) {
        for (const to of nodes) {
          expect(reaches(from, to)).toBe(!(second!.includes(from) && first!.includes(to)));
        }
      }
    });
  });

  it("bridge: two sides share one node", () => {
    everyShape("partition-bridge", 3, ({ nodes, pivot, reaches, degree }) => {
      expect(degree(pivot)).toBe(nodes.length - 1);
      expect(
        sides(
          nodes.filter((node) => node !== pivot),
          reaches,
        ),
      ).toHaveLength(2);
    });
  });

  it("ring: each node reaches its two neighbours, and all are connected by them", () => {
    everyShape("partition-ring", 4, ({ nodes, reaches, degree }) => {
      expect(nodes.map(degree)).toEqual(nodes.map(() => 2));
      const seen = new Set([nodes[0]!]);
      for (const node of seen) for (const next of nodes) if (reaches(node, next)) seen.add(next);
      expect(seen.size).toBe(nodes.length);
    });
  });

  it("client: some clients don't reach some nodes, and nodes reach each other", () => {
    const pictures = new Set<string>();
    everyShape("partition-client", 1, ({ nodes, clients, pivot, reaches, degree }) => {
      expect(nodes.every((node) => degree(node) === nodes.length - 1)).toBe(true);
      expect(clients).toContain(pivot);
      const unreached = clients.map((client) => nodes.filter((node) => !reaches(client, node)).join(""));
      expect(new Set(unreached.filter((text) => text !== "")).size).toBe(1);
      if (nodes.length === 3 && clients.length === 2) pictures.add(unreached.join(" "));
    });
    // Three choices of clients, seven of nodes.
    expect(pictures.size).toBeGreaterThan(6);
  });

  it("is asked for only where there are nodes enough for it", () => {
    const possible = (nodes: number, clients: number): string[] =>
      PARTITION_KINDS.filter((kind) => isPossible(kind, nodes, clients)).map((kind) => kind.slice(10));
    expect(possible(1, 0)).toEqual([]);
    expect(possible(1, 1)).toEqual(["client"]);
    expect(possible(2, 0)).toEqual(["halves", "isolate", "one-way"]);
    expect(possible(3, 0)).toEqual(["halves", "isolate", "one-way", "bridge"]);
    expect(possible(4, 1)).toEqual(["halves", "isolate", "one-way", "bridge", "ring", "client"]);
    expect(() => shapeOf("partition-ring", ["a", "b", "c"], [], () => 0)).toThrow("enough");
  });
});
