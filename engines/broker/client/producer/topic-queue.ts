import type { BrokerErrorCode } from "../../errors.js";
import type { PendingRecord } from "./pending-record.js";
import { PartitionQueue, type QueueHost } from "./partition-queue.js";
import { anotherPartition, partitionOfKey } from "./partitioner.js";

/** The records of one topic, in the order of their calls: they wait until it is known how many partitions there are. */
export class TopicQueue {
  readonly #topic: string;
  readonly #host: QueueHost;
  readonly #waiting: PendingRecord[] = [];
  readonly #queues: Map<number, PartitionQueue> = new Map();
  /** Where records without a key go, until the batch there is full or sent (KIP-480). */
  #sticky: number | undefined;

  constructor(topic: string, host: QueueHost) {
    this.#topic = topic;
    this.#host = host;
  }

  append(record: PendingRecord): void {
    this.#waiting.push(record);
    this.route();
  }

  /** Hands on what waits, where the topic is known by now. */
  route(): void {
    const partitions = this.#host.cluster.partitionCount(this.#topic);
    if (partitions === undefined) return;
    for (const record of this.#waiting.splice(0)) {
      const partition = this.#choose(record, partitions);
      if (partition < partitions) this.#queue(partition).append(record);
      else {
        const found = `partition ${partition} of a topic with ${partitions}`;
        record.fail("UNKNOWN_TOPIC_OR_PARTITION", "failed", found);
      }
    }
  }

  pump(): void {
    this.route();
    for (const queue of this.#queues.values()) queue.pump();
  }

  /** Ends what has waited for too long. The earliest deadline of what is left. */
  expire(nowUs: number): number | undefined {
    while (this.#waiting[0] !== undefined && this.#waiting[0].deadlineUs <= nowUs) {
      this.#waiting.shift()!.fail("UNKNOWN_TOPIC_OR_PARTITION", "failed", "no broker that knows the topic");
    }
    return this.#waiting[0]?.deadlineUs;
  }

  close(code: BrokerErrorCode, found: string): void {
    for (const record of this.#waiting.splice(0)) record.fail(code, "failed", found);
    for (const queue of this.#queues.values()) queue.close(code, found);
  }

  #choose({ partition, record, sizeBytes }: PendingRecord, partitions: number): number {
    if (partition !== undefined) return partition;
    if (record.key !== null) return partitionOfKey(record.key, partitions);
    if (this.#sticky === undefined || !this.#queue(this.#sticky).isFilling(sizeBytes)) {
      this.#sticky = anotherPartition(this.#host.rpc.env.random, partitions, this.#sticky);
    }
    return this.#sticky;
  }

  #queue(partition: number): PartitionQueue {
    let queue = this.#queues.get(partition);
    if (queue === undefined) {
      queue = new PartitionQueue({ topic: this.#topic, partition }, this.#host);
      this.#queues.set(partition, queue);
    }
    return queue;
  }
}
