/**
 * `broker-compaction`: the topic of `broker` is compacted, in small segments, while replicas come, go, are cut back and lose their
 * power.
 *
 * What it checks: all that `broker` does, for a log in which later records replace earlier ones: the latest of each key stays, and
 * no replica compacts what is not committed. What it does not: how much space that saves.
 */
import type { Scenario } from "#sim/scenario.js";
import { BROKER_DISK_FAULTS, BROKER_LINK_FAULTS } from "../broker/menus.js";
import { newBrokerScenario } from "../broker/scenario.js";
import { BROKER_SETTING, CALM, type BrokerSetting } from "../broker/setting.js";
import { PARTITIONS, PROCESS_FAULTS } from "../raft/menus.js";

const SETTING: BrokerSetting = {
  ...BROKER_SETTING,
  partitions: [1, 2],
  cleanups: ["compact", "compact", "compact,delete"],
  // A page is torn where a broker loses its power that answers before it stores.
  durabilities: ["cache", "cache", "sync"],
  nemesis: { ...CALM, shutdowns: 1, cuts: 1, kills: 2, ambushes: 1, relapses: 3 },
};

export const brokerCompactionScenario: Scenario = newBrokerScenario({
  name: "broker-compaction",
  summary: "compacted partitions under everything: the latest record of each key stays, on every replica",
  faults: { ...PROCESS_FAULTS, ...BROKER_LINK_FAULTS, ...PARTITIONS, ...BROKER_DISK_FAULTS },
  mustReach: [
    "broker/diverged",
    "broker/duplicate-answered",
    "broker/isr-expanded",
    "broker/isr-shrunk",
    "broker/log-restarted",
    "broker/segment-rolled",
    "broker/segments-swapped",
    "broker/swap-finished",
    "scenario/killed-in-recovery",
  ],
  setting: SETTING,
});
