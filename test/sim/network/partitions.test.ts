// Partitions form and heal while a run goes on, and take the messages that would have crossed them.
import { describe, expect, it } from "vitest";
import { PARTITION_KINDS } from "#sim/network/shapes.js";
import { inLab, upTo, type Lab } from "./support.js";

const NODES = ["a", "b", "c", "d", "e"];
const CLIENTS = ["x", "y"];
const ALL = [...NODES, ...CLIENTS];
const ALWAYS = 1_000_000;
const PACE = { meanHealthyUs: 1_000_000, meanCutUs: 300_000 };

function cutLinks({ world }: Lab, names: readonly string[] = ALL): string[] {
  return names.flatMap((from) =>
    names.filter((to) => from !== to && world.network.isCut(from, to)).map((to) => `${from}${to}`),
  );
}

describe.each(PARTITION_KINDS)("%s", (kind) => {
  it("forms and heals again and again, loses what would cross it, and nothing else", async () => {
    let formed = 0;
    let healed = 0;
    const lab = await inLab(ALL, { faults: { [kind]: ALWAYS } }, async (inner) => {
      const { world } = inner;
      world.network.partitions.keepForming(NODES, CLIENTS, PACE);
      let value = 0;
      let before = 0;
      for (let round = 0; round < 300; round++) {
        // Less than the latency later nothing has changed: only that is cut which was cut when it was sent.
        const cut = new Set(cutLinks(inner));
        const lostBefore = world.network.counts.lost;
        for (const from of ALL) for (const to of ALL) if (from !== to) inner.send(from, to, value);
        expect(world.network.counts.lost - lostBefore).toBe(cut.size);
        value++;
        await world.sleep(50_000);
        const { active } = world.network.partitions;
        if (active > before) formed++;
        if (active < before) healed++;
        before = active;
      }
    });
    expect(formed).toBeGreaterThan(3);
    expect(healed).toBeGreaterThan(3);
    const { injected, reached, changed } = lab.faults(kind);
    expect(injected).toBeGreaterThanOrEqual(formed);
    expect(changed).toBe(reached);
    expect(changed).toBeGreaterThan(3);
    const { sent, delivered, lost } = lab.world.network.counts;
    expect(lost).toBeGreaterThan(10);
    expect(sent - delivered - lost).toBeLessThan(ALL.length * ALL.length);
    if (kind !== "partition-client") {
      expect(lab.values("x")).toHaveLength(300 * (ALL.length - 1));
    }
  });
});

describe("partitions", () => {
  it("never form where no kind is enabled, nor cost an event", async () => {
    const events = async (start: boolean): Promise<number> => {
      const lab = await inLab(ALL, { faults: { "message-loss": 1 } }, async ({ world }) => {
        if (start) world.network.partitions.keepForming(NODES, CLIENTS, PACE);
        await world.sleep(60_000_000);
        expect(world.network.partitions.active).toBe(0);
      });
      return lab.world.events;
    };
    expect(await events(true)).toBe(await events(false));
  });

  it("stay away where the scenario refuses them", async () => {
    const lab = await inLab(NODES, { faults: { "partition-halves": ALWAYS } }, async (inner) => {
      inner.world.faults.admit = () => false;
      inner.world.network.partitions.keepForming(NODES, [], PACE);
      await inner.world.sleep(20_000_000);
      expect(cutLinks(inner, NODES)).toEqual([]);
    });
    const { planned, refused } = lab.faults("partition-halves");
    expect(planned).toBeGreaterThan(5);
    expect(refused).toBe(planned);
  });

  it("may overlap: each link is free once the last of them has healed", async () => {
    let most = 0;
    const pace = { meanHealthyUs: 100_000, meanCutUs: 500_000 };
    const faults = { "partition-halves": ALWAYS, "partition-isolate": ALWAYS, "partition-bridge": ALWAYS };
    const lab = await inLab(NODES, { faults }, async (inner) => {
      const { partitions } = inner.world.network;
      partitions.keepForming(NODES, [], pace);
      for (let i = 0; i < 200; i++) {
        await inner.world.sleep(50_000);
        most = Math.max(most, partitions.active);
        expect(cutLinks(inner, NODES).length > 0).toBe(partitions.active > 0);
      }
      partitions.stop();
      await inner.world.sleep(20_000_000);
      expect(partitions.active).toBe(0);
      expect(cutLinks(inner, NODES)).toEqual([]);
    });
    expect(most).toBeGreaterThan(3);
    // All kinds take their turn.
    for (const kind of Object.keys(faults))
      expect(lab.faults(kind as "partition-halves").injected).toBeGreaterThan(5);
  });

  it("each count what is lost to several of them", async () => {
    const faults = { "partition-isolate": ALWAYS };
    const lab = await inLab(["a", "b"], { faults }, async (inner) => {
      const { partitions } = inner.world.network;
      partitions.keepForming(["a", "b"], [], { meanHealthyUs: 1_000, meanCutUs: 1_000_000_000 });
      await inner.world.sleep(100_000);
      partitions.stop();
      expect(partitions.active).toBeGreaterThan(3);
      expect(inner.faults("partition-isolate").reached).toBe(0);
      inner.send("a", "b", 1);
      expect(inner.faults("partition-isolate").changed).toBe(partitions.active);
    });
    expect(lab.world.network.counts.lost).toBe(1);
  });

  it("end with healAll, and go on forming after it", async () => {
    const pace = { meanHealthyUs: 1_000_000, meanCutUs: 1_000_000_000 };
    await inLab(NODES, { faults: { "partition-isolate": ALWAYS } }, async (inner) => {
      const { partitions } = inner.world.network;
      partitions.keepForming(NODES, [], pace);
      await inner.world.sleep(10_000_000);
      expect(partitions.active).toBeGreaterThan(3);
      partitions.healAll();
      expect(partitions.active).toBe(0);
      expect(cutLinks(inner, NODES)).toEqual([]);
      await inner.world.sleep(10_000_000);
      expect(partitions.active).toBeGreaterThan(3);
      partitions.stop();
      const { active } = partitions;
      await inner.world.sleep(10_000_000);
      expect(partitions.active).toBe(active);
    });
  });

  it("take what is on the wire when they form", async () => {
    let inFlight = 0;
    const networkProfile = {
      minLatencyUs: 100_000,
      meanLatencyUs: 0,
      bandwidthBytesPerS: 0,
      queueMessages: 0,
    };
    const options = { networkProfile, faults: { "partition-isolate": ALWAYS } };
    const lab = await inLab(NODES, options, async (inner) => {
      const { world } = inner;
      world.network.partitions.keepForming(NODES, [], { meanHealthyUs: 1_000_000, meanCutUs: 5_000_000 });
      for (const value of upTo(200)) {
        const cutBefore = new Set(cutLinks(inner, NODES));
        inner.send("a", "b", value);
        inner.send("b", "a", value);
        await world.sleep(100_001);
        for (const [from, to] of [
          ["a", "b"],
          ["b", "a"],
        ] as const) {
          const isCut = world.network.isCut(from, to);
          if (!cutBefore.has(from + to) && isCut) {
            inFlight++;
            expect(inner.values(to, from)).not.toContain(value);
          }
        }
      }
    });
    expect(inFlight).toBeGreaterThan(1);
    expect(lab.faults("partition-isolate").changed).toBeGreaterThan(1);
  });
});
