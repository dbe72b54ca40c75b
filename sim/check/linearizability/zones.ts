/**
 * Gibbons and Korach, "Testing shared memories" (SIAM J. Comput. 26(4), 1997), for a register whose observed
 * values have one writer each, carried over to compare-and-set.
 *
 * Operations that must stand together form a chain (`chains.ts`; the paper's cluster, welded by matching
 * compare-and-sets). B must come before A if some operation of B had ended before one of A began: when B's
 * first end is before A's last start. A circle among these demands always holds a circle of two, and without
 * one the order by max(first end, last start), or by the min, meets them all. So one pass in that order
 * decides: the history is linearizable unless a chain must precede one that came before it. Linear in the
 * number of operations.
 *
 * A compare-and-set that did not match asks for a moment at which the value was another. That depends on the
 * order. Two are tried: one made for it (`lazy-order.ts`), and that by the min; then the answer is `undecided`.
 */
import { assert } from "#engines/env/index.js";
import { DIFFERS } from "./action.js";
import { ChainBuilder, chainable, type Chain, type Chains } from "./chains.js";
import { LazyOrder } from "./lazy-order.js";
import type { Partition } from "./partition.js";
import { placeObservations } from "./placement.js";
import type { ValueOperations } from "./values.js";

export type ZonesOutcome =
  | { readonly kind: "linearizable"; readonly order: readonly number[] }
  | { readonly kind: "violation" }
  | { readonly kind: "undecided" };

type Rank = (chain: Chain) => number;
const byMax: Rank = ({ firstEnd, lastStart }) => Math.max(firstEnd, lastStart);
const byMin: Rank = ({ firstEnd, lastStart }) => Math.min(firstEnd, lastStart);
/** The chain of the initial value ends before all: at -1, and may have begun never: at -1. */
const LEAST_RANK = -1;

/** Chains in the order of their ranks, which are ranks of events and so all different: a bucket sort. */
function sorted(chains: readonly Chain[], rank: Rank, ranks: number): Chain[] {
  const buckets = new Int32Array(ranks - LEAST_RANK).fill(-1);
  chains.forEach((chain, i) => {
    assert(rank(chain) < ranks, "a chain holds an operation that was answered");
    buckets[rank(chain) - LEAST_RANK] = i;
  });
  const order: Chain[] = [];
  for (const i of buckets) if (i >= 0) order.push(chains[i]!);
  assert(order.length === chains.length, "no two chains share a rank");
  return order;
}

/** True where no chain must precede one that stands before it. */
function respectsRealTime(chains: readonly Chain[]): boolean {
  let lastStart = LEAST_RANK;
  for (const chain of chains) {
    if (chain.firstEnd < lastStart) return false;
    lastStart = Math.max(lastStart, chain.lastStart);
  }
  return true;
}

function concatenated({ sequence }: Chains, chains: readonly Chain[]): number[] {
  const order: number[] = [];
  for (const { from, to } of chains) {
    for (let at = from; at < to; at++) order.push(sequence[at]!);
  }
  return order;
}

function mismatches({ guard }: ValueOperations): number[] {
  const found: number[] = [];
  guard.forEach((kind, i) => {
    if (kind === DIFFERS) found.push(i);
  });
  return found;
}

/** `order` holds what took effect, by index, in an order that explains every answer. */
export function checkByZones(part: Partition<unknown, unknown>, actions: ValueOperations): ZonesOutcome {
  if (!chainable(actions)) return { kind: "undecided" };
  const outcome = new ChainBuilder(part, actions).build();
  if (typeof outcome === "string") return { kind: outcome };
  const ranks = part.events.length;
  const chains = sorted(outcome.chains, byMax, ranks);
  if (!respectsRealTime(chains)) return { kind: "violation" };
  const observations = mismatches(actions);
  const order = concatenated(outcome, chains);
  if (observations.length === 0) return { kind: "linearizable", order };
  const candidates = [
    (): Chain[] => new LazyOrder(part, actions, outcome).build(),
    (): Chain[] => sorted(outcome.chains, byMin, ranks),
  ];
  for (const candidate of candidates) {
    const other = candidate();
    assert(respectsRealTime(other), "other orders are as good");
    const placed = placeObservations(part, actions, concatenated(outcome, other), observations);
    if (placed !== undefined) return { kind: "linearizable", order: placed };
  }
  return { kind: "undecided" };
}
