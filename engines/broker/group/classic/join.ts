import { unreachable } from "../../../env/index.js";
import type { JoinGroupRequest, JoinGroupResponse } from "../../protocol/group-types.js";
import { Deadline } from "../deadline.js";
import { reached } from "../observe.js";
import { MemberIdRequired, refusal } from "../refusals.js";
import { findMember } from "./check.js";
import type { ClassicGroup } from "./group.js";
import type { ClassicHost } from "./host.js";
import { Member, newWaiter } from "./member.js";
import {
  completeIfAllJoined,
  isConsistent,
  membersChanged,
  prepareRebalance,
  rebalancing,
  sessionEnded,
  waitForMore,
} from "./rebalance.js";

/** Resolves when the member is in a generation. Throws, and rejects with, the refusals of Kafka's JoinGroup. */
export function join(
  host: ClassicHost,
  group: ClassicGroup,
  request: JoinGroupRequest,
  client: string,
): Promise<JoinGroupResponse> {
  const { memberId, instanceId } = request;
  if (memberId !== "") return joinAgain(host, group, request, client);
  if (instanceId === undefined) throw expect(host, group, request, client);
  const id = newMemberId(host, instanceId);
  const known = group.instance(instanceId);
  if (known === undefined) return joinNew(host, group, request, client, id);
  return takeOver(host, group, group.members.get(known)!, newMember(host, group, request, client, id));
}

/** A new dynamic member gets an id first, so that one that joins again and again is not several (KIP-394). */
function expect(
  host: ClassicHost,
  group: ClassicGroup,
  request: JoinGroupRequest,
  client: string,
): MemberIdRequired {
  checkConsistent(group, undefined, request);
  const id = newMemberId(host, client);
  const deadline = new Deadline(host.env.clock, () => {
    group.expected.delete(id);
    membersChangedWhilePreparing(host, group);
  });
  deadline.set(request.sessionTimeoutUs);
  group.expected.set(id, deadline);
  return new MemberIdRequired(id, group.id);
}

/** Nobody waits for it any more: the rebalance may be complete by that. */
function membersChangedWhilePreparing(host: ClassicHost, group: ClassicGroup): void {
  if (group.state === "preparing") membersChanged(host, group);
}

function joinAgain(
  host: ClassicHost,
  group: ClassicGroup,
  request: JoinGroupRequest,
  client: string,
): Promise<JoinGroupResponse> {
  const { memberId } = request;
  const expected = group.expected.get(memberId);
  if (expected !== undefined && request.instanceId === undefined) {
    checkConsistent(group, undefined, request);
    expected.cancel();
    group.expected.delete(memberId);
    return joinNew(host, group, request, client, memberId);
  }
  const member = findMember(host, group, request);
  checkConsistent(group, member, request);
  const isSame = member.hasSame(request.protocols);
  update(member, request);
  switch (group.state) {
    case "preparing":
      return waitForRebalance(host, group, member);
    case "completing":
      // Its answer was lost on the way: here it is again.
      return isSame ? joined(group, member) : joinAnew(host, group, member);
    case "stable":
      // A leader that joins has seen a reason, such as new partitions; a follower's answer may have been lost.
      return isSame && member.id !== group.leaderId ? joined(group, member) : joinAnew(host, group, member);
    case "empty":
    default:
      return unreachable("an empty group has no members");
  }
}

function joinNew(
  host: ClassicHost,
  group: ClassicGroup,
  request: JoinGroupRequest,
  client: string,
  id: string,
): Promise<JoinGroupResponse> {
  checkConsistent(group, undefined, request);
  const member = newMember(host, group, request, client, id);
  group.add(member);
  if (group.state === "preparing") waitForMore(host, group);
  return group.state === "preparing" ? waitForRebalance(host, group, member) : joinAnew(host, group, member);
}

/**
 * Another process is this instance now (KIP-345): the one before is fenced at once, in whatever state the group is
 * (KAFKA-8500). In a stable group nothing else changes where it wants the same; a successor has to know, though.
 */
async function takeOver(
  host: ClassicHost,
  group: ClassicGroup,
  before: Member,
  member: Member,
): Promise<JoinGroupResponse> {
  checkConsistent(group, before, member);
  reached(host.env, "group/static-replaced");
  const isSame = before.hasSame(member.protocols);
  const { state } = group;
  group.replace(
    before,
    member,
    refusal("FENCED_INSTANCE_ID", `${before.id}, which is ${member.id} now`, group.id),
  );
  host.left(group, before, "replaced");
  if (state === "preparing") return waitForRebalance(host, group, member);
  if (state === "completing" || !isSame) return joinAnew(host, group, member);
  member.isNew = false;
  member.touch();
  const { generation } = group;
  await host.store(group, group.stored());
  const isPresent = group.state === "stable" && group.generation === generation;
  if (!isPresent || group.members.get(member.id) !== member) throw rebalancing(group);
  return group.joinedAs(member, true);
}

/** Everybody has to join again, this one has. */
function joinAnew(host: ClassicHost, group: ClassicGroup, member: Member): Promise<JoinGroupResponse> {
  const waiting = wait(group, member);
  prepareRebalance(host, group);
  return waiting;
}

function waitForRebalance(
  host: ClassicHost,
  group: ClassicGroup,
  member: Member,
): Promise<JoinGroupResponse> {
  const waiting = wait(group, member);
  completeIfAllJoined(host, group);
  return waiting;
}

/** One request of a member waits at a time: whoever sent the one before has given it up. */
function wait(group: ClassicGroup, member: Member): Promise<JoinGroupResponse> {
  member.answerJoin((waiter) => waiter.reject(rebalancing(group)));
  const waiter = newWaiter<JoinGroupResponse>();
  member.joining = waiter;
  return waiter.promise;
}

function joined(group: ClassicGroup, member: Member): Promise<JoinGroupResponse> {
  member.touch();
  return Promise.resolve(group.joinedAs(member));
}

function update(member: Member, { sessionTimeoutUs, rebalanceTimeoutUs, protocols }: JoinGroupRequest): void {
  member.sessionTimeoutUs = sessionTimeoutUs;
  member.rebalanceTimeoutUs = rebalanceTimeoutUs;
  member.protocols = protocols;
}

function newMember(
  host: ClassicHost,
  group: ClassicGroup,
  request: JoinGroupRequest,
  client: string,
  id: string,
): Member {
  const session = new Deadline(host.env.clock, () => sessionEnded(host, group, member));
  const member = new Member(id, request.instanceId, client, request, session);
  session.set(host.settings.newMemberJoinTimeoutUs);
  return member;
}

function newMemberId({ env }: ClassicHost, prefix: string): string {
  const token = (): string => env.random.uint32().toString(16).padStart(8, "0");
  return `${prefix}-${token()}${token()}`;
}

function checkConsistent(
  group: ClassicGroup,
  self: Member | undefined,
  voter: Pick<JoinGroupRequest, "protocols">,
): void {
  if (isConsistent(group, self, voter)) return;
  const found = voter.protocols.map(({ name }) => name).join(" ");
  throw refusal("INCONSISTENT_GROUP_PROTOCOL", found, group.id);
}
