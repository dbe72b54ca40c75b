/** Who comes into a group, and who takes over whose place. */
import type { ConsumerHeartbeatRequest, ServerAssignor } from "../../protocol/index.js";
import { refusal } from "../refusals.js";
import { findMember, instanceOf } from "./members.js";
import { NOTHING } from "./reconcile.js";
import { AWAY_EPOCH, JOINING_EPOCH, type ConsumerGroup, type ConsumerMember } from "./types.js";

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
    // It is given anew what it had, as `replaced` says.
    return epoch === AWAY_EPOCH
      ? { ...group, currents: new Map(group.currents).set(memberId, NOTHING) }
      : group;
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

/**
 * Another process is this instance: it has the place of the one before, which must have gone (KIP-848). What comes with the
 * place it is given anew, as nobody else can have it meanwhile: so commits of before do not count (KIP-1251).
 */
function replaced(group: ConsumerGroup, before: ConsumerMember, memberId: string): ConsumerGroup {
  const { memberId: old, instanceId } = before;
  if (group.currents.get(old)!.epoch !== AWAY_EPOCH) {
    throw refusal("UNRELEASED_INSTANCE_ID", `${instanceId}, which is ${old} and has not left`, group.id);
  }
  if (group.members.has(memberId))
    throw refusal("UNKNOWN_MEMBER_ID", `${memberId} of ${instanceId}`, group.id);
  return {
    ...group,
    members: withKey(group.members, old, memberId, { ...before, memberId }),
    targets: withKey(group.targets, old, memberId, group.targets.get(old)!),
    currents: withKey(group.currents, old, memberId, NOTHING),
  };
}

function withKey<T>(map: ReadonlyMap<string, T>, from: string, to: string, value: T): Map<string, T> {
  const next = new Map(map);
  next.delete(from);
  return next.set(to, value);
}
