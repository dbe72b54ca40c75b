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
import { BROKERS, withBrokers, type TestBrokers } from "./support.js";

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

async function story(work: (cluster: TestBrokers, reader: Reader) => Promise<void>): Promise<TestBrokers> {
  return withBrokers(async (cluster) => {
    await cluster.until(() => cluster.controller?.image.brokers.size === 3);
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
  }, OPTIONS);
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
});
