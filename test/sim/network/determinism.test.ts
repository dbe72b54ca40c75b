// One seed is one run, with everything that the network can do; looking at it changes nothing.
import { expect, it } from "vitest";
import type { FaultKind } from "#sim/faults/index.js";
import { PARTITION_KINDS } from "#sim/network/shapes.js";
import type { TestWorldOptions } from "../../support/world.js";
import { inLab, upTo, type Lab } from "./support.js";

const NODES = ["a", "b", "c", "d"];
const CLIENTS = ["x"];
const KINDS: FaultKind[] = [
  "message-loss",
  "message-duplicate",
  "message-reorder",
  "message-corrupt",
  "slow-link",
  "link-clog",
];
const FAULTS: Partial<Record<FaultKind, number>> = {
  ...Object.fromEntries(KINDS.map((kind) => [kind, 20_000])),
  ...Object.fromEntries(PARTITION_KINDS.map((kind) => [kind, 500_000])),
  bandwidth: 300_000,
  "link-overflow": 300_000,
  pause: 1_000_000,
};
const PROFILE = { minLatencyUs: 100, meanLatencyUs: 500, bandwidthBytesPerS: 0, queueMessages: 0 };

async function storm(
  options: TestWorldOptions,
  prepare: (lab: Lab) => void = () => {},
): Promise<{ readonly hash: string; readonly lab: Lab }> {
  const all = { networkProfile: PROFILE, faults: FAULTS, strikeEveryCalls: 200, ...options };
  const lab = await inLab([...NODES, ...CLIENTS], all, async (inner) => {
    prepare(inner);
    const { network } = inner.world;
    network.partitions.keepForming(NODES, CLIENTS, { meanHealthyUs: 100_000, meanCutUs: 200_000 });
    const send = async (count: number): Promise<void> => {
      for (const value of upTo(count)) {
        for (const from of NODES) for (const to of [...NODES, ...CLIENTS]) inner.send(from, to, value);
        await inner.world.sleep(10_000);
      }
    };
    await send(150);
    network.healAmong(["a", "b", "c"]);
    await send(50);
    network.heal();
    await send(10);
  });
  return { hash: lab.world.trace.hash(), lab };
}

it("the same seed gives the same run, other seeds others, and every kind strikes", async () => {
  const first = await Promise.resolve(storm({ seed: 1 }));
  const other = await storm({ seed: 2 });
  expect((await storm({ seed: 1 })).hash).toBe(first.hash);
  expect(other.hash).not.toBe(first.hash);
  for (const kind of Object.keys(FAULTS) as FaultKind[]) {
    const changed = first.lab.faults(kind).changed + other.lab.faults(kind).changed;
    expect([kind, changed > 0]).toEqual([kind, true]);
  }
});

it("tracing, the drain, checked payloads and counted bytes change nothing", async () => {
  const { hash } = await storm({ seed: 3 });
  expect((await storm({ seed: 3, trace: [] })).hash).toBe(hash);
  expect((await storm({ seed: 3, drain: "async" })).hash).toBe(hash);
  expect((await storm({ seed: 3, checkPayloads: true })).hash).toBe(hash);
  const counting = await storm({ seed: 3 }, ({ world }) => (world.network.countBytes = true));
  expect(counting.hash).toBe(hash);
  expect(counting.lab.world.network.counts.bytes).toBeGreaterThan(10_000);
  const filtered = await storm({ seed: 3 }, ({ world }) => (world.network.filter = () => "deliver"));
  expect(filtered.hash).toBe(hash);
});

it("a run is replayed by its recorded decisions, and its latencies are among them", async () => {
  const recording = await storm({ seed: 4 }, ({ world }) => world.decisions.record());
  const recorded = recording.lab.world.decisions.recorded();
  expect(recording.hash).toBe((await storm({ seed: 4 })).hash);
  for (const site of [
    "network/latency",
    "network/slow",
    "network/clog",
    "fault/message-loss",
    "fault/bandwidth",
  ]) {
    expect([site, recorded.some(({ key }) => key.startsWith(`${site}:`))]).toEqual([site, true]);
  }
});
