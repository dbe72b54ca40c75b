/**
 * `raft-disks`: a cluster whose machines lose power all the time. Every disk tears what was not synced and fails
 * now and then; on a minority's disks bytes go bad as well, so that a checksum shows it: sectors that can't be
 * read, flipped bits. The damaged are repaired from the others.
 *
 * What it checks: all that `raft` does; above all that nothing committed is lost and damage is never served.
 * What it does not: damage that no checksum shows (`raft-lying`), damage on a majority. Nor disks that tear what
 * was synced beside what was not (`no-psow`): there the end of a log that is gone looks as if it never was.
 */
import type { Scenario } from "#sim/scenario.js";
import { DETECTABLE_DAMAGE, HONEST_DISK_FAULTS, PARTITIONS, PROCESS_FAULTS } from "../raft/menus.js";
import { RAFT_PARAMETERS } from "../raft/parameters.js";
import type { RaftSetting } from "../raft/plan.js";
import { RAFT_SETTING } from "../raft/settings.js";
import { driveRaft } from "../raft/storm.js";
import { RAFT_NARRATION } from "../raft/narration.js";
import { RAFT_PLAN_VERSION } from "../raft/planned.js";

const SETTING: RaftSetting = {
  ...RAFT_SETTING,
  spares: 0,
  nemesis: { transfers: 0, cuts: 2, ambushes: 3, changes: 0, snapshots: 2, restarts: 1 },
  snapshotEvery: [8, 30, 10_000],
  maxStrikes: [6, 12, 24, 40],
};

export const raftDisksScenario: Scenario = {
  name: "raft-disks",
  summary: "Raft on disks that tear, fail and, on a minority, go bad: nothing committed is lost",
  parameters: RAFT_PARAMETERS,
  faults: {
    ...PROCESS_FAULTS,
    "power-loss": { minPpm: 50_000, maxPpm: 500_000, always: true },
    ...PARTITIONS,
    ...HONEST_DISK_FAULTS,
    ...DETECTABLE_DAMAGE,
  },
  mustReach: ["raft/damage-found", "raft/repaired", "scenario/killed-in-recovery"],
  coverageSeeds: 500,
  strikeEveryCalls: 250,
  narration: RAFT_NARRATION,
  planVersion: RAFT_PLAN_VERSION,
  drive: (run) => driveRaft(run, SETTING),
};
