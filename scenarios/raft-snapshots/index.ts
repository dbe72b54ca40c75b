/**
 * `raft-snapshots`: a cluster that takes a snapshot every few entries and keeps next to no log behind it, so
 * that whoever was away for a moment needs a snapshot, in many chunks, over a network that breaks.
 *
 * What it checks: all that `raft` does. What it does not: damage to snapshots on the disk (`raft-disks`).
 */
import type { Scenario } from "#sim/scenario.js";
import { HONEST_DISK_FAULTS, LINK_FAULTS, PARTITIONS, PROCESS_FAULTS } from "../raft/menus.js";
import { RAFT_PARAMETERS } from "../raft/parameters.js";
import type { RaftSetting } from "../raft/plan.js";
import { RAFT_SETTING } from "../raft/settings.js";
import { driveRaft } from "../raft/storm.js";
import { RAFT_NARRATION } from "../raft/narration.js";
import { RAFT_PLAN_VERSION } from "../raft/planned.js";

const SETTING: RaftSetting = {
  ...RAFT_SETTING,
  spares: 1,
  damage: "none",
  nemesis: { transfers: 1, cuts: 2, ambushes: 0, changes: 1, snapshots: 10, restarts: 1 },
  snapshotEvery: [3, 6, 12],
  paddingBytes: 12_000,
};

export const raftSnapshotsScenario: Scenario = {
  name: "raft-snapshots",
  summary: "Raft with a snapshot every few entries and next to no log behind it",
  parameters: RAFT_PARAMETERS,
  faults: { ...PROCESS_FAULTS, ...LINK_FAULTS, ...PARTITIONS, ...HONEST_DISK_FAULTS },
  mustReach: [
    "raft/session-deduplicated",
    "raft/snapshot-installed",
    "raft/snapshot-resumed",
    "raft/snapshot-taken",
  ],
  coverageSeeds: 500,
  strikeEveryCalls: 250,
  narration: RAFT_NARRATION,
  planVersion: RAFT_PLAN_VERSION,
  drive: (run) => driveRaft(run, SETTING),
};
