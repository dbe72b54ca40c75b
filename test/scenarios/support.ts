import { nodeHost } from "#runner/host.js";
import { findScenario } from "#scenarios/index.js";
import { runSeed, type SeedResult } from "#sim/run-seed.js";

export function run(name: string, seed: number): Promise<SeedResult> {
  return runSeed(findScenario(name)!, { seed, host: nodeHost("sync") });
}

/** The findings in words. */
export function told({ findings }: SeedResult): string[] {
  return findings.map(({ invariant, message }) => `${invariant} ${message}`);
}
