/**
 * `reassignment`: partitions of `broker` are moved between brokers, again and again, while these and the controllers are killed and
 * cut off; some moves are undone half way.
 *
 * What it checks: all that `broker` does; above all that a move ends only once all of its targets are in sync, and that all do end. What
 * it does not: disks that fail; see there.
 */
import type { Scenario } from "#sim/scenario.js";
import { BROKER_LINK_FAULTS } from "../broker/menus.js";
import { newBrokerScenario } from "../broker/scenario.js";
import { BROKER_SETTING, CALM, type BrokerSetting } from "../broker/setting.js";
import { CLOCK_FAULTS, PARTITIONS, PROCESS_FAULTS } from "../raft/menus.js";

const SETTING: BrokerSetting = {
  ...BROKER_SETTING,
  brokers: [4, 5, 6],
  partitions: [1, 2],
  nemesis: { ...CALM, shutdowns: 1, cuts: 1, kills: 2, reassignments: 6, preferredElections: 2 },
  maxStrikes: [2, 4, 8],
};

export const reassignmentScenario: Scenario = newBrokerScenario({
  name: "reassignment",
  summary: "partitions that move between brokers that fail: a move ends when all of its targets are in sync",
  faults: { ...PROCESS_FAULTS, ...CLOCK_FAULTS, ...BROKER_LINK_FAULTS, ...PARTITIONS },
  mustReach: [
    "broker/controlled-shutdown",
    "broker/diverged",
    "broker/isr-expanded",
    "broker/isr-shrunk",
    "broker/partition-removed",
    "broker/throttled",
    "controller/preferred-elected",
    "controller/session-expired",
  ],
  setting: SETTING,
});
