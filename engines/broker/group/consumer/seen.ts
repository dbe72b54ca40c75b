/** What people and checks are told of a group. */
import { ASSIGNMENT } from "../../protocol/index.js";
import { partitionName } from "../../types.js";
import type {
  ConsumerGroupState,
  GenerationSeen,
  GroupEvent,
  LeftReason,
  MemberEpochSeen,
} from "../events.js";
import type { ConsumerGroup } from "./types.js";

/** Its epoch, and what each is to have; encoded as the leader of a classic group does. */
export function generationOf({ id, head, members, targets }: ConsumerGroup): GenerationSeen {
  return {
    group: id,
    generation: head.epoch,
    protocol: members.size === 0 ? undefined : head.assignor,
    leaderId: undefined,
    members: [...members.values()].map(({ memberId, instanceId, client }) => {
      const assignment = ASSIGNMENT.encode({ partitions: targets.get(memberId)!, basis: [] });
      return { memberId, instanceId, client, assignment };
    }),
  };
}

export function memberEpochOf({ id, members, currents }: ConsumerGroup, memberId: string): MemberEpochSeen {
  const { instanceId, client } = members.get(memberId)!;
  const { epoch, state, assigned, revoking } = currents.get(memberId)!;
  return {
    group: id,
    memberId,
    instanceId,
    client,
    memberEpoch: epoch,
    partitions: assigned.map(({ partition }) => partitionName(partition)),
    revoking: revoking.map(({ partition }) => partitionName(partition)),
    state,
  };
}

export function stateOf({ head, members, currents }: ConsumerGroup): ConsumerGroupState {
  if (members.size === 0) return "empty";
  const isAtRest = [...currents.values()].every(
    ({ state, epoch }) => state === "stable" && epoch === head.epoch,
  );
  return isAtRest ? "stable" : "reconciling";
}

/** What there is to tell of a change once it is committed. `reason`: why members that are there no more are gone. */
export function eventsOfChange(
  before: ConsumerGroup | undefined,
  after: ConsumerGroup,
  reason: LeftReason,
): GroupEvent[] {
  const { id: group, head } = after;
  const events: GroupEvent[] = [];
  for (const memberId of before?.members.keys() ?? []) {
    if (after.members.has(memberId)) continue;
    events.push({ kind: "group/member-left", group, memberId, generation: head.epoch, reason });
  }
  const isRenamed = before !== undefined && [...after.members.keys()].some((id) => !before.members.has(id));
  if (before?.head.epoch !== head.epoch || isRenamed) {
    events.push({ kind: "group/generation", ...generationOf(after) });
  }
  for (const [memberId, current] of after.currents) {
    if (before?.currents.get(memberId) === current) continue;
    events.push({ kind: "group/member-epoch", ...memberEpochOf(after, memberId) });
  }
  const state = stateOf(after);
  if (before === undefined || stateOf(before) !== state) {
    const members = [...after.members.keys()];
    events.push({ kind: "group/state", group, state, generation: head.epoch, members });
  }
  return events;
}
