/**
 * `raft-lying`: one disk of the cluster lies, so that no checksum shows it: syncs and writes that never
 * happened, older bytes. Raft promises nothing then, not even with one liar: a server that forgets what it
 * acknowledged is one that votes twice.
 *
 * What it checks: that the oracles can find what is lost. That a disk has lied is counted where a check notices
 * it (`liesNoticed`). An invariant over what is committed that breaks, or a history that is not linearizable,
 * ends the run, which holds, and is counted (`losses`); a batch that finds neither is vacuous. A value that
 * nobody wrote is a finding even here. What it does not: liveness, which a liar may take away.
 */
import type { Scenario } from "#sim/scenario.js";
import { LIES, PARTITIONS_OF_THREE, PROCESS_FAULTS } from "../raft/menus.js";
import { RAFT_PARAMETERS } from "../raft/parameters.js";
import type { RaftSetting } from "../raft/plan.js";
import { RAFT_SETTING } from "../raft/settings.js";
import { driveRaft } from "../raft/storm.js";
import { RAFT_NARRATION } from "../raft/narration.js";
import { RAFT_PLAN_VERSION } from "../raft/planned.js";

const SETTING: RaftSetting = {
  ...RAFT_SETTING,
  tolerates: "loss",
  sizes: [3],
  spares: 0,
  damage: "liar",
  nemesis: { transfers: 2, cuts: 1, ambushes: 10, changes: 0, snapshots: 1, restarts: 1 },
  partitions: "some",
  maxStrikes: [16, 40],
};

export const raftLyingScenario: Scenario = {
  name: "raft-lying",
  summary:
    "Raft with one disk that lies in silence: the oracles must find what it loses, wrong bytes are never served",
  parameters: RAFT_PARAMETERS,
  faults: {
    ...PROCESS_FAULTS,
    "power-loss": { minPpm: 200_000, maxPpm: 800_000, always: true },
    ...PARTITIONS_OF_THREE,
    ...LIES,
  },
  mustReach: ["raft-lying/lie-noticed", "raft-lying/loss-found"],
  coverageSeeds: 500,
  strikeEveryCalls: 100,
  narration: RAFT_NARRATION,
  planVersion: RAFT_PLAN_VERSION,
  drive: (run) => driveRaft(run, SETTING),
};
