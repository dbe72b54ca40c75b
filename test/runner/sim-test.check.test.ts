/** `checkSeeds`: scenarios inside of a test of the user's. */
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Exit } from "#sim/process.js";
import { runSeed } from "#sim/run-seed.js";
import type { Run, Scenario } from "#sim/scenario.js";
import { UsageError } from "#runner/errors.js";
import { nodeHost } from "#runner/host.js";
import { checkSeeds, SeedFailed, SeedsVacuous, type CheckSeedsOptions } from "#runner/sim-test/index.js";

function scenario(drive: (run: Run) => Promise<void>, over: Partial<Scenario> = {}): Scenario {
  return {
    name: "sample",
    summary: "",
    parameters: { most: { type: "integer", summary: "", min: 1, max: 99, default: 9 } },
    faults: { "power-loss": { minPpm: 500_000, maxPpm: 900_000 } },
    mustReach: [],
    coverageSeeds: 10,
    strikeEveryCalls: 8,
    drive,
    ...over,
  };
}

/** Writes, syncs and sleeps; restarted until it has come through. */
const busy = scenario(async (run) => {
  const node = run.world.addNode("n1");
  let exit: Exit | undefined;
  while (exit !== "done") {
    exit = await run.world.boot(node, async (env) => {
      const file = await env.disk.open("f", "create");
      for (let i = 0; i < 20; i++) {
        file.write(8 * i, Uint8Array.of(1 + env.random.below(9)));
        if (i % 4 === 3) await file.sync();
        await env.clock.sleep(1 + env.random.below(1_000));
      }
    }).exited;
  }
});

/** Breaks where the seed is this one. */
function brokenAt(seed: number): Scenario {
  return scenario(async ({ world }) => {
    await world.sleep(1_500);
    if (world.decisions.seed === seed) world.fail("sample/seven", "it was seven again");
  });
}

async function failureOf(checked: Scenario, options: CheckSeedsOptions): Promise<SeedFailed> {
  const error: unknown = await checkSeeds(checked, options).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(SeedFailed);
  return error as SeedFailed;
}

async function hashes(checked: Scenario, options: CheckSeedsOptions): Promise<string[]> {
  return (await checkSeeds(checked, options)).map(({ seed, traceHash }) => `${seed} ${traceHash}`);
}

async function hashesAlone(first: number, last: number): Promise<string[]> {
  const alone: string[] = [];
  for (let seed = first; seed <= last; seed++) {
    alone.push(`${seed} ${(await runSeed(busy, { seed, host: nodeHost() })).traceHash}`);
  }
  return alone;
}

test("seeds that hold give their reports, the same as anywhere else", async () => {
  expect(await hashes(busy, { seeds: 6 })).toEqual(await hashesAlone(0, 5));
  expect(await hashes(busy, { seeds: { first: 3, last: 4 } })).toEqual(await hashesAlone(3, 4));
  expect(new Set(await hashesAlone(0, 5)).size).toBe(6);
});

test("checks that overlap take turns", async () => {
  const alone = await hashesAlone(0, 9);
  const [one, two, failure, three] = await Promise.all([
    hashes(busy, { seeds: 10 }),
    hashes(busy, { seeds: 10 }),
    failureOf(brokenAt(2), { seeds: 10 }),
    hashes(busy, { seeds: { first: 5, last: 9 } }),
  ]);
  expect(one).toEqual(alone);
  expect(two).toEqual(alone);
  expect(three).toEqual(alone.slice(5));
  expect(failure.seed).toBe(2);
});

