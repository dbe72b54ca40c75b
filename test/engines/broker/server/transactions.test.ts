// Transactions over whole brokers: all or nothing, through zombies, timeouts, and coordinators and leaders that crash.
import { describe, expect, it } from "vitest";
import {
  ClusterView,
  Consumer,
  GroupConsumer,
  Producer,
  type ProducerOptions,
} from "#engines/broker/client/index.js";
import { TRANSACTIONS_TOPIC, coordinatorPartition } from "#engines/broker/coordinator/index.js";
import { BrokerError } from "#engines/broker/index.js";
import { CREATE_TOPIC, PRODUCE } from "#engines/broker/protocol/index.js";
import { encodeBatch } from "#engines/broker/record/index.js";
import { RpcClient } from "#engines/rpc/index.js";
import { boot } from "../../rpc/support.js";
import { CONFIG } from "../replica/support.js";
import { BROKERS, refusalOf, withBrokers, type TestBrokers } from "./support.js";

const PARTITIONS = 4;
const ID = "payments";
const S = 1_000_000;
const OPTIONS = {
  broker: {
    internalTopics: { partitions: 2, segmentBytes: 1 << 20 },
    groups: { initialRebalanceDelayUs: 0, commitTimeoutUs: S },
    transactions: { commitTimeoutUs: S, retryBackoffUs: 50_000 },
  },
} as const;

const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

async function clientOf(cluster: TestBrokers, name: string): Promise<{ rpc: RpcClient; view: ClusterView }> {
  const rpc = new RpcClient(await boot(cluster.world, name));
  return { rpc, view: new ClusterView(rpc, { bootstrap: BROKERS }) };
}

async function producerOf(
  cluster: TestBrokers,
  name: string,
  options: Partial<ProducerOptions> = {},
): Promise<Producer> {
  const { rpc, view } = await clientOf(cluster, name);
  return Producer.open(rpc, { cluster: view, transactionalId: ID, ...options });
}

/** One record into each partition. */
function sendAll(producer: Producer, value: string): Promise<unknown> {
  return Promise.all(
    Array.from({ length: PARTITIONS }, (_, partition) =>
      producer.send({ topic: "t", partition, key: null, value: bytes(value) }),
    ),
  );
}

/** Reads committed data only, for ever. */
class Reader {
  readonly values: string[] = [];

  static async start(cluster: TestBrokers): Promise<Reader> {
    const { rpc, view } = await clientOf(cluster, "reader");
    const consumer = new Consumer(rpc, {
      cluster: view,
      offsetReset: "earliest",
      isolation: "read_committed",
    });
    consumer.assign(Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: "t", partition })));
    const reader = new Reader();
    void reader.#read(consumer);
    return reader;
  }

  /** How often each value came, in order of the values. */
  get counts(): string {
    const counts = new Map<string, number>();
    for (const value of this.values) counts.set(value, (counts.get(value) ?? 0) + 1);
    return [...counts]
      .map(([value, count]) => `${value}:${count}`)
      .sort()
      .join(" ");
  }

  async #read(consumer: Consumer): Promise<void> {
    for (;;) {
      for (const { records } of await consumer.poll(100_000)) {
        for (const { value } of records) this.values.push(new TextDecoder().decode(value ?? undefined));
      }
    }
  }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "none";
  } catch (error) {
    if (error instanceof BrokerError) return error.code;
    throw error;
  }
}

function coordinatorOf(cluster: TestBrokers): string {
  const name = `${TRANSACTIONS_TOPIC}-${coordinatorPartition(ID, 2)}`;
  return cluster.controller.image.partitions.get(name)!.state.leader!;
}

function states(cluster: TestBrokers): string[] {
  return cluster.events.flatMap(({ event }) => (event.kind === "transaction/state" ? [event.state] : []));
}

/** Who the producer of the first transaction was. */
function producerSeen(cluster: TestBrokers): { producerId: number; producerEpoch: number } {
  for (const { event } of cluster.events) {
    if (event.kind === "transaction/state")
      return { producerId: event.producerId, producerEpoch: event.epoch };
  }
  throw new Error("none yet");
}

type Work = (cluster: TestBrokers, reader: Reader) => Promise<void>;

function story(work: Work): Promise<TestBrokers> {
  return withStory({}, work);
}

function withStory(
  options: { readonly world?: { readonly seed: number } },
  work: Work,
): Promise<TestBrokers> {
  return withBrokers(
    async (cluster) => {
      const isUp = (name: string): boolean => cluster.controller?.image.brokers.get(name)?.isFenced === false;
      await cluster.until(() => BROKERS.every(isUp));
      const config = { ...CONFIG, minInsyncReplicas: 2 };
      const topic = {
        topic: "t",
        partitions: PARTITIONS,
        replicationFactor: 3,
        config,
        assignments: undefined,
      };
      await cluster.channel.call(CREATE_TOPIC, topic, 5 * S);
      await work(cluster, await Reader.start(cluster));
    },
    { ...OPTIONS, ...options },
  );
}

