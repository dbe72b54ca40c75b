// The scenario of transactions, as far as a test has time for it; batches of thousands of seeds run elsewhere.
import { describe, expect, it } from "vitest";
import { nodeHost } from "#runner/host.js";
import { findScenario } from "#scenarios/index.js";
import { runSeed, type SeedResult } from "#sim/run-seed.js";

function run(seed: number): Promise<SeedResult> {
  return runSeed(findScenario("transactions")!, { seed, host: nodeHost("sync") });
}

function told({ findings }: SeedResult): string[] {
  return findings.map(({ invariant, message }) => `${invariant} ${message}`);
}

describe("transactions", () => {
  it("hold, and something is committed, aborted and transformed", async () => {
    const result = await run(1);
    expect(told(result)).toEqual([]);
    for (const figure of ["committed", "aborted", "inputs", "outputs", "pipelined", "rebalances"]) {
      expect([figure, (result.counts[figure] ?? 0) > 0]).toEqual([figure, true]);
    }
  });

  // Records outside of transactions, sent again when their producer was forgotten, were there twice: the scenario's mistake.
  it.each([15, 1934])("hold where they once did not: seed %i", async (seed) => {
    expect(told(await run(seed))).toEqual([]);
  });
});
