/** Partitions move to other brokers (KIP-455). */
import type { BrokerId } from "../../types.js";
import type { PartitionTarget } from "../election.js";
import { configOf } from "../image.js";
import { isUnderWay, nextState, withItsLeader, withReplicas } from "../transition.js";
import type { MetadataCommand, MetadataImage, PartitionState } from "../types.js";
import {
  findPartition,
  hasDuplicates,
  partitionChanged,
  refused,
  type Refused,
  type Verdict,
} from "./verdict.js";

type Reassign = Extract<MetadataCommand, { readonly kind: "reassign" }>;

/**
 * Begins to move the partition to `replicas`, or undoes what is under way. A move that follows another one keeps what
 * both add, and drops what only the first did. One that adds nobody who is not in sync ends at once.
 */
export function reassign(image: MetadataImage, { partition, replicas: targets }: Reassign): Verdict {
  const entry = findPartition(image, partition);
  if (!entry.ok) return entry;
  const { state } = entry.found;
  const { minInsyncReplicas } = configOf(image, partition);
  if (targets === undefined && !isUnderWay(state)) {
    return refused("NO_REASSIGNMENT_IN_PROGRESS", "settled replicas");
  }
  if (targets !== undefined && !areReplicas(image, targets)) {
    return refused("INVALID_REPLICA_ASSIGNMENT", targets.join(" "));
  }
  const rest = withoutAdded(image, state, targets ?? [], minInsyncReplicas);
  if ("code" in rest) return rest;
  const target = targets === undefined ? rest : towards(rest, targets);
  return partitionChanged(partition, nextState(image, entry.found, target));
}

/** Each is registered, and none is there twice. */
export function areReplicas(image: MetadataImage, replicas: readonly BrokerId[]): boolean {
  return (
    replicas.length > 0 && !hasDuplicates(replicas) && replicas.every((replica) => image.brokers.has(replica))
  );
}

/** Undone, but for those that it adds and that are to be `kept`. Refused where too few of the others are in sync. */
function withoutAdded(
  image: MetadataImage,
  state: PartitionState,
  kept: readonly BrokerId[],
  minInsyncReplicas: number,
): PartitionTarget | Refused {
  const adding = state.adding.filter((replica) => kept.includes(replica));
  const dropped = state.adding.filter((replica) => !kept.includes(replica));
  const replicas = state.replicas.filter((replica) => !dropped.includes(replica));
  // Whoever is dropped may be the one that holds what the rest lacks: as many as the topic wants have to be left, of
  // those in sync, of those that certainly hold everything committed, and of those that may.
  const { isr, elr, lastKnownElr } = state;
  for (const holders of [isr, [...isr, ...elr], [...isr, ...elr, ...lastKnownElr]]) {
    const left = holders.filter((holder) => replicas.includes(holder));
    if (left.length < Math.min(holders.length, minInsyncReplicas, replicas.length)) {
      return refused(
        "INVALID_REPLICA_ASSIGNMENT",
        `of ${holders.join(" ")}, those that stay: ${left.join(" ")}`,
      );
    }
  }
  const rest = withReplicas({ ...state, adding, removing: [] }, replicas);
  return withItsLeader(image, rest, minInsyncReplicas);
}

function towards(target: PartitionTarget, targets: readonly BrokerId[]): PartitionTarget {
  const { replicas, adding } = target;
  const going = replicas.filter((replica) => !targets.includes(replica));
  return {
    ...withReplicas(target, [...targets, ...going]),
    adding: targets.filter((replica) => !replicas.includes(replica) || adding.includes(replica)),
    removing: going,
  };
}