describe("a transaction", () => {
  it("is read as a whole once it is committed, and never when it is aborted", async () => {
    const cluster = await story(async (brokers, reader) => {
      const producer = await producerOf(brokers, "p1");
      producer.beginTransaction();
      await sendAll(producer, "a");
      await brokers.world.sleep(S);
      expect(reader.counts).toBe("");
      await producer.commitTransaction(5 * S);
      await brokers.until(() => reader.counts === "a:4");
      producer.beginTransaction();
      await sendAll(producer, "b");
      await producer.abortTransaction(5 * S);
      producer.beginTransaction();
      // Those behind it wait until the markers of the one before are there.
      void sendAll(producer, "c");
      await producer.commitTransaction(5 * S);
      await brokers.until(() => reader.counts === "a:4 c:4");
      // Nothing to end.
      producer.beginTransaction();
      await producer.commitTransaction(5 * S);
      producer.beginTransaction();
      await producer.abortTransaction(5 * S);
      producer.close();
    });
    const ended = states(cluster).filter((state) => state !== "empty" && state !== "ongoing");
    expect(ended).toEqual([
      "prepare-commit",
      "complete-commit",
      "prepare-abort",
      "complete-abort",
      "prepare-commit",
      "complete-commit",
    ]);
  });

  it("whose producer has been replaced gets nowhere: what it left open is aborted, what it sends late is in none", async () => {
    await story(async (brokers, reader) => {
      const zombie = await producerOf(brokers, "p1");
      zombie.beginTransaction();
      await sendAll(zombie, "a");
      const producer = await producerOf(brokers, "p2");
      producer.beginTransaction();
      await sendAll(producer, "b");
      const late = zombie.send({ topic: "t", partition: 0, key: null, value: bytes("late") });
      expect(await codeOf(late)).toBe("PRODUCER_FENCED");
      expect(await codeOf(zombie.commitTransaction(5 * S))).toBe("PRODUCER_FENCED");
      expect(await codeOf(zombie.abortTransaction(5 * S))).toBe("PRODUCER_FENCED");
      expect(await codeOf((async () => zombie.beginTransaction())())).toBe("PRODUCER_FENCED");
      await producer.commitTransaction(5 * S);
      await brokers.until(() => reader.counts === "b:4");
    });
  });

  it("that hangs is aborted in time, and its producer is fenced", async () => {
    const cluster = await story(async (brokers, reader) => {
      const producer = await producerOf(brokers, "p1", { transactionTimeoutUs: 2 * S });
      producer.beginTransaction();
      await sendAll(producer, "a");
      await brokers.until(() => states(brokers).includes("complete-abort"));
      expect(await codeOf(producer.commitTransaction(5 * S))).toBe("PRODUCER_FENCED");
      const next = await producerOf(brokers, "p2");
      next.beginTransaction();
      await sendAll(next, "b");
      await next.commitTransaction(5 * S);
      await brokers.until(() => reader.counts === "b:4");
    });
    expect(cluster.world.marks.get("transaction/timed-out")).toBe(1);
  });

  for (const isCommit of [true, false]) {
    it(`that is decided is ended by the next coordinator, ${isCommit ? "committed" : "aborted"}`, async () => {
      const cluster = await story(async (brokers, reader) => {
        const producer = await producerOf(brokers, "p1");
        producer.beginTransaction();
        await sendAll(producer, "a");
        const ending = isCommit ? producer.commitTransaction(30 * S) : producer.abortTransaction(30 * S);
        while (!states(brokers).some((state) => state.startsWith("prepare"))) await brokers.world.sleep(50);
        expect(states(brokers).at(-1)).toBe(isCommit ? "prepare-commit" : "prepare-abort");
        const coordinator = coordinatorOf(brokers);
        if (isCommit) brokers.crash(coordinator);
        else await brokers.brokers.get(coordinator)!.close();
        await ending;
        producer.beginTransaction();
        await sendAll(producer, "b");
        await producer.commitTransaction(30 * S);
        await brokers.until(() => reader.counts === (isCommit ? "a:4 b:4" : "b:4"));
      });
      const ends = cluster.events.flatMap(({ node, event }) =>
        event.kind === "transaction/state" && /prepare|complete/.test(event.state)
          ? [{ node, ...event }]
          : [],
      );
      const way = isCommit ? "commit" : "abort";
      expect(ends.map(({ state }) => state).slice(0, 3)).toEqual([
        `prepare-${way}`,
        `prepare-${way}`,
        `complete-${way}`,
      ]);
      expect(ends[1]!.node).not.toBe(ends[0]!.node);
    });
  }

  it("commits offsets of a group, or does not", async () => {
    await story(async (brokers) => {
      const { rpc, view } = await clientOf(brokers, "member");
      const consumer = new GroupConsumer(rpc, {
        cluster: view,
        group: "g",
        offsetReset: "earliest",
        isolation: "read_committed",
        isAutoCommit: false,
      });
      consumer.subscribe(["t"]);
      const partition = { topic: "t", partition: 0 };
      const feeder = await producerOf(brokers, "p1", { transactionalId: "feeder" });
      const producer = await producerOf(brokers, "p2");
      for (const value of ["a", "b"]) {
        feeder.beginTransaction();
        await feeder.send({ topic: "t", partition: 0, key: null, value: bytes(value) });
        await feeder.commitTransaction(5 * S);
      }
      const seen: number[] = [];
      while (seen.length < 2) {
        for (const { records } of await consumer.poll(S)) seen.push(...records.map(({ offset }) => offset));
      }
      const send = async (offset: number): Promise<void> => {
        producer.beginTransaction();
        await producer.send({ topic: "t", partition: 1, key: null, value: bytes("x") });
        await producer.sendOffsets(
          [{ partition, offset, leaderEpoch: -1, metadata: "" }],
          consumer.stamp,
          5 * S,
        );
      };
      const committed = async (): Promise<number | undefined> =>
        (await consumer.committed([partition], 5 * S))[0]?.offset;
      await send(1);
      await producer.commitTransaction(5 * S);
      expect(await committed()).toBe(1);
      await send(2);
      await producer.abortTransaction(5 * S);
      expect(await committed()).toBe(1);
      producer.beginTransaction();
      const stale = { ...consumer.stamp, generation: 77 };
      const offsets = [{ partition, offset: 3, leaderEpoch: -1, metadata: "" }];
      expect(await codeOf(producer.sendOffsets(offsets, stale, 5 * S))).toBe("ILLEGAL_GENERATION");
      expect(await codeOf(producer.commitTransaction(5 * S))).toBe("TRANSACTION_ABORTABLE");
      await producer.abortTransaction(5 * S);
      expect(await committed()).toBe(1);
      await consumer.close(5 * S);
    });
  });

  it("gets none of the one before that comes late (KIP-890)", async () => {
    await story(async (brokers, reader) => {
      const { rpc, view } = await clientOf(brokers, "p1");
      const producer = await Producer.open(rpc, { cluster: view, transactionalId: ID });
      producer.beginTransaction();
      const stamp = producerSeen(brokers);
      await producer.send({ topic: "t", partition: 0, key: null, value: bytes("a") });
      await producer.abortTransaction(5 * S);
      producer.beginTransaction();
      await producer.send({ topic: "t", partition: 0, key: null, value: bytes("b") });
      // To a partition that has seen none of either, and to one that has.
      for (const [partition, baseSequence] of [
        [1, 0],
        [0, 1],
      ] as const) {
        const place = { topic: "t", partition };
        const { broker } = view.leader(place)!;
        const record = { key: null, value: bytes("late"), timestampMs: 1 };
        const batch = encodeBatch([record], { ...stamp, baseSequence }, true);
        const request = { acks: "all", transactionalId: ID, timeoutUs: S } as const;
        const partitions = [{ partition: place, batch }];
        const call = rpc.call(broker!, PRODUCE, { ...request, partitions }, { timeoutUs: 2 * S });
        const [result] = (await call.promise).partitions;
        expect(refusalOf(result)).toMatch(/PRODUCER_FENCED|INVALID_PRODUCER_EPOCH/);
      }
      await producer.commitTransaction(5 * S);
      await brokers.until(() => reader.counts === "b:1");
    });
  });

  for (const seed of [1, 2, 3]) {
    it(`is read once and as a whole, or never, whatever crashes (${seed})`, async () => {
      await withStory({ world: { seed } }, async (brokers, reader) => {
        const committed: string[] = [];
        let [state, producer] = [seed, await producerOf(brokers, "p0")];
        for (let turn = 1; turn <= 12; turn++) {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
          const chance = (state >>> 16) % 12;
          producer.beginTransaction();
          const sending = sendAll(producer, `v${turn}`).then(
            () => true,
            () => false,
          );
          const down = chance < 6 ? BROKERS[chance % 3]! : undefined;
          if (down !== undefined && brokers.brokers.size === 3) brokers.crash(down);
          const isSent = await sending;
          if (chance === 7) {
            producer = await producerOf(brokers, `p${turn}`, { deliveryTimeoutUs: 60 * S });
          } else if (isSent && chance !== 8) {
            await producer.commitTransaction(60 * S);
            committed.push(`v${turn}:${PARTITIONS}`);
          } else await producer.abortTransaction(60 * S);
          if (down !== undefined && !brokers.brokers.has(down)) brokers.boot(down);
          await brokers.until(() => brokers.brokers.size === 3);
        }
        await brokers.until(() => reader.counts === committed.sort().join(" "));
        await brokers.world.sleep(S);
        expect(reader.counts).toBe(committed.join(" "));
        expect(committed.length).toBeGreaterThan(6);
      });
    });
  }
});