describe("the message of a failure", () => {
  test("has the seed, the invariant, what happened, and the command", async () => {
    const failure = await failureOf(brokenAt(7), { seeds: 200, module: "./test/sample.ts" });
    expect(failure.message).toBe(
      "SEED_FAILED: expected sample/seven to hold, found it was seven again, " +
        "at seed 7 of sample, 0.001500s, after 7 that held; replay it:\n" +
        "  npx seedstorm replay ./test/sample.ts --seed 7",
    );
    expect(failure).toMatchObject({ code: "SEED_FAILED", seed: 7, invariant: "sample/seven" });
  });

  test("has parameters and faults in the command, and a URL as a path from here", async () => {
    const options = {
      seeds: { first: 7, last: 9 },
      parameters: { most: 5 },
      faults: { "power-loss": false },
    } as const;
    const command = /replay test\/sample\.ts --seed 7 --param most=5 --faults=-power-loss$/;
    const url = pathToFileURL("test/sample.ts");
    expect((await failureOf(brokenAt(7), { ...options, module: url })).message).toMatch(command);
    expect((await failureOf(brokenAt(7), { ...options, module: url.href })).message).toMatch(command);
  });

  test("an option that makes no sense is called by its name here", async () => {
    const faults = { crsh: true } as Record<string, boolean>;
    await expect(checkSeeds(brokenAt(7), { faults })).rejects.toMatchObject({ parts: { where: "faults" } });
    await expect(checkSeeds(brokenAt(7), { parameters: { nothing: 1 } })).rejects.toMatchObject({
      parts: { where: "parameters" },
    });
    await expect(checkSeeds(brokenAt(7), { parameters: { most: -1 } })).rejects.toMatchObject({
      parts: { where: "parameters.most" },
    });
  });

  test("says how to run the seed alone where the module is not known", async () => {
    const { message } = await failureOf(brokenAt(7), { seeds: 10 });
    expect(message).toContain("run it alone with seeds: { first: 7, last: 7 }");
    await expect(checkSeeds(brokenAt(7), { seeds: { first: 7, last: 7 } })).rejects.toThrow(SeedFailed);
  });

  test("has the stack of what was thrown as its cause", async () => {
    const thrower = scenario(async ({ world }) => {
      await world.boot(world.addNode("n1"), async () => {
        await Promise.reject(new TypeError("not that way"));
      }).exited;
    });
    const failure = await failureOf(thrower, {});
    expect(failure.invariant).toBe("process/uncaught-error");
    expect(failure.message).toContain(" on n1,");
    expect((failure.cause as Error).stack).toContain("sim-test.check.test.ts");
  });
});

test("a rejection that nobody handles is the seed's, and not the test's", async () => {
  const listener = vi.fn();
  process.on("unhandledRejection", listener);
  const careless = scenario(async ({ world }) => {
    void Promise.reject(new Error("nobody cares"));
    await world.sleep(10);
  });
  const failure = await failureOf(careless, {});
  await new Promise((resolve) => setTimeout(resolve, 5));
  process.off("unhandledRejection", listener);
  expect(failure.message).toContain("nobody cares");
  expect(listener).not.toHaveBeenCalled();
});

test("a call that no seed decides is a failure here too", async () => {
  const clocked = scenario(async ({ world }) => {
    await world.sleep(Date.now());
  });
  expect((await failureOf(clocked, {})).invariant).toBe("determinism/forbidden-call");
});

test("coverage is judged where it is asked for", async () => {
  const blind = { ...busy, mustReach: ["sample/never"] };
  await expect(checkSeeds(blind, { seeds: 3 })).resolves.toHaveLength(3);
  const error: unknown = await checkSeeds(blind, { seeds: 3, requireCoverage: true }).catch(
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(SeedsVacuous);
  expect((error as Error).message).toContain("mark sample/never was never reached, at 3 seeds of sample");
  await expect(checkSeeds(busy, { seeds: 20, requireCoverage: true })).resolves.toHaveLength(20);
});

test("parameters and faults come to the run", async () => {
  const seen: unknown[] = [];
  const looking = scenario(
    async (run) => void seen.push([run.integer("most"), [...run.world.faults.swarm.keys()]]),
  );
  await checkSeeds(looking, { seeds: 1, parameters: { most: 4 }, faults: { "power-loss": true } });
  await checkSeeds(looking, { seeds: 1, faults: { "power-loss": false } });
  expect(seen).toEqual([
    [4, ["power-loss"]],
    [9, []],
  ]);
});

test("a signal ends it between two seeds", async () => {
  const aborter = new AbortController();
  let seeds = 0;
  const counting = scenario(async ({ world }) => {
    await world.sleep(1);
    if (++seeds === 3) aborter.abort(new Error("enough"));
  });
  await expect(checkSeeds(counting, { seeds: 1_000, signal: aborter.signal })).rejects.toThrow("enough");
  expect(seeds).toBe(3);
});

test.each([
  [{ seeds: 0 }, "seeds"],
  [{ seeds: 1.5 }, "seeds"],
  [{ seeds: { first: 2, last: 1 } }, "2..1"],
  [{ seeds: { first: -1, last: 1 } }, "-1..1"],
  [{ parameters: { mots: 1 } }, "mots"],
  [{ parameters: { most: 1.5 } }, "most"],
  [{ faults: { crash: true } }, "crash"],
] as const)("%j makes no sense", async (options, word) => {
  const error: unknown = await checkSeeds(busy, options).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UsageError);
  expect((error as Error).message).toContain(word);
});

test("what is no scenario is refused", async () => {
  const nothing = { ...busy, drive: undefined } as unknown as Scenario;
  await expect(checkSeeds(nothing)).rejects.toThrow("a function drive");
});

describe("under fake timers", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("seeds run as ever", async () => {
    const faked = await hashes(busy, { seeds: 6 });
    vi.useRealTimers();
    expect(faked).toEqual(await hashesAlone(0, 5));
  });
});
