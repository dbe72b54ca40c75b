/**
 * `broker`: a distributed log of controllers and brokers, under everything at once: crashes, power losses, pauses, wrong
 * clocks, a network that loses, delays and cuts, disks that tear and fail; leaders killed and cut off, brokers shut down
 * in order, partitions moved.
 *
 * What it checks: the log's inside while it runs (`checks/`); that what was acknowledged with `acks` all is there once, in
 * the order of its producer, and nothing else is; that readers see committed records only, the same ones always; that a
 * core which gets well takes records, that every replica is in sync once all is well, and that every call ends. What it
 * does not: disks that lie.
 *
 * What else lives here: the parts that the other broker scenarios are put together from. A run is drawn whole
 * (`plan.ts`) before it begins, and `storm.ts` carries it out.
 */
import type { Scenario } from "#sim/scenario.js";
import { CLOCK_FAULTS, PARTITIONS, PROCESS_FAULTS } from "../raft/menus.js";
import { BROKER_DISK_FAULTS, BROKER_LINK_FAULTS } from "./menus.js";
import { newBrokerScenario } from "./scenario.js";
import { BROKER_SETTING } from "./setting.js";

export const brokerScenario: Scenario = newBrokerScenario({
  name: "broker",
  summary:
    "partitions with in-sync replicas under everything at once: acknowledged, once, in order, nothing lost",
  faults: {
    ...PROCESS_FAULTS,
    ...CLOCK_FAULTS,
    ...BROKER_LINK_FAULTS,
    ...PARTITIONS,
    ...BROKER_DISK_FAULTS,
  },
  mustReach: [
    "broker/caught-up-by-image",
    "broker/clean-start",
    "broker/controlled-shutdown",
    "broker/diverged",
    "broker/duplicate-answered",
    "broker/fenced-fetch",
    "broker/isr-expanded",
    "broker/isr-shrunk",
    "broker/log-restarted",
    "broker/min-isr-refused",
    "broker/offset-not-available",
    "broker/partition-removed",
    "broker/produce-timed-out",
    "broker/segment-rolled",
    "broker/segments-swapped",
    "controller/preferred-elected",
    "controller/recovered-leader",
    "controller/session-expired",
    "controller/was-deaf",
    "raft/snapshot-taken",
    "scenario/killed-in-recovery",
  ],
  setting: BROKER_SETTING,
});
