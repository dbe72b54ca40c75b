/**
 * `wal-lying-disk`: the log of `wal` on one disk that lies: syncs and writes that never happened, older bytes,
 * flipped bits, bytes of another place, sectors that can't be read.
 *
 * What it checks: a log has no second copy, so it can't promise to keep everything here. It still never serves
 * wrong bytes, nor a record behind a hole; it may refuse to open. A lost suffix, or an older state of its own,
 * is allowed and counted, but for what `damage-promise.ts` says. What it does not: whether damage could have
 * been noticed where the disk has lied more than once.
 */
import { LogOracle } from "#sim/check/index.js";
import type { Scenario } from "#sim/scenario.js";
import { WAL_PARAMETERS, admitStrikes, drawProfile, keepRunning } from "../wal/harness.js";
import { keyOfPayload } from "../wal/payload.js";
import { WAL_NARRATION } from "../wal/narration.js";
import { WAL_PLAN_VERSION, drawPlan } from "../wal/plan.js";
import { WalService } from "../wal/service.js";
import { holdDamagePromise } from "./damage-promise.js";

export const walLyingDiskScenario: Scenario = {
  name: "wal-lying-disk",
  summary: "the same log on a disk that lies: wrong bytes are never served, losses are counted",
  parameters: WAL_PARAMETERS,
  faults: {
    crash: { minPpm: 5_000, maxPpm: 400_000, always: true },
    "power-loss": { minPpm: 10_000, maxPpm: 500_000, always: true },
    "torn-write": { minPpm: 50_000, maxPpm: 800_000 },
    "reordered-write": { minPpm: 100_000, maxPpm: 1_000_000 },
    "no-psow": { minPpm: 20_000, maxPpm: 400_000 },
    "lost-fsync": { minPpm: 5_000, maxPpm: 200_000 },
    "lost-write": { minPpm: 1_000, maxPpm: 20_000 },
    "stale-read": { minPpm: 2_000, maxPpm: 50_000 },
    "bit-rot": { minPpm: 5_000, maxPpm: 600_000 },
    "misdirected-write": { minPpm: 500, maxPpm: 10_000 },
    "misdirected-read": { minPpm: 500, maxPpm: 10_000 },
    "read-eio": { minPpm: 200, maxPpm: 5_000 },
  },
  mustReach: [
    "scenario/records-lost",
    "wal/damage-refused",
    "wal/hole-with-valid-behind",
    "wal/torn-tail-cut",
  ],
  coverageSeeds: 1_000,
  strikeEveryCalls: 20,
  admit: admitStrikes,
  narration: WAL_NARRATION,
  planVersion: WAL_PLAN_VERSION,
  async drive(run) {
    const node = run.world.addNode("n1", drawProfile(run));
    const oracle = new LogOracle({ keyOf: keyOfPayload, lyingDisk: true });
    holdDamagePromise(run, oracle);
    const service = new WalService(run, drawPlan(run), oracle, "wal-lying-disk");
    await keepRunning(run, node, service);
    run.count("recordsLost", oracle.lost);
    run.count("refusedAsDamaged", service.damage === undefined ? 0 : 1);
    if (oracle.lost > 0) run.world.reached("scenario/records-lost");
  },
};
