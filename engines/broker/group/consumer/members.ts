/** Who a request is from, and whether it is to be believed. */
import type { TopicPartition } from "../../types.js";
import { refusal } from "../refusals.js";
import { areAmong, heldBy } from "./partitions.js";
import { AWAY_EPOCH, type ConsumerGroup, type ConsumerMember, type CurrentAssignment } from "./types.js";

export interface Claim {
  readonly memberId: string;
  readonly instanceId: string | undefined;
}

/** The member that is this instance (KIP-345). */
export function instanceOf({ members }: ConsumerGroup, instanceId: string): ConsumerMember | undefined {
  for (const member of members.values()) if (member.instanceId === instanceId) return member;
  return undefined;
}

/** Throws UNKNOWN_MEMBER_ID; FENCED_INSTANCE_ID where another member is that instance. */
export function findMember(group: ConsumerGroup, { memberId, instanceId }: Claim): ConsumerMember {
  if (instanceId !== undefined) {
    const known = instanceOf(group, instanceId);
    if (known !== undefined && known.memberId !== memberId) {
      throw refusal("FENCED_INSTANCE_ID", `${instanceId}, which is ${known.memberId} now`, group.id);
    }
  }
  const member = group.members.get(memberId);
  if (member === undefined || member.instanceId !== instanceId)
    throw refusal("UNKNOWN_MEMBER_ID", memberId, group.id);
  return member;
}

/**
 * Whether the member is where the coordinator has it. One step behind is possible where an answer was lost: then it has
 * no more than it was given. Gives whether it is behind; throws FENCED_MEMBER_EPOCH.
 */
export function isBehind(
  group: ConsumerGroup,
  current: CurrentAssignment,
  memberEpoch: number,
  owned: readonly TopicPartition[] | undefined,
): boolean {
  if (memberEpoch === current.epoch) return false;
  const isPrevious = memberEpoch === current.previousEpoch && current.epoch !== AWAY_EPOCH;
  if (isPrevious && owned !== undefined && areAmong(owned, heldBy(current))) return true;
  throw refusal("FENCED_MEMBER_EPOCH", `epoch ${memberEpoch}, now ${current.epoch}`, group.id);
}
