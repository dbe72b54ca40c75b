/** Shrinking finds what a failure needs, and nothing else; the same whoever judges. */
import { describe, expect, it } from "vitest";
import { nodeHost } from "#runner/host.js";
import { loadScenario } from "#runner/load-scenario.js";
import { reproOfSeed, runRepro, type Repro } from "#runner/repro/index.js";
import { judgeOne, localJudge, Shrinker, wantedOf, type Candidate } from "#runner/shrink/index.js";
import type { Scenario } from "#sim/scenario.js";
import { scenarioPath, supportScenario } from "../../support/load.js";

const host = nodeHost();
const CARELESS = "docs/examples/careless-log.mjs";

async function failureOf(scenario: Scenario, reference: string, seed: number): Promise<Repro> {
  const input = { scenario: reference, parameters: new Map(), switches: new Map(), program: "seedstorm" };
  return (await reproOfSeed(scenario, input, seed, host))!;
}

async function shrink(scenario: Scenario, repro: Repro): Promise<Repro> {
  return (await stepsOf(scenario, repro, Infinity)).at(-1)!;
}

/** What would be left after each of the first so many steps, the start first. */
async function stepsOf(scenario: Scenario, repro: Repro, maxSteps: number): Promise<Repro[]> {
  const wanted = wantedOf(repro.failure);
  const { judged: start } = await judgeOne(scenario, host, wanted, repro);
  const bests = [start!.repro];
  const shrinker = new Shrinker(
    start!,
    localJudge(scenario, host, wanted),
    { onSmaller: ({ repro: best }) => void bests.push(best), isOver: () => bests.length > maxSteps },
    { eventBudget: Infinity },
  );
  await shrinker.run();
  expect(bests.at(-1)).toBe(shrinker.best.repro);
  return bests;
}

describe("a failure that takes two of sixty steps and one of many faults", () => {
  it("shrinks to just these", async () => {
    const scenario = await supportScenario("needle");
    const repro = await failureOf(scenario, scenarioPath("needle"), 1);
    expect(repro.faults.length).toBeGreaterThan(5);
    const small = await shrink(scenario, repro);
    expect(small.failure.invariant).toBe("needle/found");
    const steps = small.plan["steps"] as { step: string; thinkUs: number; sizeBytes: number }[];
    expect(steps.map(({ step }) => step).filter((step) => step === "17" || step === "42")).toHaveLength(2);
    expect(steps.length).toBeLessThanOrEqual(3);
    expect(small.faults.map(({ kind }) => kind)).toEqual(["power-loss"]);
    // And what is left of it is as plain as can be.
    expect(steps.every(({ sizeBytes }) => sizeBytes === 0)).toBe(true);
    const { result } = await runRepro(scenario, small, { host });
    expect(result.traceHash).toBe(small.traceHash);
  });
});

describe("any point on the way", () => {
  it("is a failure of the same kind, and never larger", async () => {
    const { scenario } = await loadScenario(CARELESS);
    const repro = await failureOf(scenario, CARELESS, 0);
    let before = repro.faults.length + (repro.plan["appends"] as unknown[]).length;
    const [, ...bests] = await stepsOf(scenario, repro, 3);
    expect(bests).toHaveLength(3);
    for (const best of bests) {
      const { result } = await runRepro(scenario, best, { host });
      expect(result.findings[0]?.invariant).toBe(repro.failure.invariant);
      const size = best.faults.length + (best.plan["appends"] as unknown[]).length;
      expect(size).toBeLessThanOrEqual(before);
      before = size;
    }
  });
});

describe("a log that does not wait for its sync", () => {
  it("fails with one append that is lost, one that shows it, and one loss of power", async () => {
    const { scenario } = await loadScenario(CARELESS);
    const small = await shrink(scenario, await failureOf(scenario, CARELESS, 0));
    expect(small.failure.invariant).toBe("careless-log/acknowledged-lost");
    expect(small.plan["appends"]).toHaveLength(2);
    expect(small.faults.map(({ kind }) => kind)).toEqual(["power-loss"]);
  });
});

describe("the budget", () => {
  it("bounds what is spent, whatever is left to try", async () => {
    const scenario = await supportScenario("needle");
    const repro = await failureOf(scenario, scenarioPath("needle"), 1);
    const wanted = wantedOf(repro.failure);
    const { judged } = await judgeOne(scenario, host, wanted, repro);
    const judge = localJudge(scenario, host, wanted);
    let events = 0;
    let largest = 0;
    const counting = {
      first: async (candidates: Iterable<Candidate>) => {
        const search = await judge.first(candidates);
        events += search.events;
        largest = Math.max(largest, search.events);
        return search;
      },
    };
    const listener = { onSmaller: () => {}, isOver: () => false };
    const shrinker = new Shrinker(judged!, counting, listener, { eventBudget: 20_000 });
    await shrinker.run();
    expect(shrinker.isSpent).toBe(true);
    // The last search began within the budget.
    expect(events - largest).toBeLessThan(20_000);
  });
});

describe("a failure that is a limit", () => {
  it("does not grow into one beyond the limit", async () => {
    const needle = await supportScenario("needle");
    const scenario = { ...needle, limits: { events: 40 } };
    const repro = await failureOf(scenario, scenarioPath("needle"), 1);
    expect(repro.failure.invariant).toBe("limits/events");
    const small = await shrink(scenario, repro);
    expect(small.events).toBeLessThanOrEqual(40);
    const { result } = await runRepro(scenario, small, { host });
    expect(result.traceHash).toBe(small.traceHash);
  });
});
