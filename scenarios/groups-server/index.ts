/**
 * `groups-server`: the groups of `groups`, whose coordinators assign (KIP-848): members say what they have in heartbeats, and
 * come one by one to what they are to have, while coordinators are killed and cut off.
 *
 * What it checks: what `groups` does, but by member epochs instead of generations: by what coordinators have of their members,
 * and by what members say themselves, a partition is one member's at a time, and nobody's until whoever had it has given it up
 * or is out of the group; epochs are not counted down, and none is ahead of its group; commits are of whoever has the partition,
 * by an epoch since it was given it (KIP-1251); nobody takes the place of a static member that has not gone. What it does not:
 * members of the other protocol in the same group.
 */
import type { Scenario } from "#sim/scenario.js";
import { GROUPS_SETTING } from "../groups/index.js";
import { newGroupsScenario } from "../groups/scenario.js";
import { CLOCK_FAULTS, LINK_FAULTS, PARTITIONS, PROCESS_FAULTS } from "../raft/menus.js";

export const groupsServerScenario: Scenario = newGroupsScenario({
  name: "groups-server",
  summary: "consumer groups whose coordinators assign (KIP-848): one owner, epochs that only grow, no lag",
  faults: { ...PROCESS_FAULTS, ...CLOCK_FAULTS, ...LINK_FAULTS, ...PARTITIONS },
  mustReach: [
    "broker/isr-shrunk",
    "broker/segments-swapped",
    "consumer/commit-refused",
    "consumer/coordinator-changed",
    "consumer/generation-lost",
    "consumer/heartbeat-repeated",
    "consumer/instance-fenced",
    "consumer/poll-too-late",
    "consumer/revoked-some",
    "group/answer-repeated",
    "group/loaded-members",
    "group/member-returned",
    "group/revocation-expired",
    "group/session-expired",
    "group/unreleased-instance",
  ],
  setting: {
    ...GROUPS_SETTING,
    protocol: "consumer",
    acts: {
      leaves: 4,
      stalls: 3,
      crashes: 4,
      cuts: 2,
      coordinatorKills: 3,
      coordinatorCuts: 2,
      coordinatorMutes: 2,
      dawdlers: 0,
    },
  },
});
