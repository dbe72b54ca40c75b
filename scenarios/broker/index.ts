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
import { CLOCK_FAULTS, HONEST_DISK_FAULTS, LINK_FAULTS, PARTITIONS, PROCESS_FAULTS } from "../raft/menus.js";
import { BROKER_NARRATION } from "./narration.js";
import { BROKER_PARAMETERS } from "./parameters.js";
import { BROKER_PLAN_VERSION } from "./plan.js";
import { BROKER_SETTING } from "./setting.js";
import { driveBroker } from "./storm.js";

export const brokerScenario: Scenario = {
  name: "broker",
  summary:
    "partitions with in-sync replicas under everything at once: acknowledged, once, in order, nothing lost",
  parameters: BROKER_PARAMETERS,
  faults: { ...PROCESS_FAULTS, ...CLOCK_FAULTS, ...LINK_FAULTS, ...PARTITIONS, ...HONEST_DISK_FAULTS },
  mustReach: [],
  coverageSeeds: 500,
  strikeEveryCalls: 600,
  narration: BROKER_NARRATION,
  planVersion: BROKER_PLAN_VERSION,
  drive: (run) => driveBroker(run, BROKER_SETTING),
};
