// The scenarios of both engines, as far as a test has time for them; batches of thousands of seeds run elsewhere.
import { describe, expect, it } from "vitest";
import { nodeHost } from "#runner/host.js";
import { findScenario } from "#scenarios/index.js";
import { exploreCrashPoints } from "#sim/explore/index.js";
import { runSeed } from "#sim/run-seed.js";
import { results } from "./toy-scenario.js";

/** What no run on an honest disk goes without. */
const FIGURES: Readonly<Record<string, readonly string[]>> = {
  lsm: ["flushes", "compactions", "tablesRemoved", "getsFromDisk", "recoveries", "verified", "snapshots"],
  btree: ["checkpoints", "pagesFreed", "pageImages", "recoveries", "verified", "snapshots"],
};
const OPERATIONS = new Map([["operations", 60]]);

describe.each(["lsm", "lsm-disks", "btree", "btree-disks"])("%s", (name) => {
  const scenario = findScenario(name)!;

  it("holds, and does everything in every seed", async () => {
    for (const { seed, findings, counts } of await results(scenario, 5)) {
      expect([seed, findings.map(({ invariant, message }) => `${invariant} ${message}`)]).toEqual([seed, []]);
      const missing = (FIGURES[name] ?? []).filter((figure) => (counts[figure] ?? 0) === 0);
      expect([seed, missing]).toEqual([seed, []]);
    }
  });

  it("gives the same run again", async () => {
    const run = async (): Promise<string> =>
      (await runSeed(scenario, { seed: 11, host: nodeHost("sync"), parameters: OPERATIONS })).traceHash;
    expect(await run()).toBe(await run());
  });
});

describe.each(["lsm", "btree"])("%s", (name) => {
  const scenario = findScenario(name)!;

  it("is whole at its crash points", async () => {
    const options = { seed: 1, host: nodeHost("sync"), imagesPerPoint: 3 };
    const parameters = new Map([["operations", 12]]);
    const { findings, counts } = await exploreCrashPoints(scenario, { ...options, parameters });
    expect(findings).toEqual([]);
    expect(counts.checked).toBeGreaterThan(50);
  });
});

// A sync that failed late (ext4 data journaling) struck one incarnation and was reported to the next one, whose honest
// refusal to serve what the page cache had lost was taken for false damage.
it.each([7444, 8828])(
  "a late sync failure is a cause for the incarnation that is told: btree seed %i",
  async (seed) => {
    const { findings } = await runSeed(findScenario("btree")!, { seed, host: nodeHost("sync") });
    expect(findings).toEqual([]);
  },
);

// A device served an old leaf, whose chain led to pages that another key's value had by now: it was served as that key's.
it.each([1361, 5248])(
  "a stale leaf does not lead to another key's value: btree-disks seed %i",
  async (seed) => {
    const { findings } = await runSeed(findScenario("btree-disks")!, { seed, host: nodeHost("sync") });
    expect(findings).toEqual([]);
  },
);
