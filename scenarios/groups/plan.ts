/** What a run's groups will be: drawn whole before the run begins, from a stream of its own. */
import type { AssignorName } from "#engines/broker/assignors/index.js";
import type { ServerAssignor } from "#engines/broker/client/index.js";
import type { GroupOptions } from "#engines/broker/group/index.js";
import { TOPIC } from "../broker/operations.js";
import { BROKER_PLAN_VERSION } from "../broker/plan.js";
import type { CoordinatorOptions } from "../broker/storm.js";
import type { Run } from "#sim/scenario.js";
import type { Stream } from "#sim/streams.js";
import type { GroupsSetting } from "./setting.js";

/** Counted up when what follows holds other values than before. */
export const GROUPS_PLAN_VERSION: number = BROKER_PLAN_VERSION + 1;

export interface GroupsPlan {
  readonly groups: readonly GroupPlan[];
  readonly members: readonly MemberPlan[];
  readonly twins: readonly TwinPlan[];
  readonly returns: ReturnsPlan;
  readonly acts: readonly GroupAct[];
  readonly coordinators: CoordinatorOptions;
  /** Commits expire, and groups are forgotten, while nobody takes part. */
  readonly mayForget: boolean;
}

export interface GroupPlan {
  readonly name: string;
  /** Of each member, in its order of preference; none where the coordinator assigns. */
  readonly assignors: readonly AssignorName[];
  /** How the coordinator assigns, where it does and they have a wish. */
  readonly serverAssignor?: ServerAssignor;
}

export type CommitMode = "auto" | "sync" | "async";

/** A topic beside the one that every broker scenario has, and what is sent to it. */
export interface ReturnsPlan {
  readonly partitions: number;
  readonly sends: readonly PlannedReturn[];
}

export interface PlannedReturn {
  readonly partition: number;
  readonly thinkUs: number;
}

export interface MemberPlan {
  readonly group: number;
  readonly topics: readonly string[];
  readonly isStatic: boolean;
  readonly joinsAtUs: number;
  /** These two only where members assign. */
  readonly sessionTimeoutUs: number;
  readonly heartbeatIntervalUs: number;
  readonly maxPollIntervalUs: number;
  readonly commits: CommitMode;
  readonly autoCommitIntervalUs: number;
  readonly maxPollRecords: number;
  /** What it takes to process what a poll gave out, at most; a member with more of it lags. */
  readonly workUs: number;
  /** After so many polls it asks what is committed. */
  readonly asksEvery: number;
  /** How long it waits in a poll: some for longer than they may stay away from it. */
  readonly pollUs: number;
  /** What its callbacks take, at most. */
  readonly callbackUs: number;
}

/** A second process of a static member's instance, by mistake: it fences the first, which fences it when it comes back. */
export interface TwinPlan {
  readonly member: number;
  readonly joinsAtUs: number;
  readonly staysUs: number;
}

export type GroupAct =
  | {
      readonly kind: "leave" | "stall" | "crash" | "cut";
      readonly atUs: number;
      readonly member: number;
      readonly lengthUs: number;
    }
  | { readonly kind: "dawdle"; readonly atUs: number; readonly group: number }
  | { readonly kind: "kill-coordinator"; readonly atUs: number; readonly group: number }
  | {
      readonly kind: "mute-coordinator";
      readonly atUs: number;
      readonly group: number;
      readonly lengthUs: number;
    }
  | {
      readonly kind: "cut-coordinator";
      readonly atUs: number;
      readonly group: number;
      readonly from: "brokers" | "controllers" | "both";
      readonly lengthUs: number;
    };

export type MemberAct = Extract<GroupAct, { readonly member: number }>;
export type CoordinatorAct = Exclude<GroupAct, MemberAct | { readonly kind: "dawdle" }>;

/** The topic that only groups read. */
export const RETURNS = "returns";

const MS = 1_000;
const DAY_MS = 86_400_000;
const CUT_MIN_US = 300 * MS;
const CUT_MAX_US = 2_500 * MS;
const TWIN_MIN_US = 200 * MS;
const TWIN_MAX_US = 3_000 * MS;
const RETURNS_COUNT = 30;
/** How long a coordinator waits for what it wrote to be committed. */
export const COMMIT_TIMEOUT_US: number = 1_000 * MS;

