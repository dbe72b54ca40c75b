/**
 * `wal`: concurrent writers on a write-ahead log under each policy, on one honest disk that fails.
 *
 * What it checks: every acknowledged record is there, in order, byte for byte; what is there beyond them was
 * sent, whole and in order, without a hole; nothing else appears or comes back; recovery ends, and never calls
 * the traces of an honest crash damage. Weaker policies are held to exactly what they promise. What it does
 * not: disks that lie, see `wal-lying-disk`.
 */
import { LogOracle } from "#sim/check/index.js";
import type { Scenario } from "#sim/scenario.js";
import { exploreWal } from "./explore.js";
import { WAL_PARAMETERS, admitStrikes, checkAtRest, drawProfile, keepRunning } from "./harness.js";
import { keyOfPayload } from "./payload.js";
import { WAL_NARRATION } from "./narration.js";
import { WAL_PLAN_VERSION, drawPlan } from "./plan.js";
import { WalService } from "./service.js";

export const walScenario: Scenario = {
  name: "wal",
  summary:
    "concurrent writers on a write-ahead log, over an honest disk that fails: nothing acknowledged is lost",
  parameters: WAL_PARAMETERS,
  faults: {
    crash: { minPpm: 5_000, maxPpm: 400_000, always: true },
    "power-loss": { minPpm: 10_000, maxPpm: 500_000, always: true },
    pause: { minPpm: 5_000, maxPpm: 50_000 },
    "clock-drift": { minPpm: 1_000_000, maxPpm: 1_000_000 },
    "torn-write": { minPpm: 50_000, maxPpm: 800_000 },
    "reordered-write": { minPpm: 100_000, maxPpm: 1_000_000 },
    garbage: { minPpm: 20_000, maxPpm: 400_000 },
    "metadata-loss": { minPpm: 100_000, maxPpm: 1_000_000 },
    "fsync-eio-clean": { minPpm: 1_000, maxPpm: 30_000 },
    "fsync-eio-late": { minPpm: 1_000, maxPpm: 30_000 },
    "fsync-eio-revert": { minPpm: 1_000, maxPpm: 30_000 },
    enospc: { minPpm: 500, maxPpm: 8_000 },
    quota: { minPpm: 500, maxPpm: 8_000 },
    "short-write": { minPpm: 5_000, maxPpm: 200_000 },
    "short-read": { minPpm: 5_000, maxPpm: 200_000 },
    "slow-disk": { minPpm: 1_000, maxPpm: 100_000 },
    "disk-stall": { minPpm: 200, maxPpm: 5_000 },
  },
  mustReach: [
    "scenario/interval-promise-judged",
    "scenario/killed-in-recovery",
    "wal/enospc-append",
    "wal/enospc-roll",
    "wal/hole-with-valid-behind",
    "wal/oversize-batch",
    "wal/recovery-removed-void-segment",
    "wal/recovery-swept-tmp",
    "wal/rewrite-on-recovery",
    "wal/segment-rolled",
    "wal/short-write-continued",
    "wal/sync-failed",
    "wal/torn-tail-cut",
    "wal/truncate-prefix-removed-segment",
    "wal/truncate-suffix-across-segments",
  ],
  coverageSeeds: 500,
  admit: admitStrikes,
  strikeEveryCalls: 20,
  explore: exploreWal,
  narration: WAL_NARRATION,
  planVersion: WAL_PLAN_VERSION,
  async drive(run) {
    const node = run.world.addNode("n1", drawProfile(run));
    const plan = drawPlan(run);
    const oracle = new LogOracle({ keyOf: keyOfPayload, lyingDisk: false });
    const service = new WalService(run, plan, oracle, "wal");
    await keepRunning(run, node, service);
    if (service.damage !== undefined) {
      run.world.fail("wal/false-damage", service.damage.message);
      return;
    }
    await checkAtRest(run, node, service, plan.wal.directory);
  },
};
