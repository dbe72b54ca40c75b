/** The decisions of a leader about who is in sync and what is committed, each without effects. */
import type { BrokerState, PartitionState } from "../metadata/types.js";
import type { BrokerId, Offset } from "../types.js";
import type { FollowerState } from "./follower-state.js";

/** Who counts until the controller has answered: the ISR that is agreed on, and every one that was asked for. */
export function maximalIsr(
  committed: readonly BrokerId[],
  proposed: readonly BrokerId[],
): readonly BrokerId[] {
  return [...committed, ...proposed.filter((broker) => !committed.includes(broker))];
}

/** `minInsyncReplicas`, as far as there are so many replicas. */
export function effectiveMinIsr(minInsyncReplicas: number, state: PartitionState): number {
  return Math.min(minInsyncReplicas, state.replicas.length);
}

/** Whether too few replicas are in sync for anything to be committed (KIP-966). */
export function isUnderMinIsr(minInsyncReplicas: number, state: PartitionState): boolean {
  return state.isr.length < effectiveMinIsr(minInsyncReplicas, state);
}

/**
 * Whether the metadata lets this follower into the ISR: it is registered and neither fenced nor on its way out
 * (KIP-841), and it is in the life in which it fetches (KIP-903).
 */
export function mayJoinIsr(follower: FollowerState, known: BrokerState | undefined): boolean {
  if (known === undefined || known.isFenced || known.isShuttingDown) return false;
  return known.epoch === follower.brokerEpoch;
}

export interface CommitView {
  readonly highWatermark: Offset;
  /** What the leader itself counts for. */
  readonly leaderEnd: Offset;
  readonly state: PartitionState;
  readonly minInsyncReplicas: number;
  readonly maximalIsr: readonly BrokerId[];
  readonly followers: ReadonlyMap<BrokerId, FollowerState>;
  /** Of a follower that is not in the maximal ISR: whether the leader waits for it, so that it can catch up. */
  readonly isAwaited: (broker: BrokerId, follower: FollowerState) => boolean;
}

/** The high watermark that follows; never below the one there is. */
export function nextHighWatermark(view: CommitView): Offset {
  if (isUnderMinIsr(view.minInsyncReplicas, view.state)) return view.highWatermark;
  let least = view.leaderEnd;
  for (const [broker, follower] of view.followers) {
    const counts = view.maximalIsr.includes(broker) || view.isAwaited(broker, follower);
    if (counts) least = Math.min(least, follower.logEndOffset);
  }
  return Math.max(view.highWatermark, least);
}

/** Whether a follower has all that a member of the ISR must have (KAFKA-7128: of this leader's epoch, too). */
export function hasCaughtUp(follower: FollowerState, highWatermark: Offset, epochStart: Offset): boolean {
  return follower.logEndOffset >= highWatermark && follower.logEndOffset >= epochStart;
}

export interface LagView {
  readonly isr: readonly BrokerId[];
  readonly followers: ReadonlyMap<BrokerId, FollowerState>;
  readonly leaderEnd: Offset;
  readonly nowUs: number;
  readonly maxLagUs: number;
}

/** Members of the ISR that have not been at the leader's end for too long. */
export function laggards({ isr, followers, leaderEnd, nowUs, maxLagUs }: LagView): readonly BrokerId[] {
  return isr.filter((broker) => {
    const follower = followers.get(broker);
    return follower !== undefined && !follower.isWithinLag(leaderEnd, nowUs, maxLagUs);
  });
}
