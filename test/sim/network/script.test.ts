// What a scenario does to the network by hand: cuts, the filter, the counters.
import { describe, expect, it } from "vitest";
import { inLab, numberType, upTo } from "./support.js";

const NAMES = ["a", "b", "c"];
const LATENCY_US = 250;

describe("cut and restore", () => {
  it("concern one directed link", async () => {
    await inLab(NAMES, {}, async (lab) => {
      const { network } = lab.world;
      network.cut("a", "b");
      network.cut("a", "b");
      expect(NAMES.map((to) => to !== "a" && network.isCut("a", to))).toEqual([false, true, false]);
      expect(network.isCut("b", "a")).toBe(false);
      for (const from of NAMES) for (const to of NAMES) lab.send(from, to, 1);
      await lab.world.sleep(1_000);
      expect(
        lab
          .arrivals("a")
          .map(({ from }) => from)
          .toSorted(),
      ).toEqual(["a", "b", "c"]);
      expect(
        lab
          .arrivals("b")
          .map(({ from }) => from)
          .toSorted(),
      ).toEqual(["b", "c"]);
      network.restore("a", "b");
      lab.send("a", "b", 2);
      await lab.world.sleep(1_000);
      expect(lab.values("b", "a")).toEqual([2]);
      expect(network.counts).toEqual({ sent: 7, delivered: 6, lost: 1, bytes: 0 });
    });
  });

  it("a cut takes what is on the wire, but not what has arrived, and not what it missed", async () => {
    await inLab(NAMES, {}, async (lab) => {
      const { world } = lab;
      lab.send("a", "b", 0);
      await world.sleep(LATENCY_US + 1);
      lab.send("a", "b", 1);
      world.network.cut("a", "b");
      await world.sleep(LATENCY_US + 1);
      lab.send("a", "b", 2);
      world.network.restore("a", "b");
      lab.send("a", "b", 3);
      world.network.cut("a", "b");
      world.network.restore("a", "b");
      await world.sleep(1_000);
      expect(lab.values("b")).toEqual([0, 3]);
    });
  });

  it("isolate and rejoin concern all links of a node, both ways", async () => {
    await inLab(NAMES, {}, async (lab) => {
      const { network } = lab.world;
      network.isolate("b");
      for (const from of NAMES) for (const to of NAMES) lab.send(from, to, 1);
      await lab.world.sleep(1_000);
      expect(lab.arrivals("b").map(({ from }) => from)).toEqual(["b"]);
      expect(lab.values("a", "b")).toEqual([]);
      expect(lab.values("a", "c")).toEqual([1]);
      network.rejoin("b");
      for (const from of NAMES) for (const to of NAMES) lab.send(from, to, 2);
      await lab.world.sleep(1_000);
      expect(lab.values("b")).toEqual([1, 2, 2, 2]);
      expect(lab.values("c", "b")).toEqual([2]);
    });
  });

  it("don't end a partition's cut of the same link", async () => {
    await inLab(["a", "b"], { faults: { "partition-isolate": 1_000_000 } }, async ({ world }) => {
      const { network } = world;
      network.partitions.keepForming(["a", "b"], [], { meanHealthyUs: 1_000, meanCutUs: 1_000_000_000 });
      network.cut("a", "b");
      await world.sleep(1_000_000);
      network.restore("a", "b");
      expect(network.isCut("a", "b")).toBe(true);
      network.partitions.stop();
      network.partitions.healAll();
      expect(network.isCut("a", "b")).toBe(false);
    });
  });

  it("know only nodes that there are, and no link of a node to itself", async () => {
    await inLab(NAMES, {}, async ({ world: { network } }) => {
      expect(() => network.cut("a", "nobody")).toThrow("there is a node nobody");
      expect(() => network.cut("a", "a")).toThrow("always there");
    });
  });
});

describe("the filter", () => {
  it("sees each send once, drops, lets pass, or says when a message arrives", async () => {
    const asked: string[] = [];
    const lab = await inLab(NAMES, { faults: { "message-loss": 1_000_000 } }, async (inner) => {
      const { network } = inner.world;
      network.filter = (from, to, type, value) => {
        asked.push(`${from}${to} ${type.name} ${String(value)}`);
        if (value === 0) return "drop";
        return value === 1 ? "deliver" : 10_000 - (value as number) * 1_000;
      };
      for (const value of upTo(5)) inner.send("a", "b", value);
      await inner.world.sleep(20_000);
      network.filter = undefined;
      inner.send("a", "b", 9);
      await inner.world.sleep(20_000);
    });
    expect(asked).toEqual(upTo(5).map((value) => `ab number ${value}`));
    // By their own times, and spared by the faults that take the rest.
    expect(lab.arrivals("b")).toEqual([
      { from: "a", value: 4, atUs: 6_001 },
      { from: "a", value: 3, atUs: 7_001 },
      { from: "a", value: 2, atUs: 8_001 },
    ]);
    expect(lab.faults("message-loss").injected).toBe(2);
    expect(lab.world.network.counts).toMatchObject({ sent: 6, delivered: 3, lost: 3 });
  });

  it("does not hold up, and is not held up by, what the network delivers", async () => {
    const lab = await inLab(NAMES, {}, async (inner) => {
      inner.world.network.filter = (_from, _to, _type, value) => (value === 1 ? 50_000 : "deliver");
      for (const value of upTo(4)) inner.send("a", "b", value);
      await inner.world.sleep(100_000);
    });
    expect(lab.arrivals("b").map(({ value, atUs }) => [value, atUs])).toEqual([
      [0, 1 + LATENCY_US],
      [2, 1 + LATENCY_US],
      [3, 1 + LATENCY_US],
      [1, 50_001],
    ]);
  });

  it("cannot pass a cut", async () => {
    const lab = await inLab(NAMES, {}, async (inner) => {
      inner.world.network.filter = () => 1_000;
      inner.world.network.cut("a", "b");
      inner.send("a", "b", 1);
      inner.send("a", "c", 1);
      inner.world.network.cut("a", "c");
      await inner.world.sleep(10_000);
    });
    expect(lab.world.network.counts).toMatchObject({ sent: 2, delivered: 0, lost: 2 });
  });
});

describe("bytes", () => {
  it("are counted while somebody asks, framed, also of what is lost", async () => {
    let encoded = 0;
    const type = {
      ...numberType(84),
      encode(value: number) {
        encoded++;
        return numberType(84).encode(value);
      },
    };
    const lab = await inLab(["a", "b"], {}, async (inner) => {
      const { network } = inner.world;
      inner.send("a", "b", 0, type);
      expect(network.counts.bytes).toBe(0);
      network.countBytes = true;
      inner.send("a", "b", 1, type);
      network.cut("a", "b");
      inner.send("a", "b", 2, type);
      inner.send("a", "b", 3);
      network.countBytes = false;
      inner.send("a", "b", 4, type);
      await inner.world.sleep(1_000);
    });
    expect(lab.world.network.counts.bytes).toBe(100 + 100 + 16);
    expect(encoded).toBeLessThan(5);
  });
});
