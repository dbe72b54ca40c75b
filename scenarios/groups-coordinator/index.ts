/**
 * `groups-coordinator`: the groups of `groups`, whose coordinators are killed and cut off again and again: whoever takes over has
 * to load all that is in the log before it answers, and whoever was taken over has to notice.
 *
 * What it checks, and what it does not: see `groups`.
 */
import type { Scenario } from "#sim/scenario.js";
import { BROKER_LINK_FAULTS } from "../broker/menus.js";
import { CALM } from "../broker/setting.js";
import { GROUPS_SETTING } from "../groups/index.js";
import { newGroupsScenario } from "../groups/scenario.js";
import { CLOCK_FAULTS, PROCESS_FAULTS } from "../raft/menus.js";

export const groupsCoordinatorScenario: Scenario = newGroupsScenario({
  name: "groups-coordinator",
  summary: "coordinators of groups that die and are cut off: all of the log is loaded, nothing is forgotten",
  faults: { ...PROCESS_FAULTS, ...CLOCK_FAULTS, ...BROKER_LINK_FAULTS },
  mustReach: [
    "broker/isr-shrunk",
    "consumer/commit-refused",
    "consumer/coordinator-changed",
    "consumer/generation-lost",
    "consumer/sync-interrupted",
    "group/illegal-generation",
    "group/loaded-members",
    "group/session-expired",
    "group/static-replaced",
  ],
  setting: {
    broker: {
      ...GROUPS_SETTING.broker,
      nemesis: CALM,
      partitioning: "none",
      maxStrikes: [0, 2],
    },
    protocol: "classic",
    acts: {
      leaves: 2,
      stalls: 1,
      crashes: 2,
      cuts: 1,
      coordinatorKills: 5,
      coordinatorCuts: 4,
      coordinatorMutes: 2,
      dawdlers: 1,
    },
  },
});
