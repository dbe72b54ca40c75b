/** The course of a rebalance: everybody joins, the leader assigns, everybody asks for its part. */
import { assert } from "../../../env/index.js";
import { BrokerError } from "../../errors.js";
import type { LeftReason } from "../events.js";
import { reached } from "../observe.js";
import { refusal } from "../refusals.js";
import { commonProtocols, chooseProtocol } from "./protocol-choice.js";
import type { ClassicGroup, ClassicState } from "./group.js";
import type { ClassicHost } from "./host.js";
import type { Member } from "./member.js";

const US_PER_MS = 1_000;

function become(host: ClassicHost, group: ClassicGroup, state: ClassicState): void {
  group.become(state);
  host.changed(group);
}

/** Has all members join again. The group must not be doing so already. */
export function prepareRebalance(host: ClassicHost, group: ClassicGroup): void {
  const { env, settings } = host;
  if (group.state === "completing") {
    for (const member of group.members.values())
      member.answerSync((waiter) => waiter.reject(rebalancing(group)));
  }
  group.deadlines.sync.cancel();
  group.unsynced.clear();
  const isFirst = group.state === "empty";
  group.emptySinceMs = undefined;
  become(host, group, "preparing");
  const timeoutUs = rebalanceTimeoutUs(group);
  if (isFirst && settings.initialRebalanceDelayUs > 0) {
    group.gathersUntilUs = env.clock.nowUs() + timeoutUs;
    group.deadlines.rebalance.set(Math.min(settings.initialRebalanceDelayUs, timeoutUs));
    return;
  }
  group.deadlines.rebalance.set(timeoutUs);
  completeIfAllJoined(host, group);
}

/** A member came while the first of an empty group are gathered: more may come (group.initial.rebalance.delay). */
export function waitForMore({ env, settings }: ClassicHost, group: ClassicGroup): void {
  if (group.gathersUntilUs === undefined) return;
  const leftUs = Math.max(0, group.gathersUntilUs - env.clock.nowUs());
  group.deadlines.rebalance.set(Math.min(settings.initialRebalanceDelayUs, leftUs));
}

export function completeIfAllJoined(host: ClassicHost, group: ClassicGroup): void {
  if (group.state !== "preparing") return;
  const isGathering = group.gathersUntilUs !== undefined && group.members.size > 0;
  if (isGathering || group.expected.size > 0) return;
  for (const { joining } of group.members.values()) if (joining === undefined) return;
  completeJoin(host, group);
}

/** Everybody has joined, or time is over: whoever has not is out, but for static members, whose session counts (KIP-345). */
export function completeJoin(host: ClassicHost, group: ClassicGroup): void {
  assert(group.state === "preparing", "members join while a rebalance is prepared");
  group.deadlines.rebalance.cancel();
  group.gathersUntilUs = undefined;
  for (const member of group.members.values()) {
    if (member.joining === undefined && member.instanceId === undefined) {
      drop(host, group, member, "rebalance-timeout");
    }
  }
  const voters = [...group.members.values()];
  if (voters.length > 0 && voters.every(({ joining }) => joining === undefined)) {
    // Only static members are left, and none of them has come: it goes on when one does, or when they are given up.
    group.deadlines.rebalance.set(rebalanceTimeoutUs(group));
    return;
  }
  group.electLeader();
  group.beginGeneration(chooseProtocol(voters));
  if (voters.length === 0) return becomeEmpty(host, group);
  become(host, group, "completing");
  for (const member of voters) {
    if (member.joining === undefined) {
      host.absent(group, member);
      continue;
    }
    group.unsynced.add(member.id);
    member.isNew = false;
    const answer = group.joinedAs(member);
    member.answerJoin((waiter) => waiter.resolve(answer));
  }
  group.deadlines.sync.set(rebalanceTimeoutUs(group));
}

