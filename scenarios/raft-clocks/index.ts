/**
 * `raft-clocks`: a cluster whose clocks run at different speeds, and whose clients read by leases. A lease is
 * safe as long as no clock errs by more than the servers were told.
 *
 * What it checks: inside of that bound all that `raft` does. In the runs whose clocks err by far more, a read
 * may be stale: it is counted (`staleReads`), and a batch that finds none is vacuous; all else, the history
 * without the reads by lease among it, is held to be right even there. What it does not: disks that fail.
 */
import type { Run, Scenario } from "#sim/scenario.js";
import { LINK_FAULTS, PARTITIONS, PROCESS_FAULTS } from "../raft/menus.js";
import { OPERATIONS, RAFT_PARAMETERS } from "../raft/parameters.js";
import type { RaftSetting } from "../raft/plan.js";
import { RAFT_SETTING } from "../raft/settings.js";
import { driveRaft } from "../raft/storm.js";
import { RAFT_NARRATION } from "../raft/narration.js";
import { RAFT_PLAN_VERSION } from "../raft/planned.js";

/** Far beyond any crystal, so that a lease which forgets about it is soon found out. */
const DRIFT_PPM = 800_000;
const TOLD_TOO_LITTLE_PPM = 0;

function settingOf(run: Run): RaftSetting {
  const drawn = run.workload.pick(["inside", "outside"] as const);
  const isOutside = (run.choice("bound") === "any" ? drawn : run.choice("bound")) === "outside";
  return {
    ...RAFT_SETTING,
    tolerates: isOutside ? "stale-reads" : "nothing",
    sizes: [3, 3, 3, 5],
    spares: 0,
    damage: "none",
    nemesis: { transfers: 2, cuts: 8, ambushes: 0, changes: 0, snapshots: 0, restarts: 0 },
    partitions: "some",
    reads: { linearizable: 1, lease: 9, stale: 0 },
    // Whoever writes soon finds out that a leader is cut off; who only reads stays with it.
    readPercents: [0, 100],
    electionTimeoutMs: [300, 500],
    // A lease that allows for such clocks is a ninth of a timeout.
    heartbeats: [10],
    attemptTimeoutMs: [60],
    keys: [1, 2],
    leaseDriftPpm: [isOutside ? TOLD_TOO_LITTLE_PPM : DRIFT_PPM],
    maxStrikes: [0, 0, 4],
  };
}

export const raftClocksScenario: Scenario = {
  name: "raft-clocks",
  summary: "Raft with reads by lease on clocks that drift, inside and outside of the bound that it is told",
  parameters: {
    ...RAFT_PARAMETERS,
    operations: { ...OPERATIONS, default: 500 },
    bound: {
      type: "choice",
      summary: "whether the clocks drift by no more than the servers are told",
      choices: ["any", "inside", "outside"],
      default: "any",
    },
  },
  faults: {
    ...PROCESS_FAULTS,
    ...LINK_FAULTS,
    ...PARTITIONS,
    "clock-skew": { minPpm: 500_000, maxPpm: 1_000_000 },
    "clock-drift": { minPpm: 800_000, maxPpm: 1_000_000, always: true },
    "clock-step": { minPpm: 100, maxPpm: 10_000 },
  },
  mustReach: ["raft-clocks/violation-outside-bound", "raft/lease-read", "raft/lease-refused"],
  coverageSeeds: 1_000,
  clockBounds: { skewUs: 5_000_000, driftPpm: DRIFT_PPM, stepUs: 5_000_000 },
  strikeEveryCalls: 250,
  narration: RAFT_NARRATION,
  planVersion: RAFT_PLAN_VERSION,
  drive: (run) => driveRaft(run, settingOf(run)),
};