const COOPERATIVE: readonly AssignorName[] = ["cooperative-sticky"];
const ASSIGNORS: readonly (readonly AssignorName[])[] = [
  ["range"],
  ["round-robin"],
  ["sticky"],
  ["sticky", "range"],
  COOPERATIVE,
  COOPERATIVE,
  COOPERATIVE,
];

const SERVER_ASSIGNORS: readonly (ServerAssignor | undefined)[] = ["uniform", "range", undefined];
const BOTH: readonly string[] = [TOPIC, RETURNS];
/** What members of a group subscribe to: mostly all to the same. */
const SUBSCRIPTIONS: readonly (readonly (readonly string[])[])[] = [
  [[TOPIC]],
  [BOTH],
  [BOTH],
  [BOTH, [TOPIC], [RETURNS]],
];

export function drawGroupsPlan(run: Run, setting: GroupsSetting, stormUs: number): GroupsPlan {
  const drawn = draw(run, setting, stormUs);
  const { groups, coordinators, mayForget, members, twins } = drawn;
  return {
    ...run.planned("groups", { groups, coordinators, mayForget, members, twins }),
    returns: run.planned("returns", drawn.returns),
    acts: run.planned("groupActs", drawn.acts),
  };
}

function draw(run: Run, setting: GroupsSetting, stormUs: number): GroupsPlan {
  const stream = run.world.streams.get("groups");
  const mayForget = stream.below(5) === 0;
  const groups = Array.from({ length: run.integer("groups") || stream.pick([1, 1, 2]) }, (_, i) =>
    drawGroup(stream, setting, `g${i + 1}`),
  );
  const members = groups.flatMap((_, group) => {
    const count = run.integer("members") || stream.between(1, groups.length > 1 ? 3 : 5);
    const topics = stream.pick(SUBSCRIPTIONS);
    return Array.from({ length: count }, () => drawMember(stream, group, stream.pick(topics), stormUs));
  });
  return {
    groups,
    members,
    twins: drawTwins(stream, members, stormUs),
    returns: drawReturns(stream, stormUs),
    acts: drawActs(stream, setting, { groups: groups.length, members: members.length, stormUs }),
    coordinators: drawCoordinators(stream, setting, mayForget),
    mayForget,
  };
}

function drawGroup(stream: Stream, { protocol }: GroupsSetting, name: string): GroupPlan {
  if (protocol === "classic") return { name, assignors: stream.pick(ASSIGNORS) };
  const serverAssignor = stream.pick(SERVER_ASSIGNORS);
  return { name, assignors: [], ...(serverAssignor === undefined ? {} : { serverAssignor }) };
}

function drawMember(stream: Stream, group: number, topics: readonly string[], stormUs: number): MemberPlan {
  const sessionTimeoutUs = stream.pick([500, 1_000, 2_000]) * MS;
  const isStatic = stream.below(3) === 0;
  const joinsAtUs = stream.below(2) === 0 ? 0 : stream.below(Math.trunc(stormUs / 2));
  const heartbeats = stream.pick([3, 5]);
  const maxPollIntervalUs = stream.pick([600, 1_000, 2_000]) * MS;
  return {
    group,
    topics,
    isStatic,
    joinsAtUs,
    sessionTimeoutUs,
    // A member that hears of a rebalance when that waits for it no longer would be put out again and again.
    heartbeatIntervalUs: Math.trunc(Math.min(sessionTimeoutUs, maxPollIntervalUs) / heartbeats),
    maxPollIntervalUs,
    commits: stream.pick(["auto", "auto", "sync", "async"] as const),
    autoCommitIntervalUs: stream.pick([20, 100, 500]) * MS,
    maxPollRecords: stream.pick([1, 3, 500]),
    workUs: stream.pick([1, 20, 20, 100]) * MS,
    asksEvery: stream.pick([2, 5, 20]),
    pollUs: stream.pick([100, 100, 100, 2_500]) * MS,
    callbackUs: stream.pick([0, 0, 0, 300, 1_500]) * MS,
  };
}

