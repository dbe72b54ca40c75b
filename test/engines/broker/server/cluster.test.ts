import { describe, expect, it } from "vitest";
import { BROKERS, withBrokers, type TestBrokers } from "./support.js";

/** Sends so many values, one after the other, and gives all that were sent so far. */
function sender(brokers: TestBrokers): (count: number) => Promise<string[]> {
  const sent: string[] = [];
  return async (count) => {
    for (let i = 0; i < count; i++) {
      const value = `v${sent.length}`;
      await brokers.produce([value]);
      sent.push(value);
    }
    return [...sent];
  };
}

/** What was sent again since no answer came may be there twice; the order is of the first ones. */
const distinct = (values: readonly string[]): string[] => [...new Set(values)];

function eventsOf(brokers: TestBrokers, kind: string): number {
  return brokers.events.filter(({ event }) => event.kind === kind).length;
}

describe("three brokers", () => {
  it("keep what was acknowledged through the loss of the leader, and take it back into the ISR", async () => {
    await withBrokers(async (brokers) => {
      await brokers.createTopic(BROKERS);
      const send = sender(brokers);
      await send(5);
      brokers.crash("b1");
      await send(5);
      expect(brokers.state.leader).not.toBe("b1");
      expect(brokers.state.isr).not.toContain("b1");
      brokers.boot("b1");
      await brokers.untilIsr(...BROKERS);
      const sent = await send(2);
      expect(distinct(await brokers.values())).toEqual(sent);
      await brokers.until(
        () => new Set(BROKERS.map((name) => brokers.partition(name)?.highWatermark)).size === 1,
      );
    });
  });

  it("shrink the ISR when a follower lags, refuse below the minimum, and grow it again", async () => {
    await withBrokers(async (brokers) => {
      await brokers.createTopic(BROKERS);
      await brokers.produce(["a"]);
      brokers.crash("b3");
      await brokers.produce(["b"]);
      await brokers.untilIsr("b1", "b2");
      brokers.crash("b2");
      await brokers.until(() => brokers.state.isr.length === 1);
      await brokers.until(() => brokers.partition("b1")?.state?.isr.length === 1);
      const refused = await brokers.produceOnce(["c"]);
      expect(refused).toMatchObject({ ok: false, error: { code: "NOT_ENOUGH_REPLICAS" } });
      const { highWatermark } = brokers.partition("b1")!;
      expect((await brokers.produceOnce(["d"], { acks: 1 }))?.ok).toBe(true);
      expect(brokers.partition("b1")!.highWatermark).toBe(highWatermark);
      for (const name of ["b2", "b3"]) brokers.boot(name);
      await brokers.untilIsr(...BROKERS);
      expect(distinct(await brokers.values())).toEqual(["a", "b", "d"]);
    });
  });

  it("tell a producer that its records were not committed in time", async () => {
    await withBrokers(async (brokers) => {
      await brokers.createTopic(BROKERS);
      await brokers.produce(["a"]);
      brokers.crash("b3");
      const late = await brokers.produceOnce(["b"], { timeoutUs: 100_000 });
      expect(late).toMatchObject({ ok: false, error: { code: "REQUEST_TIMED_OUT" } });
      // It may yet happen, and does.
      await brokers.until(() => brokers.partition("b1")!.highWatermark === 2);
    });
  });

  it("append a batch of an idempotent producer once, though it comes to two leaders", async () => {
    await withBrokers(async (brokers) => {
      await brokers.createTopic(BROKERS);
      const stamp = { producerId: 7, producerEpoch: 0, baseSequence: 0 };
      const first = await brokers.produce(["a"], { stamp });
      expect(await brokers.produce(["a"], { stamp })).toBe(first);
      brokers.crash("b1");
      expect(await brokers.produce(["a"], { stamp })).toBe(first);
      await brokers.produce(["b"], { stamp: { ...stamp, baseSequence: 1 } });
      expect(await brokers.values()).toEqual(["a", "b"]);
    });
  });

  it("in profile sync lose nothing when all lose their power at once", async () => {
    await withBrokers(
      async (brokers) => {
        await brokers.createTopic(BROKERS);
        const sent = await sender(brokers)(8);
        for (const name of BROKERS) brokers.powerLoss(name);
        await brokers.world.sleep(100_000);
        for (const name of BROKERS) brokers.boot(name);
        await brokers.produce(["last"], { tries: 200 });
        await brokers.untilIsr(...BROKERS);
        expect(distinct(await brokers.values())).toEqual([...sent, "last"]);
      },
      { broker: { durability: "sync" } },
    );
  });

  it("are the same run for the same seed", async () => {
    const run = (): Promise<TestBrokers> =>
      withBrokers(async (brokers) => {
        await brokers.createTopic(BROKERS);
        await sender(brokers)(3);
        brokers.crash("b1");
        await sender(brokers)(3);
      });
    const [first, second] = [await run(), await run()];
    expect(JSON.stringify(first.events)).toBe(JSON.stringify(second.events));
  });
});

