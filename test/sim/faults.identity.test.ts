// Every opportunity of a fault is asked about once: a key that means two things would tie two faults together.
import { describe, expect, it } from "vitest";
import { nodeHost } from "#runner/host.js";
import { runSeed } from "#sim/run-seed.js";
import type { World } from "#sim/world.js";
import { VARIANTS, WITH_FAULTS } from "./with-faults.js";

const PROGRAMS = WITH_FAULTS.filter(({ name }) => !VARIANTS.has(name));

describe.each(PROGRAMS.map((scenario) => [scenario.name, scenario] as const))("%s", (_, scenario) => {
  it("gives every fault an id of its own", async () => {
    let faults = 0;
    for (let seed = 0; seed < 12 && faults <= 150; seed++) {
      let world!: World;
      await runSeed(scenario, { seed, host: nodeHost("sync"), onRun: (run) => (world = run.world) });
      const ids = world.faults.ledger.faults.map(({ id }) => id);
      faults += ids.length;
      expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    }
    expect(faults).toBeGreaterThan(100);
  });
});
