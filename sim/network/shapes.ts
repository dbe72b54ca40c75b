/** The shapes of partitions: which directed links each cuts. Pure functions of names and of what is drawn. */
import { assert } from "#engines/env/index.js";
import type { FaultKind } from "../faults/index.js";

export type PartitionKind = Extract<FaultKind, `partition-${string}`>;

export interface Shape {
  /** The node that stands for the partition in the ledger and in `admit`. */
  readonly pivot: string;
  /** Directed links, as pairs of from and to. */
  readonly cuts: readonly (readonly [string, string])[];
  /** For people, such as "a b | c". */
  readonly text: string;
}

/** The `i`-th integer in [0, bound) that is drawn for this partition. */
export type Draw = (bound: number, i: number) => number;

/** Draws after those of the shuffles. */
const SIZE = 1_000_000;
const CLIENTS = 2_000_000;

interface ShapeKind {
  /** With fewer it would be another shape, or none. */
  readonly minNodes: number;
  readonly minClients: number;
  /** `nodes` come in a random order. */
  make(nodes: readonly string[], clients: readonly string[], draw: Draw): Shape;
}

const SHAPES: Readonly<Record<PartitionKind, ShapeKind>> = {
  /** Two sides. */
  "partition-halves": {
    minNodes: 2,
    minClients: 0,
    make(nodes, _, draw) {
      const [a, b] = split(nodes, draw);
      return { pivot: nodes[0]!, cuts: bothWays(a, b), text: `${words(a)} | ${words(b)}` };
    },
  },
  /** One node and the rest. */
  "partition-isolate": {
    minNodes: 2,
    minClients: 0,
    make([pivot, ...rest]) {
      return { pivot: pivot!, cuts: bothWays([pivot!], rest), text: `${pivot} | ${words(rest)}` };
    },
  },
  /** Two sides; messages pass from the first to the second only. */
  "partition-one-way": {
    minNodes: 2,
    minClients: 0,
    make(nodes, _, draw) {
      const [a, b] = split(nodes, draw);
      return { pivot: nodes[0]!, cuts: oneWay(b, a), text: `${words(a)} > ${words(b)}` };
    },
  },
  /** Two sides that both reach one node. */
  "partition-bridge": {
    minNodes: 3,
    minClients: 0,
    make([pivot, ...rest], _, draw) {
      const [a, b] = split(rest, draw);
      return { pivot: pivot!, cuts: bothWays(a, b), text: `${words(a)} | ${pivot} | ${words(b)}` };
    },
  },
  /** Each node reaches its two neighbours; of three nodes all are neighbours. */
  "partition-ring": {
    minNodes: 4,
    minClients: 0,
    make(nodes) {
      return { pivot: nodes[0]!, cuts: acrossRing(nodes), text: `${nodes.join(" - ")} - ${nodes[0]}` };
    },
  },
  /** Some clients and some nodes, or all. */
  "partition-client": {
    minNodes: 1,
    minClients: 1,
    make(nodes, clients, draw) {
      const who = some(shuffled(clients, draw, CLIENTS), draw, CLIENTS + SIZE);
      const from = some(nodes, draw, SIZE);
      return { pivot: who[0]!, cuts: bothWays(who, from), text: `${words(who)} | ${words(from)}` };
    },
  },
};

export const PARTITION_KINDS: readonly PartitionKind[] = Object.keys(SHAPES) as PartitionKind[];

/** Whether there are nodes and clients enough for this shape. */
export function isPossible(kind: PartitionKind, nodes: number, clients: number): boolean {
  const { minNodes, minClients } = SHAPES[kind];
  return nodes >= minNodes && clients >= minClients;
}

export function shapeOf(
  kind: PartitionKind,
  nodes: readonly string[],
  clients: readonly string[],
  draw: Draw,
): Shape {
  assert(isPossible(kind, nodes.length, clients.length), "there are nodes enough for this partition");
  return SHAPES[kind].make(shuffled(nodes, draw, 0), clients, draw);
}

/** Two sides, neither empty. */
function split(order: readonly string[], draw: Draw): [string[], string[]] {
  const size = 1 + draw(order.length - 1, SIZE);
  return [order.slice(0, size), order.slice(size)];
}

/** The first few, at least one. */
function some(order: readonly string[], draw: Draw, i: number): string[] {
  return order.slice(0, 1 + draw(order.length, i));
}

function oneWay(from: readonly string[], to: readonly string[]): [string, string][] {
  return from.flatMap((a) => to.map((b): [string, string] => [a, b]));
}

function bothWays(a: readonly string[], b: readonly string[]): [string, string][] {
  return [...oneWay(a, b), ...oneWay(b, a)];
}

/** All pairs that are not neighbours in the ring. */
function acrossRing(ring: readonly string[]): [string, string][] {
  return ring.flatMap((a, i) =>
    ring.filter((_, j) => Math.abs(i - j) % (ring.length - 1) > 1).map((b): [string, string] => [a, b]),
  );
}

/** Fisher and Yates. */
function shuffled(names: readonly string[], draw: Draw, from: number): string[] {
  const order = [...names];
  for (let i = order.length - 1; i > 0; i--) {
    const j = draw(i + 1, from + i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

function words(names: readonly string[]): string {
  return names.join(" ");
}
