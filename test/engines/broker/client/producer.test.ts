// How a producer batches, finds leaders, tries again, and tells what became of a record.
import { describe, expect, test } from "vitest";
import { ClusterView, Producer, partitionOfKey, type ProducerError } from "#engines/broker/client/index.js";
import type { Env } from "#engines/env/index.js";
import { RpcClient } from "#engines/rpc/index.js";
import { boot, inWorld } from "../../rpc/support.js";
import { FakeCluster } from "../support/fake-broker.js";
import { NAMES, failureOf, settle, utf8 } from "./support.js";

const record = (value: string, partition = 0) =>
  ({ topic: "t", partition, key: null, value: utf8(value) }) as const;

describe("records", () => {
  test("get their offsets, and those with a key always the same partition", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      const producer = await Producer.open(rpc, { cluster });
      const places = await Promise.all(
        ["a", "b", "a"].map((key) => producer.send({ topic: "t", key: utf8(key), value: utf8(`v${key}`) })),
      );
      for (const [index, key] of ["a", "b", "a"].entries()) {
        const { partition, offset } = places[index]!;
        expect(partition).toBe(partitionOfKey(utf8(key), 4));
        expect(brokers.partition("t", partition).values[offset!]).toBe(`v${key}`);
      }
      expect(places[2]!.offset).toBeGreaterThan(places[0]!.offset!);
    }));

  test("linger to share a batch, but not at a flush", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      const producer = await Producer.open(rpc, { cluster, lingerUs: 200_000 });
      await Promise.all(["a", "b", "c"].map((value) => producer.send(record(value))));
      expect(brokers.partition("t", 0).batches.map(({ header }) => header.recordCount)).toEqual([3]);
      const startUs = world.nowUs;
      void producer.send(record("d"));
      await producer.flush();
      expect(world.nowUs - startUs).toBeLessThan(10_000);
    }));

  test("that have to wait for their turn do not linger afterwards while somebody waits for them", () =>
    inWorld(async (world) => {
      const { rpc, cluster } = await settle(world);
      const options = { cluster, lingerUs: 5_000_000, batchBytes: 150, maxInFlight: 1 };
      const producer = await Producer.open(rpc, options);
      const startUs = world.nowUs;
      for (const value of ["x".repeat(150), "y"]) void producer.send(record(value));
      await producer.flush();
      expect(world.nowUs - startUs).toBeLessThan(100_000);
    }));

  test("without a key stay together batch by batch", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      const producer = await Producer.open(rpc, { cluster, lingerUs: 1_000, batchBytes: 300 });
      const sent = [];
      for (let i = 0; i < 24; i++) sent.push(producer.send({ topic: "t", key: null, value: utf8(`${i}`) }));
      await Promise.all(sent);
      const used = [...brokers.partitions.values()].filter(({ batches }) => batches.length > 0);
      expect(used.length).toBeGreaterThan(1);
      for (const { batches } of used)
        for (const { header } of batches) expect(header.recordCount).toBeGreaterThan(3);
    }));

  test("wait for room, in order", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      const producer = await Producer.open(rpc, { cluster, bufferBytes: 150, lingerUs: 5_000_000 });
      const values = Array.from({ length: 20 }, (_, i) => `${i}`);
      const sent = values.map((value) => producer.send(record(value)));
      await sent[16];
      // Somebody waited: nothing lingered.
      expect(world.nowUs).toBeLessThan(1_000_000);
      await Promise.all(sent);
      expect(brokers.partition("t", 0).values).toEqual(values);
    }));

  test("are refused where too many wait for room", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      const options = { cluster, bufferBytes: 150, maxWaiting: 2, lingerUs: 5_000_000 };
      const producer = await Producer.open(rpc, options);
      const sent = Array.from({ length: 8 }, (_, i) => producer.send(record(`${i}`)));
      const ends = await Promise.allSettled(sent);
      const refused = ends.flatMap((end) => (end.status === "rejected" ? [end.reason as ProducerError] : []));
      expect(refused.length).toBeGreaterThan(2);
      for (const error of refused) {
        expect(error).toMatchObject({ code: "BUFFER_EXHAUSTED", outcome: "failed", isRetriable: true });
      }
      // Those that came first are in, and there is room again.
      const accepted = Array.from({ length: 8 - refused.length }, (_, i) => `${i}`);
      expect(brokers.partition("t", 0).values).toEqual(accepted);
      await producer.send(record("again"));
      expect(brokers.partition("t", 0).values.at(-1)).toBe("again");
    }));

  test("that can never be sent are refused", () =>
    inWorld(async (world) => {
      const { rpc, cluster } = await settle(world);
      const producer = await Producer.open(rpc, { cluster, bufferBytes: 1_000, deliveryTimeoutUs: 300_000 });
      const outcome = "failed";
      expect(await failureOf(producer.send(record("x".repeat(1_000))))).toMatchObject({
        code: "MESSAGE_TOO_LARGE",
        outcome,
      });
      expect(await failureOf(producer.send(record("x", 4)))).toMatchObject({
        code: "UNKNOWN_TOPIC_OR_PARTITION",
        outcome,
      });
      const untyped = [
        { topic: "t", value: null },
        { topic: "t", key: null, value: "text" },
        { topic: "t", key: [1], value: null },
        { key: null, value: null },
      ] as unknown as Parameters<Producer["send"]>[0][];
      for (const each of untyped) {
        expect(await failureOf(producer.send(each))).toMatchObject({ code: "INVALID_REQUEST", outcome });
      }
      const lost = producer.send({ topic: "none", key: null, value: null });
      const fine = producer.send(record("y"));
      expect((await fine).offset).toBe(0);
      expect(await failureOf(lost)).toMatchObject({ code: "UNKNOWN_TOPIC_OR_PARTITION", outcome });
      await expect(Producer.open(rpc, { cluster, acks: 1, isIdempotent: true })).rejects.toMatchObject({
        code: "INVALID_REQUEST",
      });
    }));

  test("with acks 0 have no offset and no error", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      brokers.onProduce = (count) => (count === 0 ? { refuse: "NOT_ENOUGH_REPLICAS" } : undefined);
      const producer = await Producer.open(rpc, { cluster, acks: 0 });
      expect((await producer.send(record("a"))).offset).toBe(undefined);
      expect((await producer.send(record("b"))).offset).toBe(undefined);
      await rpc.env.clock.sleep(1_000_000);
      expect(brokers.partition("t", 0).values).toEqual(["b"]);
    }));
});

