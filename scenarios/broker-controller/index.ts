/**
 * `broker-controller`: the controllers of `broker` are killed, stopped and cut off, again and again, while brokers come, go and
 * change their ISRs.
 *
 * What it checks: all that `broker` does; above all that brokers go by one metadata log, whoever is the active controller. What
 * it does not: brokers whose disks fail; see there.
 */
import type { Scenario } from "#sim/scenario.js";
import { BROKER_LINK_FAULTS } from "../broker/menus.js";
import { newBrokerScenario } from "../broker/scenario.js";
import { BROKER_SETTING, CALM, type BrokerSetting } from "../broker/setting.js";
import { CLOCK_FAULTS, PARTITIONS, PROCESS_FAULTS } from "../raft/menus.js";

const SETTING: BrokerSetting = {
  ...BROKER_SETTING,
  controllers: [3, 3, 5],
  partitions: [2, 3],
  cleanups: ["delete"],
  retentionBytes: [-1],
  retentionMs: [-1],
  nemesis: { ...CALM, shutdowns: 3, cuts: 2, kills: 3, preferredElections: 3, controllerKills: 5 },
  maxStrikes: [4, 8, 16],
  strikes: "controllers",
};

export const brokerControllerScenario: Scenario = newBrokerScenario({
  name: "broker-controller",
  summary:
    "controllers that die and are cut off under brokers that go on: one metadata log, one leader an epoch",
  faults: { ...PROCESS_FAULTS, ...CLOCK_FAULTS, ...BROKER_LINK_FAULTS, ...PARTITIONS },
  mustReach: [
    "broker/caught-up-by-image",
    "broker/clean-start",
    "broker/controlled-shutdown",
    "broker/isr-expanded",
    "broker/isr-shrunk",
    "controller/preferred-elected",
    "controller/session-expired",
    "controller/was-deaf",
    "raft/check-quorum-step-down",
    "raft/conflict-truncated",
    "raft/pre-vote-refused",
    "raft/snapshot-taken",
    "raft/vote-refused",
    "scenario/killed-in-recovery",
  ],
  setting: SETTING,
});
