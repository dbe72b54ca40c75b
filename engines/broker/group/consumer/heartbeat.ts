/** What a heartbeat does to a group, and what it is answered. */
import type { ConsumerHeartbeatRequest } from "../../protocol/group-types.js";
import type { TopicPartition } from "../../types.js";
import { joined, subscribed } from "./join.js";
import { findMember, isBehind } from "./members.js";
import { areSame, partitionsOf } from "./partitions.js";
import { reconciled } from "./reconcile.js";
import { isFull } from "./request.js";
import { retargeted } from "./target.js";
import { JOINING_EPOCH, type ConsumerGroup, type ConsumerRules } from "./types.js";

export interface Heard {
  readonly group: ConsumerGroup;
  readonly memberEpoch: number;
  readonly assigned: readonly TopicPartition[];
  /** The answer has to say what is assigned: the member may not know. */
  readonly isNews: boolean;
  /** It has just what it was given, and says so: it need not be told again. */
  readonly isConfirmed: boolean;
  /** It may have missed an answer, and is told the same once more. */
  readonly isRepeated: boolean;
  /** A static member that had gone is back. */
  readonly isReturned: boolean;
}

/**
 * A member that joins, or that is there. One that is behind, or that joins once more, is told what it missed, and nothing
 * else happens to it: so it is never more than one answer behind. Throws what `joined`, `findMember` and `isBehind` do.
 */
export function heard(
  before: ConsumerGroup,
  request: ConsumerHeartbeatRequest,
  client: string,
  rules: ConsumerRules,
): Heard {
  const { memberId, memberEpoch, owned } = request;
  const isJoining = memberEpoch === JOINING_EPOCH;
  const entered = isJoining ? joined(before, request, client) : before;
  const isEntering = entered !== before;
  if (!isJoining) findMember(before, request);
  const known = before.currents.get(memberId);
  const isRepeated = isJoining ? !isEntering : isBehind(before, known!, memberEpoch, owned);
  const wanting = retargeted(before, withSubscription(entered, request, client), rules);
  const group = isRepeated ? wanting : reconciled(wanting, memberId, owned);
  const current = group.currents.get(memberId)!;
  const assigned = partitionsOf(current.assigned);
  const hasChanged = current !== known;
  return {
    group,
    memberEpoch: current.epoch,
    assigned,
    isNews: isFull(request) || isRepeated || hasChanged,
    isConfirmed: !isRepeated && !hasChanged && owned !== undefined && areSame(owned, assigned),
    isRepeated,
    isReturned: isEntering && entered.members.size === before.members.size,
  };
}

function withSubscription(
  group: ConsumerGroup,
  request: ConsumerHeartbeatRequest,
  client: string,
): ConsumerGroup {
  const member = group.members.get(request.memberId)!;
  const next = subscribed(member, request, client);
  return next === member ? group : { ...group, members: new Map(group.members).set(next.memberId, next) };
}
