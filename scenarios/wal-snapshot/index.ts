/**
 * `wal-snapshot`: a key-value state machine whose log is cut behind snapshots, on one honest disk that fails.
 *
 * What it checks: after every boot the state, from the latest snapshot and the log behind it, is that of a
 * model that has applied every command; snapshot and log always meet; and all that `wal` checks of the log.
 * What it does not: disks that lie.
 */
import { verify as verifySnapshots } from "#engines/snapshot/index.js";
import { LogOracle } from "#sim/check/index.js";
import type { Scenario } from "#sim/scenario.js";
import { WAL_PARAMETERS, admitStrikes, checkAtRest, drawProfile, keepRunning } from "../wal/harness.js";
import { walScenario } from "../wal/index.js";
import { keyOfPayload } from "../wal/payload.js";
import { WAL_NARRATION } from "../wal/narration.js";
import { WAL_PLAN_VERSION, drawPlan } from "../wal/plan.js";
import { WalSnapshotService } from "./service.js";

export const walSnapshotScenario: Scenario = {
  name: "wal-snapshot",
  summary: "a key-value state machine with snapshots and a log that is cut behind them, against a model",
  parameters: {
    ...WAL_PARAMETERS,
    policy: {
      type: "choice",
      summary: "when an append is acknowledged",
      choices: ["each", "group"],
      default: "group",
    },
  },
  faults: walScenario.faults,
  mustReach: [
    "scenario/killed-in-recovery",
    "snapshot/enospc",
    "snapshot/recovery-removed-older",
    "snapshot/recovery-swept-tmp",
    "snapshot/replaced-older",
    "snapshot/save-failed",
    "wal/rewrite-on-recovery",
    "wal/torn-tail-cut",
    "wal/truncate-prefix-removed-segment",
  ],
  coverageSeeds: 500,
  strikeEveryCalls: 20,
  admit: admitStrikes,
  narration: WAL_NARRATION,
  planVersion: WAL_PLAN_VERSION,
  async drive(run) {
    const node = run.world.addNode("n1", drawProfile(run));
    const plan = drawPlan(run);
    const oracle = new LogOracle({ keyOf: keyOfPayload, lyingDisk: false });
    const service = new WalSnapshotService(run, plan, oracle);
    await keepRunning(run, node, service);
    if (service.damage !== undefined) {
      run.world.fail("wal-snapshot/false-damage", service.damage.message);
      return;
    }
    await checkAtRest(run, node, service, plan.wal.directory);
    await run.world.boot(node, async (env) => {
      const report = await verifySnapshots(env, "snapshots");
      for (const problem of report.problems) run.world.fail("wal-snapshot/verify", problem.message);
    }).exited;
  },
};
