/** How a member comes from what it has to what it is to have (KIP-848): it gives up first, and gets only what is free. */
import { assert } from "../../../env/index.js";
import { partitionNames } from "../../partition-names.js";
import { partitionName, type TopicPartition } from "../../types.js";
import { heldBy, ownedInOrder } from "./partitions.js";
import type { ConsumerGroup, CurrentAssignment, OwnedPartition } from "./types.js";

/** What a member is to come to. */
interface Goal {
  readonly epoch: number;
  readonly target: readonly TopicPartition[];
  /** What others have. */
  readonly taken: ReadonlySet<string>;
}

/** Of a member that was given nothing yet. */
export const NOTHING: CurrentAssignment = {
  state: "stable",
  epoch: 0,
  previousEpoch: 0,
  assigned: [],
  revoking: [],
};

/**
 * The group after the member has been heard, which is at its present epoch. `owned` is what it says it has; undefined where
 * it says nothing of that.
 */
export function reconciled(
  group: ConsumerGroup,
  memberId: string,
  owned: readonly TopicPartition[] | undefined,
): ConsumerGroup {
  const current = group.currents.get(memberId)!;
  const goal = goalOf(group, memberId);
  const next = reconcile(current, goal, owned);
  assert(next.epoch <= goal.epoch, "no member is ahead of its group");
  if (next === current) return group;
  return { ...group, currents: new Map(group.currents).set(memberId, next) };
}

function goalOf({ head, targets, currents }: ConsumerGroup, memberId: string): Goal {
  const others = [...currents].filter(([id]) => id !== memberId);
  const taken = partitionNames(others.flatMap(([, current]) => heldBy(current)));
  return { epoch: head.epoch, target: targets.get(memberId)!, taken };
}

function reconcile(
  current: CurrentAssignment,
  goal: Goal,
  owned: readonly TopicPartition[] | undefined,
): CurrentAssignment {
  if (current.state === "stable" && current.epoch === goal.epoch) return current;
  if (current.state !== "unrevoked") return advance(current, current, goal);
  if (!hasRevoked(current, owned)) return current;
  return advance(current, { ...current, revoking: [] }, goal);
}

/** It says so itself, at the epoch at which it was asked to: whatever it said before is of no account. */
function hasRevoked({ revoking }: CurrentAssignment, owned: readonly TopicPartition[] | undefined): boolean {
  if (owned === undefined) return false;
  const names = partitionNames(owned);
  return !revoking.some(({ partition }) => names.has(partitionName(partition)));
}

/** `before` is what the member was told last; `from` has no partitions any more that it has given up since. */
function advance(before: CurrentAssignment, from: CurrentAssignment, goal: Goal): CurrentAssignment {
  const wanted = partitionNames(goal.target);
  const kept = from.assigned.filter(({ partition }) => wanted.has(partitionName(partition)));
  const lost = from.assigned.filter(({ partition }) => !wanted.has(partitionName(partition)));
  if (lost.length > 0) {
    return at(before, { state: "unrevoked", epoch: from.epoch + 1, assigned: kept, revoking: lost });
  }
  const has = partitionNames(kept.map(({ partition }) => partition));
  const missing = goal.target.filter((partition) => !has.has(partitionName(partition)));
  const free = missing.filter((partition) => !goal.taken.has(partitionName(partition)));
  const state = free.length === missing.length ? "stable" : "unreleased";
  if (state === before.state && goal.epoch === before.epoch && free.length === 0) return before;
  const given = free.map((partition): OwnedPartition => ({ partition, epoch: goal.epoch }));
  return at(before, { state, epoch: goal.epoch, assigned: ownedInOrder([...kept, ...given]), revoking: [] });
}

/** The epoch before is what the member may still be at, if it has not heard of this one. */
function at(before: CurrentAssignment, next: Omit<CurrentAssignment, "previousEpoch">): CurrentAssignment {
  assert(next.epoch >= before.epoch, "a member's epoch does not go back");
  return { ...next, previousEpoch: next.epoch === before.epoch ? before.previousEpoch : before.epoch };
}
