/**
 * `raft-membership`: a cluster whose members change all the time, to arbitrary other sets by joint consensus,
 * with learners that are promoted and leaders that are removed, under partitions and crashes.
 *
 * What it checks: all that `raft` does; removed servers need not converge. What it does not: disks that fail.
 */
import type { Scenario } from "#sim/scenario.js";
import { LINK_FAULTS, PARTITIONS, PROCESS_FAULTS } from "../raft/menus.js";
import { RAFT_PARAMETERS } from "../raft/parameters.js";
import type { RaftSetting } from "../raft/plan.js";
import { RAFT_SETTING } from "../raft/settings.js";
import { driveRaft } from "../raft/storm.js";
import { RAFT_NARRATION } from "../raft/narration.js";
import { RAFT_PLAN_VERSION } from "../raft/planned.js";

const SETTING: RaftSetting = {
  ...RAFT_SETTING,
  sizes: [3, 3, 4, 5],
  spares: 3,
  damage: "none",
  nemesis: { transfers: 2, cuts: 1, ambushes: 0, changes: 10, snapshots: 1, restarts: 1 },
  snapshotEvery: [8, 50, 10_000],
  maxStrikes: [0, 2, 4, 12],
};

export const raftMembershipScenario: Scenario = {
  name: "raft-membership",
  summary: "Raft whose members change all the time, by joint consensus, under partitions and crashes",
  parameters: RAFT_PARAMETERS,
  faults: { ...PROCESS_FAULTS, ...LINK_FAULTS, ...PARTITIONS },
  mustReach: [
    "raft/configuration-rolled-back",
    "raft/joint-entered",
    "raft/joint-left",
    "raft/leader-removed-itself",
    "raft/learner-caught-up",
    "raft/snapshot-installed",
  ],
  coverageSeeds: 1_000,
  strikeEveryCalls: 250,
  narration: RAFT_NARRATION,
  planVersion: RAFT_PLAN_VERSION,
  drive: (run) => driveRaft(run, SETTING),
};
