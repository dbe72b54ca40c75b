import type { MemberStamp } from "../../protocol/group-types.js";
import { reached } from "../observe.js";
import { refusal } from "../refusals.js";
import type { ClassicGroup } from "./group.js";
import type { ClassicHost } from "./host.js";
import type { Member } from "./member.js";

type Claim = Omit<MemberStamp, "group" | "generation">;

/**
 * Who it says it is. Throws UNKNOWN_MEMBER_ID; FENCED_INSTANCE_ID where another member is that instance now, in whatever
 * state the group is (KIP-345, KAFKA-8500).
 */
export function findMember({ env }: ClassicHost, group: ClassicGroup, claim: Claim): Member {
  const { memberId, instanceId } = claim;
  if (instanceId !== undefined) {
    const known = group.instance(instanceId);
    if (known !== undefined && known !== memberId) {
      reached(env, "group/fenced-instance");
      throw refusal("FENCED_INSTANCE_ID", `${instanceId}, which is ${known} now`, group.id);
    }
    if (known === undefined)
      throw refusal("UNKNOWN_MEMBER_ID", `${memberId}, instance ${instanceId}`, group.id);
  }
  const member = group.members.get(memberId);
  if (member === undefined) throw refusal("UNKNOWN_MEMBER_ID", memberId, group.id);
  return member;
}

/** The same, in the present generation. Throws ILLEGAL_GENERATION, too. */
export function findInGeneration(host: ClassicHost, group: ClassicGroup, stamp: MemberStamp): Member {
  const member = findMember(host, group, stamp);
  if (stamp.generation === group.generation) return member;
  reached(host.env, "group/illegal-generation");
  throw refusal("ILLEGAL_GENERATION", `generation ${stamp.generation}, now ${group.generation}`, group.id);
}

/**
 * Whether these offsets may be committed (G01: a member of a generation that is over must not). Throws what
 * `findInGeneration` does; UNKNOWN_MEMBER_ID for whoever is no member while there are some; REBALANCE_IN_PROGRESS while
 * the group waits for the assignment: the member is to commit under it.
 */
export function checkCommit(host: ClassicHost, group: ClassicGroup | undefined, stamp: MemberStamp): void {
  const isNobody = stamp.generation < 0 && stamp.memberId === "" && stamp.instanceId === undefined;
  if (isNobody) {
    if (group === undefined || group.state === "empty") return;
    throw refusal("UNKNOWN_MEMBER_ID", "a commit of no member, of a group that has some", stamp.group);
  }
  if (group === undefined) throw refusal("UNKNOWN_MEMBER_ID", stamp.memberId, stamp.group);
  const member = findInGeneration(host, group, stamp);
  if (group.state === "completing") {
    throw refusal("REBALANCE_IN_PROGRESS", `generation ${group.generation}, not assigned yet`, group.id);
  }
  member.touch();
}
