// The end of all trouble, everywhere or among some nodes only.
import { describe, expect, it } from "vitest";
import type { FaultKind } from "#sim/faults/index.js";
import { inLab, upTo, type Lab } from "./support.js";

const NODES = ["a", "b", "c", "d", "e"];
const CORE = ["a", "b", "c"];
const LATENCY_US = 250;
const STORM: Partial<Record<FaultKind, number>> = {
  "message-loss": 50_000,
  "message-corrupt": 50_000,
  "message-duplicate": 50_000,
  "message-reorder": 50_000,
  "slow-link": 50_000,
  "link-clog": 50_000,
  bandwidth: 500_000,
  "link-overflow": 500_000,
  "partition-halves": 1_000_000,
  "partition-isolate": 1_000_000,
  "partition-one-way": 1_000_000,
};
const PACE = { meanHealthyUs: 200_000, meanCutUs: 400_000 };

function pairs(names: readonly string[]): [string, string][] {
  return names.flatMap((from) => names.filter((to) => to !== from).map((to): [string, string] => [from, to]));
}

/** Lets it storm for a while, with traffic on every link. */
async function storm(lab: Lab): Promise<void> {
  lab.world.network.partitions.keepForming(NODES, [], PACE);
  for (const value of upTo(200)) {
    for (const [from, to] of pairs(NODES)) lab.send(from, to, value);
    await lab.world.sleep(10_000);
  }
}

function cutLinks({ world }: Lab): string[] {
  return pairs(NODES)
    .filter(([from, to]) => world.network.isCut(from, to))
    .map((pair) => pair.join(""));
}

/** Sends 1,000 and more over each of these links, and gives what arrived of that, by link, and when. */
async function probe(lab: Lab, links: readonly [string, string][]): Promise<Map<string, string>> {
  const sentUs = lab.world.nowUs;
  for (const value of upTo(300)) for (const [from, to] of links) lab.send(from, to, 1_000 + value);
  await lab.world.sleep(10_000_000);
  return new Map(
    links.map(([from, to]) => {
      const arrived = lab.arrivals(to).filter((arrival) => arrival.from === from && arrival.value >= 1_000);
      return [from + to, arrived.map(({ value, atUs }) => `${value}@${atUs - sentUs}`).join(" ")];
    }),
  );
}

const WHOLE = upTo(300)
  .map((value) => `${1_000 + value}@${LATENCY_US}`)
  .join(" ");

describe("heal", () => {
  it("makes every link whole at once and for good", async () => {
    for (const seed of upTo(6)) {
      await inLab(NODES, { seed, faults: STORM }, async (lab) => {
        const { network } = lab.world;
        await storm(lab);
        network.cut("a", "b");
        expect(cutLinks(lab).length).toBeGreaterThan(0);
        network.heal();
        expect(cutLinks(lab)).toEqual([]);
        const struck = lab.world.faults.ledger.faults.length;
        expect(new Set((await probe(lab, pairs(NODES))).values())).toEqual(new Set([WHOLE]));
        network.partitions.keepForming(NODES, [], PACE);
        await lab.world.sleep(10_000_000);
        expect(network.partitions.active).toBe(0);
        expect(lab.world.faults.ledger.faults).toHaveLength(struck);
        // Links that nobody had used are whole, too.
        lab.boot("f");
        await lab.world.sleep(1);
        expect([...(await probe(lab, [["a", "f"]])).values()]).toEqual([WHOLE]);
      });
    }
  });

  it("lets what waits on the wire arrive", async () => {
    let waited = 0;
    for (const seed of upTo(30)) {
      await inLab(["a", "b"], { seed, faults: { "link-clog": 300_000 } }, async (lab) => {
        for (const value of upTo(10)) lab.send("a", "b", value);
        await lab.world.sleep(LATENCY_US + 1);
        if (lab.values("b").length < 10) waited++;
        lab.world.network.heal();
        await lab.world.sleep(LATENCY_US + 1);
        expect(lab.values("b")).toEqual(upTo(10));
      });
    }
    expect(waited).toBeGreaterThan(10);
  });
});

