/**
 * `groups`: consumer groups that share topics, while members join, leave, stall, crash, are cut off and come back, under
 * brokers that crash, lose their power and are parted. Some are alone in their group, some want one topic and some two; some
 * wait in polls for longer than they may stay away from them, and some take long in callbacks. A static member may have a
 * twin, a second process of the same instance; and a member of another make may join and never ask what it is assigned.
 *
 * What it checks: all that `broker` does, of the topic in which coordinators keep what they know too; that a partition is
 * one member's at a time, by the generations; that assignments are complete and balanced; that commits never go past what
 * was processed, never back, and are none of a generation that is over; and that in the end each group has processed and
 * committed everything, stable after a bounded number of rebalances. What it does not: disks that fail, see `broker`, and
 * members that change what they subscribe to.
 *
 * Members assign here; `groups-server` is the same where coordinators do.
 *
 * What else lives here: the parts that the other scenarios of groups are put together from. A run is drawn whole (`plan.ts`)
 * before it begins, and `group-storm.ts` carries it out; `dawdler.ts` is the member of another make, `returns.ts` writes to the
 * topic that only groups read.
 */
import type { Scenario } from "#sim/scenario.js";
import { BROKER_LINK_FAULTS } from "../broker/menus.js";
import { BROKER_SETTING, CALM } from "../broker/setting.js";
import { CLOCK_FAULTS, PARTITIONS, PROCESS_FAULTS } from "../raft/menus.js";
import { newGroupsScenario } from "./scenario.js";
import type { GroupsSetting } from "./setting.js";

export const GROUPS_SETTING: GroupsSetting = {
  broker: {
    ...BROKER_SETTING,
    controllers: [1, 3],
    brokers: [3, 3, 4],
    partitions: [2, 3, 4, 6],
    replicationFactors: [3],
    cleanups: ["delete"],
    retentionBytes: [-1],
    retentionMs: [-1],
    nemesis: { ...CALM, shutdowns: 1, kills: 1, controllerKills: 1 },
    maxStrikes: [2, 4, 8],
  },
  protocol: "classic",
  acts: {
    leaves: 4,
    stalls: 3,
    crashes: 4,
    cuts: 2,
    coordinatorKills: 1,
    coordinatorCuts: 1,
    coordinatorMutes: 1,
    dawdlers: 1,
  },
};

export const groupsScenario: Scenario = newGroupsScenario({
  name: "groups",
  summary: "consumer groups whose members come, leave, stall and crash: one owner, nothing skipped, no lag",
  faults: { ...PROCESS_FAULTS, ...CLOCK_FAULTS, ...BROKER_LINK_FAULTS, ...PARTITIONS },
  mustReach: [
    "broker/isr-shrunk",
    "broker/segments-swapped",
    "consumer/commit-refused",
    "consumer/coordinator-changed",
    "consumer/generation-lost",
    "consumer/instance-fenced",
    "consumer/poll-too-late",
    "consumer/revoked-some",
    "consumer/sync-interrupted",
    "group/fenced-instance",
    "group/loaded-members",
    "group/offset-expired",
    "group/session-expired",
    "group/static-replaced",
    "group/sync-timed-out",
  ],
  setting: GROUPS_SETTING,
});
