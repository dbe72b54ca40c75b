/** The scenarios of stores over a store that is right by its simplicity, and over one with a planted mistake. */
import type { Env } from "#engines/env/index.js";
import type { KeyValueStore } from "#engines/store/index.js";
import { nodeHost } from "#runner/host.js";
import {
  exploreStore,
  HONEST_FAULTS,
  LYING_FAULTS,
  STORE_PARAMETERS,
  driveOnLyingDisk,
  driveStore,
  type StoreEngine,
} from "#scenarios/store/index.js";
import { admitStrikes } from "#scenarios/wal/harness.js";
import { drawPolicy } from "#scenarios/wal/plan.js";
import { runSeed, type SeedResult } from "#sim/run-seed.js";
import type { Run, Scenario } from "#sim/scenario.js";
import { MemoryStore } from "../../engines/store/memory-store.js";

/** Puts something between the scenario and the store. */
export type Wrap = (store: KeyValueStore, env: Env) => KeyValueStore;

export function toyScenario(isLying: boolean, wrap: Wrap = (store) => store): Scenario {
  const drawEngine = (run: Run): StoreEngine => {
    const stream = run.workload;
    const policy = drawPolicy(run.choice("policy"), stream);
    const options = run.planned("engine", {
      directory: "toy",
      policy,
      wal: { segmentBytes: stream.between(1, 8) * 1024, maxBatchBytes: stream.pick([256, 4096]) },
    });
    return {
      directory: options.directory,
      policy: options.policy,
      open: async (env) => wrap(await MemoryStore.open(env, options), env),
      figureOf: () => undefined,
      figuresOfMarks: new Map(),
      givesUpStateAt: undefined,
    };
  };
  return {
    name: "toy",
    summary: "for the test",
    parameters: STORE_PARAMETERS,
    faults: isLying ? LYING_FAULTS : HONEST_FAULTS,
    mustReach: [],
    coverageSeeds: 1,
    strikeEveryCalls: 20,
    admit: admitStrikes,
    explore: (run) => exploreStore(run, "toy", drawEngine),
    drive: (run) =>
      isLying ? driveOnLyingDisk(run, "toy", drawEngine, () => "prefix") : driveStore(run, "toy", drawEngine),
  };
}

/** The results of the first seeds. */
export async function results(scenario: Scenario, seeds: number): Promise<SeedResult[]> {
  const all: SeedResult[] = [];
  for (let seed = 1; seed <= seeds; seed++)
    all.push(await runSeed(scenario, { seed, host: nodeHost("sync") }));
  return all;
}

/** Which invariants were broken, and in how many of the first seeds. */
export async function broken(scenario: Scenario, seeds: number): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (const { findings } of await results(scenario, seeds)) {
    const name = findings[0]?.invariant;
    if (name !== undefined) found.set(name, (found.get(name) ?? 0) + 1);
  }
  return found;
}
