/** Who comes into a group, and who takes over whose place. */
import { JOINING_EPOCH } from "./types.js";
import type { ConsumerHeartbeatRequest } from "../../protocol/group-types.js";
import { refusal } from "../refusals.js";
import { findMember, instanceOf } from "./members.js";
import { NOTHING, takenUp } from "./reconcile.js";
import { AWAY_EPOCH, type ConsumerGroup, type ConsumerMember, type ServerAssignor } from "./types.js";

/**
 * The group with whoever joins in it. The same member may ask again, since its answer may have been lost. Throws
 * UNRELEASED_INSTANCE_ID while another member is the instance, and has not gone.
 */
export function joined(
  group: ConsumerGroup,
  request: ConsumerHeartbeatRequest,
  client: string,
): ConsumerGroup {
  const { memberId, instanceId } = request;
  const before = instanceId === undefined ? undefined : instanceOf(group, instanceId);
  if (before !== undefined && before.memberId !== memberId) return replaced(group, before, memberId);
  if (group.members.has(memberId)) {
    const { epoch } = group.currents.get(findMember(group, request).memberId)!;
    return epoch === AWAY_EPOCH ? comeBack(group, memberId) : group;
  }
  const member = subscribed({ ...NEW, memberId, instanceId, client }, request, client);
  return {
    ...group,
    members: new Map(group.members).set(memberId, member),
    targets: new Map(group.targets).set(memberId, []),
    currents: new Map(group.currents).set(memberId, NOTHING),
  };
}

const NEW: Omit<ConsumerMember, "memberId" | "instanceId" | "client"> = {
  rebalanceTimeoutUs: 0,
  topics: [],
  assignor: undefined,
};

/** The member with what it says now; the same where it says nothing new. */
export function subscribed(
  member: ConsumerMember,
  request: ConsumerHeartbeatRequest,
  client: string,
): ConsumerMember {
  const { topics = member.topics, rebalanceTimeoutUs = member.rebalanceTimeoutUs } = request;
  const isJoining = request.memberEpoch === JOINING_EPOCH;
  const assignor = (request.assignor ?? (isJoining ? undefined : member.assignor)) as
    ServerAssignor | undefined;
  const isSame =
    topics.length === member.topics.length &&
    topics.every((topic, at) => topic === member.topics[at]) &&
    rebalanceTimeoutUs === member.rebalanceTimeoutUs &&
    assignor === member.assignor &&
    client === member.client;
  return isSame ? member : { ...member, topics, rebalanceTimeoutUs, assignor, client };
}

/** Another process is this instance: it has the place of the one before, which must have gone (KIP-848). */
function replaced(group: ConsumerGroup, before: ConsumerMember, memberId: string): ConsumerGroup {
  const { memberId: old, instanceId } = before;
  const current = group.currents.get(old)!;
  if (current.epoch !== AWAY_EPOCH) {
    throw refusal("UNRELEASED_INSTANCE_ID", `${instanceId}, which is ${old} and has not left`, group.id);
  }
  if (group.members.has(memberId))
    throw refusal("UNKNOWN_MEMBER_ID", `${memberId} of ${instanceId}`, group.id);
  const target = group.targets.get(old)!;
  return {
    ...group,
    members: withKey(group.members, old, memberId, { ...before, memberId }),
    targets: withKey(group.targets, old, memberId, target),
    currents: withKey(group.currents, old, memberId, takenUp(current, target)),
  };
}

function comeBack(group: ConsumerGroup, memberId: string): ConsumerGroup {
  const next = takenUp(group.currents.get(memberId)!, group.targets.get(memberId)!);
  return { ...group, currents: new Map(group.currents).set(memberId, next) };
}

function withKey<T>(map: ReadonlyMap<string, T>, from: string, to: string, value: T): Map<string, T> {
  const next = new Map(map);
  next.delete(from);
  return next.set(to, value);
}
