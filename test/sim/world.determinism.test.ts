// One seed is one run: whatever ran before, however microtasks are drained, whether anybody watches.
import { describe, expect, it } from "vitest";
import { nodeHost } from "#runner/host.js";
import { SCENARIOS } from "#scenarios/index.js";
import { runSeed, type SeedResult } from "#sim/run-seed.js";
import type { TraceRecord } from "#sim/trace.js";
import type { Run } from "#sim/scenario.js";
import type { World } from "#sim/world.js";
import { VARIANTS, WITH_FAULTS } from "./with-faults.js";

interface Eventful {
  readonly seed: number;
  readonly base: SeedResult;
  readonly run: Run;
}

describe.each(WITH_FAULTS.map((scenario) => [scenario.name, scenario] as const))("%s", (name, scenario) => {
  it("gives the same trace with either drain, traced or not, in any order of seeds", async () => {
    const seeds = VARIANTS.has(name) ? [3] : [3, 4];
    const hashes = async (order: number[], drain: "sync" | "async", traced: boolean): Promise<string[]> => {
      const bySeed = new Map<number, string>();
      for (const seed of order) {
        const sink = traced ? { traceSink: () => {} } : {};
        bySeed.set(seed, (await runSeed(scenario, { seed, host: nodeHost(drain), ...sink })).traceHash);
      }
      return seeds.map((seed) => bySeed.get(seed)!);
    };
    const once = await hashes(seeds, "sync", false);
    expect(new Set(once).size).toBe(seeds.length);
    expect(await hashes(seeds.toReversed(), "sync", true)).toEqual(once);
    expect(await hashes(seeds, "async", false)).toEqual(once);
  });

  if (VARIANTS.has(name)) return;

  /** The first seed from 9 on in which a fault changed something. */
  async function findEventful(): Promise<Eventful> {
    for (let seed = 9; ; seed++) {
      let run!: Run;
      const onRun = (given: Run): void => void (run = given);
      const base = await runSeed(scenario, { seed, host: nodeHost("sync"), onRun });
      if (Object.values(base.faults).some((counts) => (counts?.changed ?? 0) > 0)) return { seed, base, run };
    }
  }
  let found: Promise<Eventful> | undefined;
  const eventful = (): Promise<Eventful> => (found ??= findEventful());

  it("is replayed by its recorded decisions, and changed by an override of one", async () => {
    const { seed, base } = await eventful();
    let world!: World;
    const again = await runSeed(scenario, {
      seed,
      host: nodeHost("sync"),
      onRun: (run) => {
        ({ world } = run);
        world.decisions.record();
      },
    });
    const recorded = world.decisions.recorded();
    expect(again.traceHash).toBe(base.traceHash);
    const fault = world.faults.ledger.faults.find(({ state }) => state === "changed")!;
    const place = fault.id.slice(fault.id.lastIndexOf(":") + 1);
    const strike = recorded.find(
      ({ key }) => key.startsWith(`fault/${fault.kind}:`) && key.endsWith(`.${place}`),
    )!;
    const without = await runSeed(scenario, {
      seed,
      host: nodeHost("sync"),
      repro: { overrides: new Map([[strike.key, 0]]) },
    });
    expect(without.traceHash).not.toBe(base.traceHash);
    const asRecorded = await runSeed(scenario, {
      seed,
      host: nodeHost("sync"),
      repro: { overrides: new Map(recorded.map(({ key, value }) => [key, value])) },
    });
    expect(asRecorded.traceHash).toBe(base.traceHash);
  });

  it("is the same from its plan and its faults by id, and another without one of them", async () => {
    const { seed, base, run } = await eventful();
    const { faults } = run.world;
    const injected = faults.ledger.faults.filter(({ state }) => state !== "refused");
    const ids = new Set(injected.map(({ id }) => id));
    const plan = new Map(Object.entries(JSON.parse(JSON.stringify(Object.fromEntries(run.plan))) as object));
    const repro = { swarm: faults.swarm, plan, onlyFaults: ids };
    const again = await runSeed(scenario, { seed, host: nodeHost("sync"), repro });
    expect(again.traceHash).toBe(base.traceHash);
    const changed = injected.find(({ state }) => state === "changed")!;
    ids.delete(changed.id);
    const without = await runSeed(scenario, { seed, host: nodeHost("sync"), repro });
    expect(without.traceHash).not.toBe(base.traceHash);
  });
});

describe("the trace", () => {
  it("names for every event the event that caused it", async () => {
    const records: TraceRecord[] = [];
    await runSeed(SCENARIOS[0]!, {
      seed: 1,
      host: nodeHost("sync"),
      traceSink: (record) => records.push(record),
    });
    const seen = new Set([0]);
    for (const record of records) {
      if (record.type === "event") seen.add(record.id);
      expect(seen.has(record.cause) || record.cause < record.id).toBe(true);
    }
    expect(records.filter(({ type }) => type === "event").length).toBeGreaterThan(100);
  });
});
