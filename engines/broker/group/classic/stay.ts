/** What a member of a generation asks for: its assignment, that it is still there, and that it goes. */
import type {
  GroupHeartbeatRequest,
  LeaveGroupRequest,
  SyncGroupRequest,
  SyncGroupResponse,
} from "../../protocol/group-types.js";
import { refusal } from "../refusals.js";
import { findInGeneration, findMember } from "./check.js";
import type { ClassicGroup } from "./group.js";
import type { ClassicHost } from "./host.js";
import { newWaiter } from "./member.js";
import { completeSync, membersChanged, rebalancing, remove } from "./rebalance.js";

/** Resolves when the leader has assigned. Throws, and rejects with, the refusals of Kafka's SyncGroup. */
export function sync(
  host: ClassicHost,
  group: ClassicGroup,
  request: SyncGroupRequest,
): Promise<SyncGroupResponse> {
  const member = findInGeneration(host, group, request);
  if (request.protocol !== group.protocol) {
    throw refusal("INCONSISTENT_GROUP_PROTOCOL", request.protocol, group.id);
  }
  if (group.state === "preparing") throw rebalancing(group);
  group.unsynced.delete(member.id);
  if (group.unsynced.size === 0) group.deadlines.sync.cancel();
  member.touch();
  if (group.state === "stable") return Promise.resolve({ assignment: member.assignment });
  member.answerSync((waiter) => waiter.reject(rebalancing(group)));
  const waiter = newWaiter<SyncGroupResponse>();
  member.syncing = waiter;
  if (member.id === group.leaderId && !group.isStoring) {
    const assignments = request.assignments.map((each) => [each.memberId, each.assignment] as const);
    void completeSync(host, group, new Map(assignments));
  }
  return waiter.promise;
}

/** Throws REBALANCE_IN_PROGRESS where the member is to join again, which it may take its time for. */
export function heartbeat(host: ClassicHost, group: ClassicGroup, request: GroupHeartbeatRequest): void {
  const member = findInGeneration(host, group, request);
  member.touch();
  if (group.state === "preparing") throw rebalancing(group);
}

/** The member goes. Without a member id, an instance is taken out by whoever looks after the group (KIP-345). */
export function leave(
  host: ClassicHost,
  group: ClassicGroup,
  { memberId, instanceId }: LeaveGroupRequest,
): void {
  const expected = group.expected.get(memberId);
  if (expected !== undefined) {
    expected.cancel();
    group.expected.delete(memberId);
    if (group.state === "preparing") membersChanged(host, group);
    return;
  }
  const isByInstance = memberId === "" && instanceId !== undefined;
  const id = isByInstance ? (group.instance(instanceId) ?? "") : memberId;
  remove(host, group, findMember(host, group, { memberId: id, instanceId }), "left");
}
