/**
 * `raft`: a cluster that replicates a key-value store, under everything at once: crashes, power losses, pauses,
 * wrong clocks, a network that loses, delays and cuts, disks that tear and fail, damage on a minority's disks,
 * leadership handed over, members changed, and two program versions in one cluster.
 *
 * What it checks: every invariant of Raft while it runs (`checks/`); that the clients' history is linearizable
 * and no value is served that nobody wrote; that a core which gets well makes progress, that all members come
 * to one state once all is well, and that every operation ends. What it does not: disks that lie
 * (`raft-lying`), clocks outside of their bound (`raft-clocks`).
 *
 * What else lives here: the parts that the other Raft scenarios are put together from. A run is drawn whole
 * (`plan.ts`) before it begins, and `storm.ts` carries it out.
 */
import type { Scenario } from "#sim/scenario.js";
import {
  CLOCK_FAULTS,
  DETECTABLE_DAMAGE,
  HONEST_DISK_FAULTS,
  LINK_FAULTS,
  PARTITIONS,
  PROCESS_FAULTS,
} from "./menus.js";
import { RAFT_PARAMETERS } from "./parameters.js";
import { RAFT_SETTING } from "./settings.js";
import { driveRaft } from "./storm.js";
import { RAFT_NARRATION } from "./narration.js";
import { RAFT_PLAN_VERSION } from "./planned.js";

export const raftScenario: Scenario = {
  name: "raft",
  summary:
    "a replicated key-value store under everything at once: linearizable, and nothing acknowledged is lost",
  parameters: RAFT_PARAMETERS,
  faults: {
    ...PROCESS_FAULTS,
    ...CLOCK_FAULTS,
    ...LINK_FAULTS,
    ...PARTITIONS,
    ...HONEST_DISK_FAULTS,
    ...DETECTABLE_DAMAGE,
  },
  mustReach: [
    "raft/append-refused",
    "raft/backtracked",
    "raft/check-quorum-step-down",
    "raft/conflict-truncated",
    "raft/damage-found",
    "raft/joint-entered",
    "raft/joint-left",
    "raft/lease-read",
    "raft/lease-refused",
    "raft/pre-vote-refused",
    "raft/read-index-read",
    "raft/repaired",
    "raft/session-deduplicated",
    "raft/session-evicted",
    "raft/snapshot-installed",
    "raft/snapshot-taken",
    "raft/transfer-completed",
    "raft/vote-refused",
    "scenario/killed-in-recovery",
    "scenario/upgraded",
  ],
  coverageSeeds: 500,
  strikeEveryCalls: 250,
  narration: RAFT_NARRATION,
  planVersion: RAFT_PLAN_VERSION,
  drive: (run) => driveRaft(run, RAFT_SETTING),
};
