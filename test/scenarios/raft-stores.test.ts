// The cluster over each storage engine, and over stores that make the mistakes that such machines are known for.
import { describe, expect, it } from "vitest";
import { nodeHost } from "#runner/host.js";
import { onStores } from "#scenarios/raft/machines.js";
import { RAFT_SETTING } from "#scenarios/raft/settings.js";
import { driveRaft } from "#scenarios/raft/storm.js";
import { raftBtreeScenario } from "#scenarios/raft-btree/index.js";
import { raftLsmScenario } from "#scenarios/raft-lsm/index.js";
import type { KeyValueStore, WriteOperation } from "#engines/store/index.js";
import { runSeed, type SeedResult } from "#sim/run-seed.js";
import type { ParameterValues, Scenario } from "#sim/scenario.js";
import { LogStore } from "../engines/support/log-store.js";

function run(
  scenario: Scenario,
  seed: number,
  parameters: Record<string, number | string> = {},
): Promise<SeedResult> {
  const values: ParameterValues = new Map(Object.entries(parameters));
  return runSeed(scenario, { seed, host: nodeHost("sync"), parameters: values });
}

const SCENARIOS: readonly Scenario[] = [raftLsmScenario, raftBtreeScenario];

describe.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))("%s", (_, scenario) => {
  it("holds on a few seeds, in which something happens", async () => {
    let commits = 0;
    let machines = 0;
    for (const seed of [1, 6]) {
      const { findings, counts } = await run(scenario, seed);
      expect(findings).toEqual([]);
      commits += counts["commits"]!;
      machines += counts["machinesCompared"]!;
    }
    expect(commits).toBeGreaterThan(100);
    expect(machines).toBeGreaterThan(5);
  });

  it("holds at the extremes of its parameters", async () => {
    for (const parameters of [
      { servers: 1, clients: 1, operations: 10, stormMs: 500 },
      { servers: 2, operations: 0, stormMs: 500 },
      { servers: 9, clients: 20, operations: 60, stormMs: 500 },
    ]) {
      expect((await run(scenario, 4, parameters)).findings).toEqual([]);
    }
  });

  it("gives the same trace twice", async () => {
    expect((await run(scenario, 7)).traceHash).toBe((await run(scenario, 7)).traceHash);
  });
});

type Write = (batch: readonly WriteOperation[]) => Promise<unknown>;

/** The scenario over stores that write something else than they are told. */
function over(mistake: (batch: readonly WriteOperation[], write: Write) => Promise<unknown>): Scenario {
  const openStore = async (
    env: Parameters<typeof LogStore.open>[0],
    directory: string,
  ): Promise<KeyValueStore> => {
    const store = await LogStore.open(env, { directory, limits: { valueBytes: 1 << 21 } });
    const write = store.write.bind(store);
    store.write = async (batch) => {
      await mistake(batch, write);
      return 1;
    };
    return store;
  };
  return { ...raftLsmScenario, drive: (seed) => driveRaft(seed, onStores(RAFT_SETTING, openStore)) };
}

const isPlace = ({ key }: WriteOperation): boolean => key[0] === 0;
const isSession = ({ key }: WriteOperation): boolean => key[0] === 1;
const isState = ({ key }: WriteOperation): boolean => key[0] === 2;

/** What the first of these seeds finds that finds anything. */
async function firstFinding(scenario: Scenario, seeds: readonly number[]): Promise<string> {
  for (const seed of seeds) {
    const [finding] = (await run(scenario, seed)).findings;
    if (finding !== undefined) return `${finding.invariant}: ${finding.message}`;
  }
  return "nothing";
}

describe("a store is caught", () => {
  it("that has its place later than its state", async () => {
    const scenario = over(async (batch, write) => {
      const changes = batch.filter((each) => !isPlace(each));
      if (changes.length > 0) await write(changes);
      if (batch.some(isPlace)) await write(batch.filter(isPlace));
    });
    // The sessions make up for most of it, since they come with the state.
    expect(await firstFinding(scenario, [11, 19])).toMatch(/an entry opens one session|state-machine-safety/);
  });

  it("that has its place before its state", async () => {
    const scenario = over(async (batch, write) => {
      if (batch.some(isPlace)) await write(batch.filter(isPlace));
      const changes = batch.filter((each) => !isPlace(each));
      if (changes.length > 0) await write(changes);
    });
    expect(await firstFinding(scenario, [2, 5, 8, 15])).toMatch(
      /^raft\/(state-machine-safety|state-differs)/,
    );
  });

  it("that forgets its sessions", async () => {
    const scenario = over(async (batch, write) => {
      const others = batch.filter((each) => !isSession(each));
      if (others.length > 0) await write(others);
    });
    expect(await firstFinding(scenario, [1, 2])).toMatch(/^raft\/state-machine-safety/);
  });

  it("that forgets a change now and then", async () => {
    let writes = 0;
    const scenario = over((batch, write) =>
      write(++writes % 9 === 0 ? batch.filter((each) => !isState(each)) : batch),
    );
    expect(await firstFinding(scenario, [3, 1])).toMatch(/^raft\/(state-machine-safety|state-differs)/);
  });
});
