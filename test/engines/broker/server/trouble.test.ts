import { describe, expect, it } from "vitest";
import { REASSIGN, REGISTER } from "#engines/broker/protocol/index.js";
import { BROKERS, withBrokers } from "./support.js";

describe("a broker", () => {
  it("stops as a whole when its disk fails, and the others go on", async () => {
    await withBrokers(
      async (brokers) => {
        await brokers.createTopic(BROKERS);
        await brokers.produce(["a"]);
        brokers.failing.add("b1");
        await brokers.produce(["b"]);
        await brokers.until(() => brokers.failures.has("b1"));
        expect(brokers.failures.get("b1")!.code).toBe("STORAGE_ERROR");
        const seen = brokers.events.length;
        await brokers.produce(["c"]);
        expect(brokers.events.slice(seen).filter(({ node }) => node === "b1")).toEqual([]);
        expect([...new Set(await brokers.values())]).toEqual(["a", "b", "c"]);
        // What failed left no marker: it comes back as one that may have lost something.
        brokers.failing.clear();
        brokers.boot("b1");
        await brokers.untilIsr(...BROKERS);
      },
      { broker: { durability: "sync" } },
    );
  });

  it("that is told of another by its name comes back in a new life, through the door", async () => {
    const cluster = await withBrokers(async (brokers) => {
      await brokers.createTopic(BROKERS);
      await brokers.produce(["a"]);
      const other = { broker: "b1", incarnation: 1, previousEpoch: undefined };
      const epoch = await brokers.channel.call(REGISTER, other, 1_000_000);
      await brokers.until(() => (brokers.brokers.get("b1")?.inspect().epoch ?? 0) > epoch);
      await brokers.untilIsr(...BROKERS);
      await brokers.produce(["b"]);
      expect([...new Set(await brokers.values())]).toEqual(["a", "b"]);
    });
    const lives = cluster.events.filter(
      ({ node, event }) => node === "b1" && event.kind === "broker/registered",
    );
    expect(lives.map(({ event }) => event)).toMatchObject([{ wasClean: false }, { wasClean: false }]);
  });

  it("goes on with all else while a log is slow to open, or to go", async () => {
    await withBrokers(async (brokers) => {
      let release: () => void = () => undefined;
      brokers.stalled.set("b1/broker/slow-0", new Promise((resolve) => (release = resolve)));
      await brokers.createTopic(BROKERS, {}, "slow");
      await brokers.createTopic(BROKERS);
      await brokers.produce(["a"]);
      const roleOf = (name: string): string | undefined =>
        brokers.brokers
          .get("b1")!
          .inspect()
          .partitions.find(({ partition }) => partition === name)?.role;
      expect([roleOf("orders-0"), roleOf("slow-0")]).toEqual(["leader", undefined]);
      // What has become of the partition since counts once its log is there.
      const partition = { topic: "slow", partition: 0 };
      const reassign = (replicas: readonly string[]): Promise<number> =>
        brokers.channel.call(REASSIGN, { partition, replicas }, 1_000_000);
      await reassign(["b2", "b3"]);
      await brokers.produce(["b"]);
      release();
      await brokers.until(() => brokers.events.some(({ event }) => event.kind === "broker/log-removed"));
      await reassign(BROKERS);
      await brokers.until(() => roleOf("slow-0") === "follower");
    });
  });

  it("takes the metadata as an image where the records are gone", async () => {
    const cluster = await withBrokers(
      async (brokers) => {
        await brokers.createTopic(BROKERS);
        brokers.crash("b3");
        await brokers.until(() => brokers.state.isr.length === 2);
        brokers.boot("b3");
        await brokers.untilIsr(...BROKERS);
        await brokers.produce(["a"]);
        expect(await brokers.values()).toEqual(["a"]);
        const { image } = brokers.controller;
        const digests = [...brokers.brokers.values()].map((each) => each.inspect().metadataDigest);
        expect(digests).toEqual(BROKERS.map(() => image.digest));
      },
      { retainedRecords: 1 },
    );
    expect([...cluster.world.marks.keys()]).toContain("broker/caught-up-by-image");
  });

  it("begins its log anew where the leader has deleted what it would need", async () => {
    const cluster = await withBrokers(async (brokers) => {
      const config = { segmentBytes: 2_000, retentionBytes: 4_000 };
      await brokers.createTopic(BROKERS, config);
      await brokers.produce(["first"]);
      brokers.crash("b3");
      for (let i = 0; i < 12; i++) await brokers.produce([`${i}`.repeat(800)]);
      await brokers.until(() => (brokers.partition("b1")?.log.logStartOffset ?? 0) > 1);
      brokers.boot("b3");
      await brokers.untilIsr(...BROKERS);
      await brokers.produce(["last"]);
      const end = await brokers.offset("latest");
      await brokers.until(() => brokers.partition("b3")?.highWatermark === end);
      expect(brokers.partition("b3")!.log.logStartOffset).toBeGreaterThan(1);
    });
    expect([...cluster.world.marks.keys()]).toContain("broker/log-restarted");
  });
});
