/** Groups in words: what their coordinators and their members observe. */
import { ASSIGNMENT, type GroupConsumerEvent } from "#engines/broker/client/group/index.js";
import type { GroupEvent, GroupMemberSeen } from "#engines/broker/group/index.js";
import { partitionName } from "#engines/broker/types.js";

export function tellGroup(event: GroupEvent): string | undefined {
  switch (event.kind) {
    case "group/loaded":
      return `coordinates shard ${event.shard} in epoch ${event.epoch}: ${event.groups.map(({ group, generation }) => `${group} in generation ${generation}`).join(", ") || "no groups"}`;
    case "group/generation":
      return `has generation ${event.generation} of ${event.group} complete, by ${event.protocol ?? "nobody"}: ${event.members.map(shareText).join("; ") || "no members"}`;
    case "group/member-epoch":
      return `has ${event.memberId} of ${event.group} ${event.state} at epoch ${event.memberEpoch}, with ${event.partitions.join(" ") || "nothing"}${event.revoking.length > 0 ? `, without ${event.revoking.join(" ")} soon` : ""}`;
    case "group/state":
      return `takes ${event.group} for ${event.state} in generation ${event.generation}, with ${event.members.length} members`;
    case "group/member-absent":
      return `begins generation ${event.generation} of ${event.group} without ${event.memberId}, which is static`;
    case "group/member-left":
      return `has ${event.memberId} out of ${event.group}: ${event.reason}`;
    case "group/offset-committed":
      return `has ${event.offset} of ${event.partition} committed for ${event.group} by ${event.memberId || "no member"} of generation ${event.generation}`;
    case "group/offset-expired":
      return `forgets how far ${event.group} was in ${event.partition}`;
    case "group/removed":
      return `forgets ${event.group}`;
    default:
      return undefined;
  }
}

export function tellMember(event: GroupConsumerEvent): string | undefined {
  const { group, generation } = event;
  switch (event.kind) {
    case "consumer/assigned":
      return `is given ${listText(event.partitions)} in generation ${generation} of ${group}`;
    case "consumer/revoked":
      return `gives up ${listText(event.partitions)}, of generation ${generation} of ${group}`;
    case "consumer/lost":
      return `has lost ${listText(event.partitions)}, of generation ${generation} of ${group}`;
    case "consumer/committed":
      return `has committed ${listText(event.offsets.map(({ partition, offset }) => `${partition} up to ${offset}`))} in ${group}`;
    default:
      return undefined;
  }
}

/** Of a generation, by member: as coordinators have it, the leader's bytes. A member that was given none has no bytes. */
export function sharesOf(assignment: Uint8Array): string[] {
  return assignment.length === 0 ? [] : ASSIGNMENT.decode(assignment).partitions.map(partitionName);
}

function shareText({ memberId, assignment }: GroupMemberSeen): string {
  return `${memberId} ${listText(sharesOf(assignment))}`;
}

function listText(names: readonly string[]): string {
  return names.length === 0 ? "nothing new" : names.join(" ");
}