function drawTwins(stream: Stream, members: readonly MemberPlan[], stormUs: number): TwinPlan[] {
  return members.flatMap(({ isStatic }, member) => {
    if (!isStatic || stream.below(2) === 0) return [];
    const staysUs = stream.between(TWIN_MIN_US, TWIN_MAX_US);
    return [{ member, joinsAtUs: stream.below(stormUs), staysUs }];
  });
}

/** Over most of the storm, in bursts. */
function drawReturns(stream: Stream, stormUs: number): ReturnsPlan {
  const partitions = stream.between(1, 3);
  const meanThinkUs = Math.trunc(stormUs / (2 * RETURNS_COUNT));
  const sends = Array.from({ length: RETURNS_COUNT }, (): PlannedReturn => {
    const thinkUs = stream.below(3) > 0 ? stream.below(2 * MS) : stream.below(6 * meanThinkUs + 1);
    return { partition: stream.below(partitions), thinkUs };
  });
  return { partitions, sends };
}

function drawCoordinators(
  stream: Stream,
  { protocol }: GroupsSetting,
  mayForget: boolean,
): CoordinatorOptions {
  return {
    internalTopics: {
      partitions: stream.pick([1, 2, 3]),
      replicationFactor: 3,
      minInsyncReplicas: 2,
      segmentBytes: stream.pick([1_000, 4_000, 1 << 20]),
    },
    groups: {
      sessionTimeoutMinUs: 1 * MS,
      initialRebalanceDelayUs: stream.pick([0, 0, 100, 500]) * MS,
      newMemberJoinTimeoutUs: 3_000 * MS,
      offsetsRetentionMs: mayForget ? stream.pick([500, 1_500]) : DAY_MS,
      offsetsRetentionCheckUs: stream.pick([100, 400]) * MS,
      commitTimeoutUs: COMMIT_TIMEOUT_US,
      ...(protocol === "consumer" ? drawSessions(stream) : {}),
    },
  };
}

function drawSessions(stream: Stream): GroupOptions {
  const consumerSessionTimeoutUs = stream.pick([500, 1_000, 2_000]) * MS;
  const consumerHeartbeatUs = Math.trunc(consumerSessionTimeoutUs / stream.pick([3, 5]));
  return { consumerSessionTimeoutUs, consumerHeartbeatUs };
}

interface Cast {
  readonly groups: number;
  readonly members: number;
  readonly stormUs: number;
}

/** In the order of their times. */
function drawActs(
  stream: Stream,
  { acts: counts }: GroupsSetting,
  { groups, members, stormUs }: Cast,
): GroupAct[] {
  const acts: GroupAct[] = [];
  const plan = (count: number, newAct: (atUs: number) => GroupAct): void => {
    for (let i = stream.below(count + 1); i > 0; i--) acts.push(newAct(stream.below(stormUs)));
  };
  const ofMember = (kind: MemberAct["kind"], longestUs: number) => (atUs: number) => {
    return { kind, atUs, member: stream.below(members), lengthUs: stream.between(10 * MS, longestUs) };
  };
  plan(counts.leaves, ofMember("leave", 1_500 * MS));
  plan(counts.stalls, ofMember("stall", 3_000 * MS));
  plan(counts.crashes, ofMember("crash", 3_000 * MS));
  plan(counts.cuts, ofMember("cut", 3_000 * MS));
  plan(counts.coordinatorKills, (atUs) => ({ kind: "kill-coordinator", atUs, group: stream.below(groups) }));
  plan(counts.dawdlers, (atUs) => ({ kind: "dawdle", atUs, group: stream.below(groups) }));
  plan(counts.coordinatorMutes, (atUs) => ({
    kind: "mute-coordinator",
    atUs,
    group: stream.below(groups),
    lengthUs: stream.between(CUT_MIN_US, CUT_MAX_US),
  }));
  plan(counts.coordinatorCuts, (atUs) => ({
    kind: "cut-coordinator",
    atUs,
    group: stream.below(groups),
    from: stream.pick(["brokers", "controllers", "both"] as const),
    lengthUs: stream.between(CUT_MIN_US, CUT_MAX_US),
  }));
  return acts.toSorted((a, b) => a.atUs - b.atUs);
}
