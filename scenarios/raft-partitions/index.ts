/**
 * `raft-partitions`: the cluster of `raft` under a network that is cut in every shape, again and again, and
 * loses, delays, duplicates and reorders what gets through, while leadership is handed over.
 *
 * What it checks: all that `raft` does. What it does not: disks that fail; see there.
 */
import type { Scenario } from "#sim/scenario.js";
import { CLOCK_FAULTS, LINK_FAULTS, PARTITIONS, PROCESS_FAULTS } from "../raft/menus.js";
import { RAFT_PARAMETERS } from "../raft/parameters.js";
import type { RaftSetting } from "../raft/plan.js";
import { RAFT_SETTING } from "../raft/settings.js";
import { driveRaft } from "../raft/storm.js";
import { RAFT_NARRATION } from "../raft/narration.js";
import { RAFT_PLAN_VERSION } from "../raft/planned.js";

const SETTING: RaftSetting = {
  ...RAFT_SETTING,
  sizes: [3, 3, 4, 5, 5, 6, 7],
  spares: 0,
  damage: "none",
  nemesis: { transfers: 6, cuts: 4, ambushes: 0, changes: 0, snapshots: 0, restarts: 0 },
  partitions: "many",
  maxStrikes: [0, 0, 2, 6],
};

export const raftPartitionsScenario: Scenario = {
  name: "raft-partitions",
  summary: "Raft under partitions of every shape, on links that lose, delay, duplicate and reorder",
  parameters: RAFT_PARAMETERS,
  faults: { ...PROCESS_FAULTS, ...CLOCK_FAULTS, ...LINK_FAULTS, ...PARTITIONS },
  mustReach: [
    "raft/append-refused",
    "raft/backtracked",
    "raft/check-quorum-step-down",
    "raft/conflict-truncated",
    "raft/lease-refused",
    "raft/pre-vote-refused",
    "raft/transfer-aborted",
    "raft/transfer-completed",
    "raft/vote-refused",
  ],
  coverageSeeds: 500,
  strikeEveryCalls: 250,
  narration: RAFT_NARRATION,
  planVersion: RAFT_PLAN_VERSION,
  drive: (run) => driveRaft(run, SETTING),
};