function becomeEmpty(host: ClassicHost, group: ClassicGroup): void {
  group.emptySinceMs = Math.floor(host.env.clock.wallUs() / US_PER_MS);
  become(host, group, "empty");
  // Where that fails, a successor finds members whose sessions end, and comes to the same.
  void host.store(group, group.stored()).catch(ignoreRefusal);
}

/** Writes what the leader assigns; all who ask get it once that is committed. */
export async function completeSync(
  host: ClassicHost,
  group: ClassicGroup,
  assignments: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  assert(group.state === "completing" && !group.isStoring, "a generation is completed once");
  const { generation } = group;
  const isPresent = (): boolean => {
    return !group.isOver && group.state === "completing" && group.generation === generation;
  };
  group.isStoring = true;
  try {
    await host.store(group, group.stored(assignments));
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    group.isStoring = false;
    if (!isPresent()) return;
    // It may be committed yet, so nobody must be given another assignment in this generation.
    for (const member of group.members.values()) member.answerSync((waiter) => waiter.reject(error));
    return prepareRebalance(host, group);
  }
  group.isStoring = false;
  if (!isPresent()) return;
  for (const member of group.members.values()) {
    const assignment = assignments.get(member.id) ?? new Uint8Array(0);
    member.assignment = assignment;
    member.answerSync((waiter) => waiter.resolve({ assignment }));
  }
  become(host, group, "stable");
}

/** Who has not asked for its assignment in time is out: else the group would wait for it for ever (KAFKA-12890). */
export function syncTimedOut(host: ClassicHost, group: ClassicGroup): void {
  const late = [...group.unsynced].map((id) => group.members.get(id)!);
  if (late.length === 0) return;
  reached(host.env, "group/sync-timed-out");
  for (const member of late) drop(host, group, member, "sync-timeout");
  membersChanged(host, group);
}

/** The session of a member is over. */
export function sessionEnded(host: ClassicHost, group: ClassicGroup, member: Member): void {
  if (group.members.get(member.id) !== member) return;
  // Whoever waits for an answer is alive, unless it is new and nobody has heard of it for very long.
  if (member.isWaiting && !member.isNew) return member.touch();
  reached(host.env, "group/session-expired");
  drop(host, group, member, "session-timeout");
  membersChanged(host, group);
}

export function remove(host: ClassicHost, group: ClassicGroup, member: Member, reason: LeftReason): void {
  drop(host, group, member, reason);
  membersChanged(host, group);
}

/** Fewer members are there, or are expected: those that are left share what there is. */
export function membersChanged(host: ClassicHost, group: ClassicGroup): void {
  if (group.state === "preparing") return completeIfAllJoined(host, group);
  if (group.state === "empty") return;
  if (group.members.size > 0) return prepareRebalance(host, group);
  become(host, group, "preparing");
  group.deadlines.sync.cancel();
  completeJoin(host, group);
}

/** Whether the group, without `self`, can do one of these. */
export function isConsistent(
  group: ClassicGroup,
  self: Member | undefined,
  voter: Pick<Member, "protocols">,
): boolean {
  const others = [...group.members.values()].filter((member) => member !== self);
  return commonProtocols([voter, ...others]).length > 0;
}

function drop(host: ClassicHost, group: ClassicGroup, member: Member, reason: LeftReason): void {
  group.remove(member, refusal("UNKNOWN_MEMBER_ID", `${member.id}, out by ${reason}`, group.id));
  host.left(group, member, reason);
}

export function rebalancing(group: ClassicGroup): BrokerError {
  return refusal("REBALANCE_IN_PROGRESS", `generation ${group.generation}, which is over`, group.id);
}

function rebalanceTimeoutUs(group: ClassicGroup): number {
  let timeoutUs = 0;
  for (const member of group.members.values()) timeoutUs = Math.max(timeoutUs, member.rebalanceTimeoutUs);
  return timeoutUs;
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof BrokerError)) throw error;
}