describe("heal, where the profile itself has latencies and a bandwidth,", () => {
  /** Half a megabyte a second: 16 bytes of frame take 32 us. */
  const networkProfile = {
    minLatencyUs: 1_000,
    meanLatencyUs: 1_000,
    bandwidthBytesPerS: 500_000,
    queueMessages: 0,
  };

  it("leaves nothing but the profile", async () => {
    for (const seed of upTo(6)) {
      await inLab(NODES, { seed, networkProfile, faults: STORM }, async (lab) => {
        await storm(lab);
        // A backlog of 64 ms, which arrives at once.
        for (const value of upTo(2_000)) lab.send("d", "e", value % 1_000);
        lab.world.network.heal();
        const struck = lab.world.faults.ledger.faults.length;
        for (const [link, text] of await probe(lab, pairs(NODES))) {
          const arrivals = text.split(" ").map((arrival) => arrival.split("@").map(Number));
          expect([link, arrivals.map(([value]) => value)]).toEqual([link, upTo(300).map((i) => 1_000 + i)]);
          // 300 messages leave in 9.6 ms; the longest latency of the table is 8.3 times the mean.
          expect(arrivals.at(-1)![1]).toBeLessThan(20_000);
          expect(arrivals.at(-1)![1]).toBeGreaterThan(9_600 + 1_000);
        }
        expect(lab.world.faults.ledger.faults).toHaveLength(struck);
      });
    }
  });

  it("lets nothing arrive before a paused sender can have sent it", async () => {
    let paused = 0;
    for (const seed of upTo(40)) {
      const faults = { pause: 1_000_000, "slow-link": 1_000_000 };
      const options = { seed, networkProfile, faults, strikeEveryCalls: 5 };
      await inLab(["a", "b"], options, async (lab) => {
        for (const value of upTo(10)) lab.send("a", "b", value);
        const sentUs = lab.env("a").clock.nowUs();
        if (sentUs > lab.world.nowUs) paused++;
        lab.send("a", "b", 10);
        lab.world.network.heal();
        await lab.world.sleep(60_000_000);
        const arrival = lab.arrivals("b").find(({ value }) => value === 10)!;
        expect(arrival.atUs).toBeGreaterThanOrEqual(sentUs + networkProfile.minLatencyUs);
      });
    }
    expect(paused).toBeGreaterThan(10);
  });
});

describe("healAmong", () => {
  it("makes links among these nodes whole for good, and leaves all others as they are", async () => {
    let broken = 0;
    let struckOutside = 0;
    for (const seed of upTo(8)) {
      await inLab(NODES, { seed, faults: STORM }, async (lab) => {
        const { network } = lab.world;
        await storm(lab);
        const isOutside = (link: string): boolean => !CORE.includes(link[0]!) || !CORE.includes(link[1]!);
        const cutBefore = cutLinks(lab);
        network.healAmong(CORE);
        const cut = cutLinks(lab);
        // A clog outside that cannot end counts as a cut from now on.
        expect(cut).toEqual(expect.arrayContaining(cutBefore.filter(isOutside)));
        expect(cut.every(isOutside)).toBe(true);
        const struck = lab.world.faults.ledger.faults.length;
        const inside = await probe(lab, pairs(CORE));
        expect(new Set(inside.values())).toEqual(new Set([WHOLE]));
        expect(lab.world.faults.ledger.faults).toHaveLength(struck);
        await lab.world.sleep(60_000_000);
        expect(cutLinks(lab)).toEqual(cut);
        const outside = pairs(NODES).filter((pair) => isOutside(pair.join("")));
        const probed = await probe(lab, outside);
        for (const link of cut) expect(probed.get(link)).toBe("");
        broken += cut.length;
        struckOutside += lab.world.faults.ledger.faults.length - struck;
        network.heal();
        expect(cutLinks(lab)).toEqual([]);
        lab.send("d", "e", 5_000);
        await lab.world.sleep(LATENCY_US + 1);
        expect(lab.values("e", "d")).toContain(5_000);
      });
    }
    expect(broken).toBeGreaterThan(20);
    expect(struckOutside).toBeGreaterThan(100);
  });

  it("spares these nodes from partitions that begin to form later", async () => {
    const options = { faults: { "partition-halves": 1_000_000 } };
    await inLab(NODES, options, async (lab) => {
      const { network } = lab.world;
      network.healAmong(CORE);
      network.partitions.keepForming(NODES, [], { meanHealthyUs: 10_000, meanCutUs: 1_000_000_000 });
      await lab.world.sleep(3_000_000);
      expect(cutLinks(lab)).toHaveLength(5 * 4 - 3 * 2);
    });
  });

  it("ends a clog of the core, and makes one elsewhere last", async () => {
    const options = { faults: { "link-clog": 1_000_000 } };
    await inLab(NODES, options, async (lab) => {
      lab.send("a", "b", 1);
      lab.send("a", "d", 1);
      lab.world.network.healAmong(CORE);
      await lab.world.sleep(LATENCY_US + 1);
      expect(lab.values("b")).toEqual([1]);
      await lab.world.sleep(60_000_000);
      lab.send("a", "d", 2);
      await lab.world.sleep(60_000_000);
      expect(lab.values("d")).toEqual([]);
    });
  });
});
