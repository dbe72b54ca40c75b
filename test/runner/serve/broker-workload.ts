/** Producers of a real cluster, and what they were told. */
import { ProducerError, type Producer } from "#engines/broker/client/index.js";
import { partitionName, type TopicPartition } from "#engines/broker/index.js";
import type { BrokerConnection } from "#runner/serve/index.js";
import { within } from "../../support/within.js";

const IN_FLIGHT = 20;
const DELIVERY_TIMEOUT_US = 30_000_000;
const TIMEOUT_US = 10_000_000;

/** A record as it was sent: `producer:number`. */
interface Sent {
  readonly value: string;
  readonly partition: string;
  /** Where it was acknowledged to be. */
  offset: number | undefined;
}

/** One idempotent producer for each partition and number: each sends without waiting, some records at a time. */
export class BrokerWorkload {
  /** By producer, in the order of `send`. */
  readonly sent: Sent[][] = [];
  readonly #connection: BrokerConnection;
  readonly #running: Promise<void>[] = [];
  #isStopped = false;
  #acknowledged = 0;
  #waiter: { readonly at: number; readonly resolve: () => void } | undefined;

  constructor(connection: BrokerConnection) {
    this.#connection = connection;
  }

  async start(partitions: readonly TopicPartition[], producersEach: number): Promise<void> {
    for (const partition of partitions) {
      for (let i = 0; i < producersEach; i++) {
        const producer = await this.#connection.producer({
          acks: "all",
          deliveryTimeoutUs: DELIVERY_TIMEOUT_US,
        });
        this.sent.push([]);
        this.#running.push(this.#run(producer, partition, this.sent.length - 1));
      }
    }
  }

  /** Resolves once so many more records were acknowledged. Rejects where a producer failed, or they never are. */
  async acknowledged(more: number): Promise<void> {
    const at = this.#acknowledged + more;
    const reached = new Promise<void>((resolve) => {
      this.#waiter = { at, resolve };
    });
    const what = (): string => `${at} records to be acknowledged; ${this.#acknowledged} were`;
    await within(what, Promise.race([reached, Promise.all(this.#running)]));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#running);
  }

  /** What each partition holds, by offset. */
  async readAll(partitions: readonly TopicPartition[]): Promise<Map<string, Map<number, string>>> {
    const consumer = this.#connection.consumer({ offsetReset: "earliest", onTruncation: "throw" });
    try {
      const ends = await consumer.endOffsets(partitions, TIMEOUT_US);
      const found = new Map(partitions.map((each) => [partitionName(each), new Map<number, string>()]));
      consumer.assign(partitions);
      while (partitions.some((each, at) => (consumer.position(each) ?? 0) < ends[at]!)) {
        for (const { partition, records } of await consumer.poll(TIMEOUT_US)) {
          const values = found.get(partitionName(partition))!;
          for (const { offset, value } of records)
            values.set(offset, new TextDecoder().decode(value ?? undefined));
        }
      }
      return found;
    } finally {
      consumer.close();
    }
  }

  async #run(producer: Producer, to: TopicPartition, number: number): Promise<void> {
    const underWay = new Set<Promise<void>>();
    for (let i = 0; !this.#isStopped; i++) {
      const sent: Sent = { value: `${number}:${i}`, partition: partitionName(to), offset: undefined };
      this.sent[number]!.push(sent);
      const one: Promise<void> = this.#send(producer, to, sent).finally(() => underWay.delete(one));
      underWay.add(one);
      if (underWay.size >= IN_FLIGHT) await Promise.race(underWay);
    }
    await Promise.all(underWay);
    producer.close();
  }

  async #send(producer: Producer, to: TopicPartition, sent: Sent): Promise<void> {
    try {
      const value = new TextEncoder().encode(sent.value);
      sent.offset = (await producer.send({ ...to, key: null, value })).offset;
    } catch (error) {
      if (!(error instanceof ProducerError)) throw error;
      return;
    }
    if (++this.#acknowledged === this.#waiter?.at) this.#waiter.resolve();
  }
}
