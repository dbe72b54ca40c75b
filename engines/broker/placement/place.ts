import { BrokerError } from "../errors.js";
import type { BrokerId } from "../types.js";
import { balanceLeaders } from "./leaders.js";
import { Loads } from "./loads.js";
import { makeRing, onRing } from "./ring.js";

/** Replicas by partition, the preferred leader first. Keys are names of partitions. */
export type Assignment = ReadonlyMap<string, readonly BrokerId[]>;

/**
 * Replicas for each of `partitions`, on `brokers` alone, no two of a partition on one broker. Brokers end with numbers
 * of replicas that are at most 1 apart, as far as what is movable can bring that about, and lead as evenly as their
 * replicas allow.
 *
 * `present` is how things are. Of the partitions to be placed, replicas stay where they are, unless their broker is not
 * among `brokers`, there are more than wanted, or its load has to shrink for the balance; so adding or removing a broker
 * moves as little as possible. Other partitions are load that does not move. Among equals, the ring decides.
 *
 * Throws INVALID_REPLICA_ASSIGNMENT where there are fewer brokers than replicas, or none are wanted.
 */
export function place(
  brokers: readonly BrokerId[],
  partitions: readonly string[],
  replicationFactor: number,
  present: Assignment = new Map(),
): Map<string, BrokerId[]> {
  checkFactor(brokers, replicationFactor);
  const loads = new Loads(brokers);
  const placed = new Map<string, BrokerId[]>();
  for (const partition of partitions) {
    const kept = (present.get(partition) ?? []).filter((replica) => brokers.includes(replica));
    placed.set(partition, kept.slice(0, replicationFactor));
  }
  for (const [partition, replicas] of present) {
    for (const replica of placed.get(partition) ?? replicas) loads.add(replica, 1);
  }
  const ring = makeRing(brokers);
  for (const [partition, replicas] of placed) {
    const candidates = onRing(ring, partition, brokers.length);
    while (replicas.length < replicationFactor) {
      const chosen = loads.least(candidates.filter((broker) => !replicas.includes(broker)));
      replicas.push(chosen);
      loads.add(chosen, 1);
    }
  }
  balanceReplicas(placed, loads);
  balanceLeaders(placed, brokers, present);
  return placed;
}

function checkFactor(brokers: readonly BrokerId[], replicationFactor: number): void {
  if (replicationFactor >= 1 && replicationFactor <= brokers.length) return;
  throw new BrokerError("INVALID_REPLICA_ASSIGNMENT", {
    expected: `from 1 to ${brokers.length} replicas`,
    found: String(replicationFactor),
    where: "placement",
    todo: "start more brokers, or ask for fewer replicas",
  });
}

/** Moves one replica after the other from a fuller broker to an emptier one; each move brings the two closer. */
function balanceReplicas(placed: ReadonlyMap<string, BrokerId[]>, loads: Loads): void {
  for (;;) {
    const move = findMove(placed, loads);
    if (move === undefined) return;
    const { replicas, from, to } = move;
    replicas[replicas.indexOf(from)] = to;
    loads.add(from, -1);
    loads.add(to, 1);
  }
}

interface Move {
  readonly replicas: BrokerId[];
  readonly from: BrokerId;
  readonly to: BrokerId;
}

function findMove(placed: ReadonlyMap<string, BrokerId[]>, loads: Loads): Move | undefined {
  const ascending = loads.ascending();
  for (const from of ascending.toReversed()) {
    for (const to of ascending) {
      if (loads.of(from) - loads.of(to) <= 1) break;
      for (const replicas of placed.values()) {
        if (replicas.includes(from) && !replicas.includes(to)) return { replicas, from, to };
      }
    }
  }
  return undefined;
}
