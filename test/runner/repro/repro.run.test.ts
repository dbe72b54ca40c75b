/** Repros give the same failure and the same trace on the same code, and say what no longer applies on other code. */
import { beforeAll, describe, expect, it } from "vitest";
import { nodeHost } from "#runner/host.js";
import {
  parseRepro,
  reproOfSeed,
  reproText,
  runRepro,
  unusedParts,
  type Repro,
} from "#runner/repro/index.js";
import { PlanMismatch, type Scenario } from "#sim/scenario.js";
import { supportScenario } from "../../support/load.js";

const host = nodeHost();
const NO_INPUT = { scenario: "needle", parameters: new Map(), switches: new Map(), program: "seedstorm" };
let scenario: Scenario;
let repro: Repro;

beforeAll(async () => {
  scenario = await supportScenario("needle");
  repro = (await reproOfSeed(scenario, NO_INPUT, 1, host))!;
});

describe("on the same code", () => {
  it("a repro gives the same failure, trace and repro, from its file too", async () => {
    const read = parseRepro(reproText(repro), "file");
    const { result, run } = await runRepro(scenario, read, { host });
    expect(result.traceHash).toBe(repro.traceHash);
    expect(result.findings[0]).toMatchObject(repro.failure);
    expect(unusedParts(scenario, read, run)).toEqual([]);
  });

  it("a seed that holds has no repro", async () => {
    const tame = { ...NO_INPUT, switches: new Map([["power-loss", false]] as const) };
    expect(await reproOfSeed(scenario, tame, 1, host)).toBeUndefined();
  });
});

describe("on other code", () => {
  const unused = async (changed: Scenario, file: Repro = repro): Promise<string[]> => {
    const { run } = await runRepro(changed, file, { host });
    return unusedParts(changed, file, run);
  };

  it("says which parameters, parts of the plan, faults and overrides no longer apply", async () => {
    expect(await unused({ ...scenario, parameters: {} })).toEqual([
      "parameter level=3: the scenario does not take it",
    ]);
    const other = {
      ...repro,
      plan: { ...repro.plan, strange: 1 },
      overrides: { "network/latency:1.2.3.4": 1 },
      faults: [...repro.faults, { ...repro.faults[0]!, id: "crash@n9:1.0.0" }],
      swarm: { ...repro.swarm, flood: 1 } as Repro["swarm"],
    };
    expect(await unused(scenario, other)).toEqual([
      "fault kind flood: there is none",
      "plan part strange: the scenario does not ask for it",
      "fault crash@n9:1.0.0: the run never came to it",
      "override network/latency:1.2.3.4: nothing asked for it",
    ]);
  });

  it("draws a plan of another version anew, and says so", async () => {
    const small = { ...repro, plan: { steps: [], repeats: 0 } };
    expect((await runRepro(scenario, small, { host })).result.verdict).toBe("pass");
    const changed = { ...scenario, planVersion: 2 };
    const { result, run } = await runRepro(changed, small, { host });
    expect(result.findings[0]?.invariant).toBe("needle/found");
    expect(unusedParts(changed, small, run)).toEqual([
      "plan: of version 1, the scenario's is 2: drawn anew from the seed",
    ]);
  });

  it("says where the scenario refuses a fault", async () => {
    const lines = await unused({ ...scenario, admit: () => (kind) => kind !== "power-loss" });
    expect(lines.length).toBeGreaterThan(0);
    expect(
      lines.every((line) => /^fault power-loss@n1:\S+: (the scenario refuses|the run never)/.test(line)),
    ).toBe(true);
  });
});

describe("a plan of the wrong kind", () => {
  it.each([
    ["steps", 5],
    ["steps", {}],
    ["steps", [5]],
    ["repeats", "many"],
    ["repeats", null],
  ])("%s = %j is refused", async (name, part) => {
    const wrong = { ...repro, plan: { ...repro.plan, [name]: part } };
    await expect(runRepro(scenario, wrong, { host })).rejects.toThrow(PlanMismatch);
  });

  it("is no plan to begin with, where a file would not keep it", async () => {
    const drawing = (part: unknown): Scenario => ({
      ...scenario,
      drive: async (run) => {
        run.planned("odd", part);
        run.world.fail("odd/broken", "on purpose");
      },
    });
    const input = { ...NO_INPUT, scenario: "odd" };
    for (const part of [[Number.NaN], undefined, { deep: [new Map()] }, () => {}]) {
      await expect(reproOfSeed(drawing(part), input, 1, host)).rejects.toThrow("plan part odd is plain data");
    }
    expect(await reproOfSeed(drawing({ a: [1, "x", null], b: undefined }), input, 1, host)).toBeDefined();
  });
});
