/** Crash points of a log: every image of a power loss is recovered from, and judged by what was promised then. */
import { Wal } from "#engines/wal/index.js";
import { LogOracle } from "#sim/check/index.js";
import type { Explorable } from "#sim/explore/index.js";
import type { Program } from "#sim/process.js";
import type { Run } from "#sim/scenario.js";
import type { World } from "#sim/world.js";
import { allRecords } from "./all-records.js";
import { drawProfile } from "./harness.js";
import { keyOfPayload } from "./payload.js";
import { drawPlan, type Plan } from "./plan.js";
import { RecordedOracle } from "./recorded-oracle.js";
import { WalService } from "./service.js";

/** Every operation more is some thousand images more. */
const MAX_OPERATIONS = 40;

export function exploreWal(run: Run): Explorable {
  const profile = drawProfile(run);
  const plan = drawPlan(run, Math.min(run.integer("operations"), MAX_OPERATIONS));
  const oracle = new RecordedOracle({ keyOf: keyOfPayload, lyingDisk: false });
  const service = new WalService(run, plan, oracle, "wal");
  return {
    profile,
    program: service.program,
    position: () => oracle.position,
    recover: (world, position) => recoverAndCheck(world, plan, oracle.replay(position)),
  };
}

/** Opens the log, and holds what it finds against the oracle. May run several times, on later images each. */
export function recoverAndCheck(world: World, plan: Pick<Plan, "wal">, oracle: LogOracle): Program {
  return async (env) => {
    let wal: Wal;
    try {
      wal = await Wal.open(env, plan.wal);
    } catch (error) {
      world.fail("wal/does-not-open", error instanceof Error ? error.message : String(error));
      return;
    }
    const broken = oracle.recovered(await allRecords(wal), wal.lastLsn, false);
    if (broken !== undefined) world.fail(`wal/${broken.rule}`, broken.message);
  };
}
