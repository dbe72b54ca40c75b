/**
 * `broker-unclean`: the topic of `broker` lets a replica lead that lacks something committed, where nobody else can. What it lacks is
 * lost then, and that is counted.
 *
 * What it checks: all that `broker` does, but that nothing is lost; before the first unclean election nothing is, and never is there a
 * record twice, out of order, or that nobody sent. What it does not: how much an unclean election loses.
 */
import type { Scenario } from "#sim/scenario.js";
import { BROKER_LINK_FAULTS } from "../broker/menus.js";
import { newBrokerScenario } from "../broker/scenario.js";
import { BROKER_SETTING, CALM, type BrokerSetting } from "../broker/setting.js";
import { CLOCK_FAULTS, PARTITIONS, PROCESS_FAULTS } from "../raft/menus.js";

const SETTING: BrokerSetting = {
  ...BROKER_SETTING,
  partitions: [1, 2],
  minInsyncReplicas: [1],
  cleanups: ["delete"],
  retentionBytes: [-1],
  retentionMs: [-1],
  allowsUncleanElection: true,
  nemesis: { ...CALM, cuts: 3, kills: 3, ambushes: 3 },
  partitioning: "many",
  maxStrikes: [4, 8, 16],
  strikes: "brokers",
};

export const brokerUncleanScenario: Scenario = newBrokerScenario({
  name: "broker-unclean",
  summary: "unclean elections: losses are expected, counted, and never anything but losses",
  faults: { ...PROCESS_FAULTS, ...CLOCK_FAULTS, ...BROKER_LINK_FAULTS, ...PARTITIONS },
  mustReach: [
    "broker-unclean/elected",
    "broker-unclean/lost",
    "broker/diverged",
    "broker/duplicate-answered",
    "broker/fenced-fetch",
    "broker/high-watermark-lowered",
    "broker/isr-expanded",
    "broker/isr-shrunk",
    "controller/session-expired",
  ],
  setting: SETTING,
});
