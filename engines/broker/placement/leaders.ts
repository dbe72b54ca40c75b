import { assert } from "../../env/index.js";
import type { BrokerId } from "../types.js";
import { Loads } from "./loads.js";

/**
 * Puts another replica first where that spreads the leaders better; no data moves by it. An optimal semi-matching
 * (Harvey, Ladner, Lovász and Tamir, 2003): as long as a chain of hand-overs leads from a broker to one that leads at
 * least 2 less, each along it hands one over. Without such a chain no spread is better.
 */
export function balanceLeaders(
  placed: ReadonlyMap<string, BrokerId[]>,
  brokers: readonly BrokerId[],
  present: ReadonlyMap<string, readonly BrokerId[]>,
): void {
  const leads = new Loads(brokers);
  for (const [partition, [leader]] of present) {
    if (!placed.has(partition) && leader !== undefined) leads.add(leader, 1);
  }
  for (const [leader] of placed.values()) if (leader !== undefined) leads.add(leader, 1);
  for (;;) {
    const chain = findChain(placed, leads);
    if (chain === undefined) return;
    for (const { replicas, to } of chain) handOver(replicas, to, leads);
  }
}

interface HandOver {
  readonly replicas: BrokerId[];
  readonly to: BrokerId;
}

function handOver(replicas: BrokerId[], to: BrokerId, leads: Loads): void {
  const [from] = replicas;
  const at = replicas.indexOf(to);
  assert(from !== undefined && at > 0, "a leadership goes to another replica");
  replicas[0] = to;
  replicas[at] = from;
  leads.add(from, -1);
  leads.add(to, 1);
}

/** The hand-overs of the shortest chain from the first broker that has one, the fullest first. */
function findChain(placed: ReadonlyMap<string, BrokerId[]>, leads: Loads): HandOver[] | undefined {
  for (const start of leads.ascending().toReversed()) {
    const chain = chainFrom(start, placed, leads);
    if (chain !== undefined) return chain;
  }
  return undefined;
}

function chainFrom(
  start: BrokerId,
  placed: ReadonlyMap<string, BrokerId[]>,
  leads: Loads,
): HandOver[] | undefined {
  const chains = new Map<BrokerId, HandOver[]>([[start, []]]);
  // A map gives what is added while it is read: breadth first.
  for (const [at, chain] of chains) {
    if (leads.of(start) - leads.of(at) >= 2) return chain;
    for (const replicas of placed.values()) {
      if (replicas[0] !== at) continue;
      for (const to of replicas) {
        if (!chains.has(to)) chains.set(to, [...chain, { replicas, to }]);
      }
    }
  }
  return undefined;
}
