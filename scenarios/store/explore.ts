/** Crash points of a store: every image of a power loss is recovered from, and judged by what was promised then. */
import type { KeyValueStore } from "#engines/store/index.js";
import type { StoreOracle } from "#sim/check/index.js";
import type { Explorable } from "#sim/explore/index.js";
import type { Program } from "#sim/process.js";
import type { Run } from "#sim/scenario.js";
import type { World } from "#sim/world.js";
import { drawProfile } from "../wal/harness.js";
import { keyOfPayload } from "../wal/payload.js";
import { allEntries } from "./all-entries.js";
import type { StoreEngine } from "./engine.js";
import { drawPlan } from "./plan.js";
import { RecordedStoreOracle } from "./recorded-oracle.js";
import { StoreService } from "./service.js";

/** Every operation more is some thousand images more. */
const MAX_OPERATIONS = 40;
/** More than any plan has keys. */
const MAX_ENTRIES = 1_000;

/** `prefix` begins the names of the findings. */
export function exploreStore(run: Run, prefix: string, drawEngine: (run: Run) => StoreEngine): Explorable {
  const profile = drawProfile(run);
  const engine = drawEngine(run);
  const plan = drawPlan(run, Math.min(run.integer("operations"), MAX_OPERATIONS));
  const oracle = new RecordedStoreOracle({ idOf: keyOfPayload, promise: () => "whole" });
  const service = new StoreService(run, { plan, engine, oracle, prefix, mayLie: false });
  return {
    profile,
    program: service.program,
    position: () => oracle.position,
    recover: (world, position) => recoverAndCheck(world, prefix, engine, oracle.replay(position)),
  };
}

/** Opens the store, and holds what it finds against the oracle. May run several times, on later images each. */
export function recoverAndCheck(
  world: World,
  prefix: string,
  engine: Pick<StoreEngine, "open">,
  oracle: StoreOracle,
): Program {
  return async (env) => {
    let store: KeyValueStore;
    try {
      store = await engine.open(env);
    } catch (error) {
      world.fail(`${prefix}/does-not-open`, error instanceof Error ? error.message : String(error));
      return;
    }
    const snapshot = store.snapshot();
    const entries = await allEntries(store, MAX_ENTRIES);
    const broken = oracle.recovered(entries, snapshot.sequence, false);
    snapshot.close();
    if (broken !== undefined) world.fail(`${prefix}/${broken.rule}`, broken.message);
    const { problems } = await store.verify();
    for (const { rule, where, message } of problems) {
      world.fail(`${prefix}/verify`, `${rule} at ${where}: ${message}`);
    }
  };
}
