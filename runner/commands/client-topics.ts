/** What the operations of `seedstorm client broker` that read have in common. */
import type { PolledRecords } from "#engines/broker/client/index.js";
import { BrokerError, partitionName, type TopicPartition } from "#engines/broker/index.js";
import { printable } from "#reports/printable.js";
import type { Output } from "../output.js";
import type { BrokerConnection } from "../serve/broker-connection.js";

/** How long one poll waits, and so how long a signal may have to. */
export const POLL_US: number = 200_000;
/** Between two looks at what the brokers know by now. */
const LOOK_MS = 50;

/** All partitions of the topic. Throws `BrokerError` where no broker knows it in time. */
export async function findTopic(
  { cluster }: BrokerConnection,
  topic: string,
  timeoutUs: number,
  signal: AbortSignal,
): Promise<readonly TopicPartition[]> {
  const endMs = performance.now() + timeoutUs / 1_000;
  for (;;) {
    const count = cluster.partitionCount(topic);
    if (count !== undefined) return partitionsOf(topic, count);
    if (signal.aborted || performance.now() >= endMs) throw unknownTopic(topic, "consume");
    await pause();
  }
}

export function partitionsOf(topic: string, count: number): readonly TopicPartition[] {
  return Array.from({ length: count }, (_, partition) => ({ topic, partition }));
}

export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}

/** A line for each: partition, offset, key and value. */
export function printRecords(polled: readonly PolledRecords[], output: Output): void {
  for (const { partition, records } of polled) {
    const name = partitionName(partition);
    for (const { offset, key, value } of records) {
      output.out(`${name} ${offset} ${text(key)} ${text(value)}\n`);
    }
  }
}

/** Bytes for a terminal: `-` where there are none. */
function text(bytes: Uint8Array | null): string {
  return bytes === null ? "-" : printable(new TextDecoder().decode(bytes));
}

export function unknownTopic(found: string, where: string): BrokerError {
  return new BrokerError("UNKNOWN_TOPIC_OR_PARTITION", {
    expected: "a topic that a broker knows",
    found,
    where,
    todo: "create it, or look at status",
  });
}
