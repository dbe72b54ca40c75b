/** From one state of a partition to the next. */
import type { BrokerId } from "../types.js";
import { elrBehind, withLeader, type PartitionTarget } from "./election.js";
import { configOf, isActive, type PartitionEntry } from "./image.js";
import type { MetadataImage, PartitionState } from "./types.js";

/**
 * The state that follows the entry's: the target, and if that ends a reassignment, what comes of it. Each counts for the
 * partition epoch; a change of leader, and a leader's end, for the leader epoch, too.
 */
export function nextState(
  image: MetadataImage,
  { partition, state }: PartitionEntry,
  target: PartitionTarget,
): PartitionState {
  const { minInsyncReplicas } = configOf(image, partition);
  const settled = withoutLeaving(image, completed(image, target, minInsyncReplicas), minInsyncReplicas);
  const lastKnownElr = lastKnownBehind(state, settled, minInsyncReplicas);
  const leaderEpoch = settled.leader === state.leader ? state.leaderEpoch : state.leaderEpoch + 1;
  return { ...settled, lastKnownElr, leaderEpoch, partitionEpoch: state.partitionEpoch + 1 };
}

/**
 * Whoever was in sync or eligible and is neither any more: below the minimum, nobody of those that may hold what is
 * committed is forgotten, so that they stay as many as the minimum (KIP-966). At the minimum, the ISR is as many.
 */
function lastKnownBehind(
  { isr, elr, lastKnownElr }: PartitionState,
  after: PartitionTarget,
  minInsyncReplicas: number,
): BrokerId[] {
  if (after.isr.length >= minInsyncReplicas) return [];
  const known = [...isr, ...elr, ...lastKnownElr];
  const left = after.replicas.filter((replica) => known.includes(replica));
  return left.filter((replica) => !after.isr.includes(replica) && !after.elr.includes(replica));
}

/**
 * The target without the reassignment, where that is over: all of its replicas are in sync (KAFKA-15665), not only as
 * many as there were. Who goes may be the leader.
 */
function completed(
  image: MetadataImage,
  target: PartitionTarget,
  minInsyncReplicas: number,
): PartitionTarget {
  if (!isUnderWay(target)) return target;
  const targets = target.replicas.filter((replica) => !target.removing.includes(replica));
  if (!targets.every((replica) => target.isr.includes(replica))) return target;
  const settled = withReplicas({ ...target, adding: [], removing: [] }, targets);
  return withItsLeader(image, settled, minInsyncReplicas);
}

/** Whoever shuts down is in sync only as long as it leads: another leader could not keep it in its ISR (KIP-841). */
function withoutLeaving(
  image: MetadataImage,
  target: PartitionTarget,
  minInsyncReplicas: number,
): PartitionTarget {
  const isr = target.isr.filter((member) => isActive(image, member) || member === target.leader);
  if (isr.length === target.isr.length) return target;
  return { ...target, isr, elr: elrBehind(target, isr, minInsyncReplicas) };
}

/** Whether a reassignment is. */
export function isUnderWay({ adding, removing }: PartitionTarget): boolean {
  return adding.length > 0 || removing.length > 0;
}

/** With these replicas, in this order, and nobody in sync or eligible who is none. */
export function withReplicas(target: PartitionTarget, replicas: readonly BrokerId[]): PartitionTarget {
  const isr = replicas.filter((replica) => target.isr.includes(replica));
  return { ...target, replicas, isr, elr: replicas.filter((replica) => target.elr.includes(replica)) };
}

/** The leader stays where it still is a replica. */
export function withItsLeader(
  image: MetadataImage,
  target: PartitionTarget,
  minInsyncReplicas: number,
): PartitionTarget {
  if (target.leader === undefined || target.replicas.includes(target.leader)) return target;
  return withLeader(image, target, minInsyncReplicas, "clean");
}
