// The 28 tests of the Raft lab, one by one.
import { describe, expect, it } from "vitest";
import { nodeHost } from "#runner/host.js";
import { raftLabScenario } from "#scenarios/raft-lab/index.js";
import { LAB_TESTS } from "#scenarios/raft-lab/suite.js";
import { runSeed } from "#sim/run-seed.js";

describe("raft-lab", () => {
  it("has the 28 tests of the course", () => {
    const names = LAB_TESTS.map(({ name }) => name);
    expect(new Set(names).size).toBe(28);
    expect(
      ["3A", "3B", "3C", "3D"].map((part) => names.filter((name) => name.endsWith(part)).length),
    ).toEqual([3, 10, 8, 7]);
  });

  it.each(LAB_TESTS.map(({ name }) => name))("%s", async (name) => {
    const { findings, counts } = await runSeed(raftLabScenario, {
      seed: 1,
      host: nodeHost("sync"),
      parameters: new Map([["test", name]]),
    });
    expect(findings).toEqual([]);
    expect(counts["calls"]).toBeGreaterThan(0);
  });
});