describe("a broker that is closed", () => {
  it("hands over first, and comes back as one that lost nothing", async () => {
    await withBrokers(async (brokers) => {
      await brokers.createTopic(BROKERS);
      await brokers.produce(["a"]);
      const closing = brokers.brokers.get("b1")!;
      await closing.close();
      expect(await closing.stopped).toBeUndefined();
      expect(brokers.state.leader).toBe("b2");
      await brokers.produce(["b"]);
      brokers.boot("b1");
      await brokers.untilIsr(...BROKERS);
      const registered = brokers.events.filter(
        ({ node, event }) => node === "b1" && event.kind === "broker/registered",
      );
      expect(registered.map(({ event }) => event)).toMatchObject([{ wasClean: false }, { wasClean: true }]);
      expect(await brokers.values()).toEqual(["a", "b"]);
    });
  });

  it("is clean once only: a crash later is not", async () => {
    const cluster = await withBrokers(async (brokers) => {
      await brokers.createTopic(BROKERS);
      await brokers.brokers.get("b3")!.close();
      brokers.boot("b3");
      await brokers.untilIsr(...BROKERS);
      brokers.crash("b3");
      brokers.boot("b3");
      await brokers.until(() => eventsOf(brokers, "broker/registered") === 5);
      await brokers.untilIsr(...BROKERS);
    });
    const last = cluster.events.findLast(({ event }) => event.kind === "broker/registered");
    expect(last).toMatchObject({ node: "b3", event: { wasClean: false } });
  });

  it("leaves nothing running", async () => {
    await withBrokers(async (brokers) => {
      await brokers.createTopic(BROKERS);
      await brokers.produce(["a"]);
      await brokers.brokers.get("b2")!.close();
      const seen = brokers.events.length;
      await brokers.world.sleep(5_000_000);
      expect(brokers.events.slice(seen).filter(({ node }) => node === "b2")).toEqual([]);
    });
  });
});

describe("a partition that is reassigned", () => {
  it("comes to the new replica, throttled, and goes from the old one's disk", async () => {
    await withBrokers(
      async (brokers) => {
        brokers.boot("b4", { throttleBytesPerS: 4_000, partitionMaxBytes: 1_000 });
        await brokers.createTopic(BROKERS);
        await brokers.until(() => brokers.controller.image.brokers.get("b4")?.isFenced === false);
        for (let i = 0; i < 8; i++) await brokers.produce(["x".repeat(2_000)]);
        const beganUs = brokers.world.nowUs;
        await brokers.reassign(["b2", "b3", "b4"]);
        await brokers.until(() => brokers.state.adding.length === 0 && brokers.state.removing.length === 0);
        expect(brokers.world.nowUs - beganUs).toBeGreaterThan(2_000_000);
        expect(brokers.state.replicas).toEqual(["b2", "b3", "b4"]);
        await brokers.until(() => brokers.partition("b1") === undefined);
        expect(await brokers.values()).toHaveLength(8);
        // And back again, into the directory that was emptied.
        await brokers.reassign(["b1", "b2", "b3"]);
        await brokers.until(() => brokers.state.isr.includes("b1") && !brokers.state.replicas.includes("b4"));
        expect(await brokers.values()).toHaveLength(8);
      },
      { broker: { replicaLagMaxUs: 2_000_000 } },
    );
  });
});
