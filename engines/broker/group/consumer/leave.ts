/** Who goes out of a group. */
import { assert } from "../../../env/index.js";
import type { ConsumerHeartbeatRequest } from "../../protocol/group-types.js";
import { refusal } from "../refusals.js";
import { findMember } from "./members.js";
import { retargeted } from "./target.js";
import { AWAY_EPOCH, LEAVING_EPOCH, type ConsumerGroup, type ConsumerRules } from "./types.js";

/** Throws UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID; INVALID_REQUEST where a dynamic member would go for a while. */
export function left(
  group: ConsumerGroup,
  request: ConsumerHeartbeatRequest,
  rules: ConsumerRules,
): ConsumerGroup {
  const { memberId, instanceId } = findMember(group, request);
  if (request.memberEpoch === LEAVING_EPOCH) return without(group, memberId, rules);
  assert(request.memberEpoch === AWAY_EPOCH, "whoever leaves says so");
  if (instanceId === undefined)
    throw refusal("INVALID_REQUEST", `${memberId}, which is not static`, group.id);
  return away(group, memberId);
}

/** What it had is free, and others are to have it. */
export function without(group: ConsumerGroup, memberId: string, rules: ConsumerRules): ConsumerGroup {
  const gone = {
    ...group,
    members: omit(group.members, memberId),
    targets: omit(group.targets, memberId),
    currents: omit(group.currents, memberId),
  };
  return retargeted(group, gone, rules);
}

/** Its place is kept: what it is to have stays its own. What it was giving up, it has given up now. */
function away(group: ConsumerGroup, memberId: string): ConsumerGroup {
  const current = group.currents.get(memberId)!;
  if (current.epoch === AWAY_EPOCH) return group;
  const gone = { ...current, state: "stable", epoch: AWAY_EPOCH, revoking: [] } as const;
  return {
    ...group,
    currents: new Map(group.currents).set(memberId, { ...gone, previousEpoch: current.epoch }),
  };
}

function omit<T>(map: ReadonlyMap<string, T>, key: string): Map<string, T> {
  const next = new Map(map);
  next.delete(key);
  return next;
}
