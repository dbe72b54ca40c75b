/**
 * `broker-isr`: the replicas of `broker` under a network that is cut in every shape, again and again: they leave the ISR and come
 * back, leaders are cut off with and without their controllers, and what a deposed one has to give up is settled by epochs.
 *
 * What it checks: all that `broker` does. What it does not: disks that fail; see there.
 */
import type { Scenario } from "#sim/scenario.js";
import { BROKER_LINK_FAULTS } from "../broker/menus.js";
import { newBrokerScenario } from "../broker/scenario.js";
import { BROKER_SETTING, CALM, type BrokerSetting } from "../broker/setting.js";
import { CLOCK_FAULTS, PARTITIONS, PROCESS_FAULTS } from "../raft/menus.js";

const SETTING: BrokerSetting = {
  ...BROKER_SETTING,
  partitions: [1, 2],
  replicationFactors: [3],
  cleanups: ["delete"],
  retentionBytes: [-1],
  retentionMs: [-1],
  // Only brokers that answer before they store can come back with less than they said that they have.
  durabilities: ["cache", "cache", "sync"],
  nemesis: { ...CALM, cuts: 3, kills: 2, ambushes: 2, relapses: 5 },
  partitioning: "many",
  maxStrikes: [2, 4, 8],
  strikes: "brokers",
};

export const brokerIsrScenario: Scenario = newBrokerScenario({
  name: "broker-isr",
  summary: "in-sync replicas under partitions of every shape: who is in the ISR has everything committed",
  faults: { ...PROCESS_FAULTS, ...CLOCK_FAULTS, ...BROKER_LINK_FAULTS, ...PARTITIONS },
  mustReach: [
    "broker/diverged",
    "broker/duplicate-answered",
    "broker/fenced-fetch",
    "broker/isr-expanded",
    "broker/isr-refused",
    "broker/isr-shrunk",
    "broker/log-restarted",
    "broker/min-isr-refused",
    "broker/offset-not-available",
    "broker/produce-timed-out",
    "controller/session-expired",
  ],
  setting: SETTING,
});
