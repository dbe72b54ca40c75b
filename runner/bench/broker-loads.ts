/** What `seedstorm bench broker` asks of a cluster, and how it is measured. */
import type { Producer, ProducerOptions } from "#engines/broker/client/index.js";
import type { BrokerConnection } from "../serve/broker-connection.js";
import { closedLoop, type Measured } from "./closed-loop.js";

/** Producers that wait for so many records at a time. */
export interface ProduceLoad {
  readonly recordBytes: number;
  readonly inFlight: number;
  readonly lingerUs: number;
  readonly batchBytes: number;
}

/** Who has a record before it counts. */
export type BenchAcks = 1 | "all";

export const BENCH_ACKS: readonly BenchAcks[] = [1, "all"];

const SMALL_BATCH_BYTES = 16_384;
const LARGE_BATCH_BYTES = 131_072;

export const LOADS: readonly ProduceLoad[] = [
  { recordBytes: 100, inFlight: 1, lingerUs: 0, batchBytes: SMALL_BATCH_BYTES },
  { recordBytes: 100, inFlight: 64, lingerUs: 0, batchBytes: SMALL_BATCH_BYTES },
  { recordBytes: 100, inFlight: 2_000, lingerUs: 0, batchBytes: SMALL_BATCH_BYTES },
  { recordBytes: 100, inFlight: 2_000, lingerUs: 5_000, batchBytes: LARGE_BATCH_BYTES },
  { recordBytes: 1_024, inFlight: 500, lingerUs: 5_000, batchBytes: LARGE_BATCH_BYTES },
];

const PRODUCED = "produced";
const CONSUMED = "consumed";
/** What is read over and over. */
const CONSUMED_RECORDS = 100_000;
const CONSUMED_BYTES = 100;
const POLL_RECORDS = 2_000;
const TIMEOUT_US = 10_000_000;

/** Topics of one partition each: the figures are those of one log. Throws what is wrong with the cluster. */
export async function prepareTopics({ admin }: BrokerConnection, brokers: number): Promise<void> {
  const config = { minInsyncReplicas: Math.max(1, brokers - 1) };
  for (const topic of [PRODUCED, CONSUMED]) {
    await admin.createTopic({ topic, partitions: 1, replicationFactor: brokers, config }, TIMEOUT_US);
  }
}

/** Until the topics can be made: servers that have just been started take part a little later. */
export async function whenThere(connection: BrokerConnection, brokers: number): Promise<void> {
  for (;;) {
    const { brokers: there } = await connection.admin.describe([], TIMEOUT_US);
    if (there.length === brokers) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Records a second, and how long each waits from `send` to its acknowledgement. */
export async function measureProduce(
  connection: BrokerConnection,
  { recordBytes, inFlight, lingerUs, batchBytes }: ProduceLoad,
  acks: BenchAcks,
  durationMs: number,
): Promise<Measured> {
  // One that tells retries from new records, and one that does not, as `acks` has it.
  return withProducer(connection, { acks, lingerUs, batchBytes }, (producer) => {
    const record = {
      topic: PRODUCED,
      partition: 0,
      key: null,
      value: new Uint8Array(recordBytes).fill(0x76),
    };
    return closedLoop(() => producer.send(record), inFlight, durationMs);
  });
}

/** Writes what `measureConsume` reads. */
export async function fill(connection: BrokerConnection): Promise<void> {
  await withProducer(connection, { batchBytes: SMALL_BATCH_BYTES }, async (producer) => {
    const record = { topic: CONSUMED, partition: 0, key: null, value: new Uint8Array(CONSUMED_BYTES) };
    for (let left = CONSUMED_RECORDS; left > 0; left -= POLL_RECORDS) {
      await Promise.all(Array.from({ length: POLL_RECORDS }, () => producer.send(record)));
    }
  });
}

/** Records a second of one consumer that reads a partition from its beginning, again and again. */
export async function measureConsume(connection: BrokerConnection, durationMs: number): Promise<number> {
  const partition = { topic: CONSUMED, partition: 0 };
  const consumer = connection.consumer({ offsetReset: "none", maxPollRecords: POLL_RECORDS });
  try {
    consumer.assign([partition]);
    consumer.seek(partition, 0);
    let count = 0;
    const startMs = performance.now();
    let nowMs = startMs;
    for (; nowMs < startMs + durationMs; nowMs = performance.now()) {
      for (const { records } of await consumer.poll(TIMEOUT_US)) count += records.length;
      if (consumer.position(partition) === CONSUMED_RECORDS) consumer.seek(partition, 0);
    }
    return (count * 1_000) / (nowMs - startMs);
  } finally {
    consumer.close();
  }
}

async function withProducer<T>(
  connection: BrokerConnection,
  options: Omit<ProducerOptions, "cluster">,
  use: (producer: Producer) => Promise<T>,
): Promise<T> {
  const producer = await connection.producer(options);
  try {
    return await use(producer);
  } finally {
    producer.close();
  }
}