describe("a leader", () => {
  test("that is named in an error is asked at once", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      const producer = await Producer.open(rpc, { cluster });
      await producer.send(record("a"));
      brokers.elect(brokers.partition("t", 0), "b3");
      const startUs = world.nowUs;
      await producer.send(record("b"));
      // One refusal, and one more round trip to meet the new one.
      expect(world.nowUs - startUs).toBe(3 * 500);
      expect(brokers.partition("t", 0).values).toEqual(["a", "b"]);
    }));

  test("of an older epoch is not believed", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      const partition = { topic: "t", partition: 0 };
      cluster.partitionCount("t");
      await rpc.env.clock.sleep(10_000);
      brokers.lag = () => 1;
      brokers.elect(brokers.partition("t", 0), "b2");
      expect(cluster.heard(partition, { broker: "b2", epoch: 1 })).toBe(true);
      expect(cluster.heard(partition, { broker: "b1", epoch: 0 })).toBe(false);
      cluster.refresh();
      await rpc.env.clock.sleep(1_000_000);
      expect(cluster.leader(partition)).toEqual({ broker: "b2", epoch: 1 });
    }));
});

describe("what is not acknowledged", () => {
  test("is unknown after silence, and failed after refusals", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      const options = { cluster, deliveryTimeoutUs: 400_000, requestTimeoutUs: 100_000 };
      const producer = await Producer.open(rpc, options);
      brokers.onProduce = () => ({ silent: "before" });
      const code = "REQUEST_TIMED_OUT";
      expect(await failureOf(producer.send(record("a")))).toMatchObject({ code, outcome: "unknown" });
      brokers.onProduce = () => ({ refuse: "NOT_ENOUGH_REPLICAS" });
      expect(await failureOf(producer.send(record("b")))).toMatchObject({ code, outcome: "failed" });
      brokers.onProduce = () => ({ doneBut: "NOT_ENOUGH_REPLICAS_AFTER_APPEND" });
      expect(await failureOf(producer.send(record("c")))).toMatchObject({ code, outcome: "unknown" });
      brokers.onProduce = () => undefined;
      await producer.send(record("d"));
      expect(brokers.partition("t", 0).values).toEqual(["c", "d"]);
    }));

  test("ends together with what is behind it, where all of it is refused until its time is over", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      const producer = await Producer.open(rpc, { cluster, batchBytes: 1, deliveryTimeoutUs: 300_000 });
      brokers.onProduce = () => ({ refuse: "NOT_ENOUGH_REPLICAS" });
      const ends = await Promise.all(["a", "b", "c"].map((value) => failureOf(producer.send(record(value)))));
      for (const end of ends) expect(end).toMatchObject({ code: "REQUEST_TIMED_OUT", outcome: "failed" });
      expect(world.nowUs).toBeLessThan(310_000);
    }));

  // broker seed 1487: the deadline passed between two looks at the clock, and no alarm was set for it.
  test("ends in time wherever the process stands still meanwhile", async () => {
    for (let at = 1; at <= 30; at++) {
      await inWorld(async (world) => {
        const brokers = await FakeCluster.boot(world, NAMES, { t: 1 });
        const machine = standingStill(await boot(world, "c"), 400_000);
        const rpc = new RpcClient(machine.env);
        const producer = await Producer.open(rpc, {
          cluster: new ClusterView(rpc, { bootstrap: ["b1"] }),
          deliveryTimeoutUs: 300_000,
          retryBackoffUs: 20_000,
        });
        brokers.onProduce = () => ({ refuse: "NOT_ENOUGH_REPLICAS" });
        machine.after(at);
        const end = failureOf(producer.send(record("a")));
        expect(await Promise.race([end, world.sleep(5_000_000)])).toBeInstanceOf(Error);
      });
    }
  });

  test("does not block what comes behind it: that goes on in a new epoch (KIP-360)", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      const producer = await Producer.open(rpc, { cluster, batchBytes: 1 });
      brokers.onProduce = (count) => (count === 1 ? { refuse: "MESSAGE_TOO_LARGE" } : undefined);
      const results = await Promise.allSettled(
        ["a", "b", "c", "d"].map((value) => producer.send(record(value))),
      );
      expect(results.map(({ status }) => status)).toEqual([
        "fulfilled",
        "rejected",
        "fulfilled",
        "fulfilled",
      ]);
      const { batches, values } = brokers.partition("t", 0);
      expect(values).toEqual(["a", "c", "d"]);
      expect(batches.map(({ header }) => [header.producerEpoch, header.baseSequence])).toEqual([
        [0, 0],
        [1, 0],
        [1, 1],
      ]);
    }));

  test("and what was lost after it was acknowledged does not either", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      brokers.firstProducerEpoch = 0x7fff;
      const producer = await Producer.open(rpc, { cluster });
      await producer.send(record("a"));
      brokers.partition("t", 0).truncate(0);
      await producer.send(record("b"));
      const { batches, values } = brokers.partition("t", 0);
      expect(values).toEqual(["b"]);
      // The last epoch there is: the producer got another id.
      expect(batches[0]!.header.producerId).toBe(1_001);
    }));

  test("takes with it what may be in the log behind it: that is not sent again under another sequence", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      const options = { cluster, deliveryTimeoutUs: 300_000, requestTimeoutUs: 100_000 };
      const producer = await Producer.open(rpc, options);
      const startUs = world.nowUs;
      brokers.onProduce = () => (world.nowUs - startUs < 320_000 ? { silent: "before" } : undefined);
      const a = failureOf(producer.send(record("a")));
      await rpc.env.clock.sleep(150_000);
      const b = failureOf(producer.send(record("b")));
      await rpc.env.clock.sleep(100_000);
      expect(await a).toMatchObject({ outcome: "unknown" });
      expect(await b).toMatchObject({ code: "UNKNOWN_PRODUCER_ID", outcome: "unknown" });
      expect(await producer.send(record("c"))).toMatchObject({ offset: 0 });
    }));

  test("is acknowledged where something behind it is", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      const options = { cluster, batchBytes: 1, deliveryTimeoutUs: 300_000, requestTimeoutUs: 100_000 };
      const producer = await Producer.open(rpc, options);
      brokers.onProduce = (count) => (count === 0 || count >= 2 ? { silent: "after" } : undefined);
      const [a, b] = [producer.send(record("a")), producer.send(record("b"))];
      expect((await b).offset).toBe(1);
      expect(await a).toEqual({ topic: "t", partition: 0, offset: undefined });
      expect(brokers.partition("t", 0).values).toEqual(["a", "b"]);
    }));
});

test("never more than five batches from the oldest that is unresolved", () =>
  inWorld(async (world) => {
    const { brokers, rpc, cluster } = await settle(world);
    const producer = await Producer.open(rpc, { cluster, batchBytes: 1, requestTimeoutUs: 100_000 });
    brokers.onProduce = (count) => (count === 0 ? { silent: "after" } : undefined);
    const values = Array.from({ length: 12 }, (_, i) => `${i}`);
    const sent = values.map((value) => producer.send(record(value)));
    await sent[4];
    await rpc.env.clock.sleep(50_000);
    expect(brokers.partition("t", 0).values).toEqual(values.slice(0, 5));
    expect((await Promise.all(sent)).map(({ offset }) => offset)).toEqual(values.map(Number));
    expect(brokers.partition("t", 0).values).toEqual(values);
  }));

test("close ends everything: timers, waits and records, each with what is known of it", () =>
  inWorld(async (world) => {
    const { brokers, rpc, cluster, timers } = await settle(world);
    const producer = await Producer.open(rpc, { cluster, batchBytes: 1, bufferBytes: 300 });
    brokers.onProduce = () => ({ silent: "before" });
    const sent = Array.from({ length: 12 }, (_, i) => failureOf(producer.send(record(`${i}`))));
    await rpc.env.clock.sleep(100_000);
    producer.close();
    cluster.close();
    const outcomes = (await Promise.all(sent)).map(({ outcome }) => outcome);
    expect(outcomes.slice(0, 5)).toEqual(Array(5).fill("unknown"));
    expect(outcomes.slice(5)).toEqual(Array(7).fill("failed"));
    expect(await failureOf(producer.send(record("x")))).toMatchObject({ code: "CLOSED", outcome: "failed" });
    expect(timers()).toBe(0);
    expect(producer.pendingRecords).toBe(0);
  }));

/** A machine whose clock goes on by so much, once, at one of the looks at it: the process stood still before. */
function standingStill(env: Env, durationUs: number): { env: Env; after: (looks: number) => void } {
  let left = Infinity;
  let aheadUs = 0;
  const { clock } = env;
  return {
    after: (looks) => (left = looks),
    env: {
      ...env,
      clock: {
        wallUs: () => clock.wallUs(),
        sleep: (forUs) => clock.sleep(forUs),
        setTimer: (inUs, callback) => clock.setTimer(inUs, callback),
        nowUs() {
          if (--left === 0) aheadUs = durationUs;
          return clock.nowUs() + aheadUs;
        },
      },
    },
  };
}
