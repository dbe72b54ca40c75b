/** `seedstorm client broker`. */
import { ProducerError, type Producer, type RecordPlace } from "#engines/broker/client/index.js";
import { isInternal } from "#engines/broker/coordinator/index.js";
import { BrokerError, partitionName } from "#engines/broker/index.js";
import type { Acks } from "#engines/broker/protocol/index.js";
import { printable } from "#reports/printable.js";
import { table } from "#reports/table.js";
import { UsageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { parseInteger } from "../input/integer.js";
import { suggest } from "../input/nearest.js";
import type { Output } from "../output.js";
import { BrokerConnection } from "../serve/broker-connection.js";
import type { ClientCall, ClientEngine } from "./client.js";
import { consumeAsMember, lag, membershipOf } from "./client-group.js";
import { findTopic, partitionsOf, pause, POLL_US, printRecords, unknownTopic } from "./client-topics.js";

const MAX_PARTITIONS = 1_000;
const MAX_REPLICAS = 100;
const ACKS: ReadonlyMap<string, Acks> = new Map<string, Acks>([
  ["0", 0],
  ["1", 1],
  ["all", "all"],
]);
/** Records without an end: lines are read no faster than brokers take them. */
const WINDOW = 1_000;

export const BROKER_CLIENT: ClientEngine = {
  operations: new Map([
    ["create", { words: ["TOPIC"], takes: ["partitions", "replicas", "min-insync"] }],
    ["produce", { words: ["TOPIC", "[VALUE...]"], takes: ["acks", "key"] }],
    ["consume", { words: ["TOPIC"], takes: ["follow", "group", "protocol"] }],
    ["lag", { words: ["GROUP"], takes: [] }],
    ["status", { words: ["[TOPIC...]"], takes: [] }],
  ]),
  async run(call, output) {
    const acks = acksOf(call);
    const member = membershipOf(call);
    const connection = await BrokerConnection.open(call.servers);
    try {
      switch (call.operation) {
        case "create":
          return await create(connection, call, output);
        case "produce":
          return await produce(connection, call, acks, output);
        case "consume":
          return member === undefined
            ? await consume(connection, call, output)
            : await consumeAsMember(connection, call, member, output);
        case "lag":
          return await lag(connection, call, output);
        default:
          return await status(connection, call, output);
      }
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      return refuse(error, call.operation === "create", output);
    } finally {
      await connection.close();
    }
  },
};

function acksOf({ options: { acks = "all" } }: ClientCall): Acks {
  const known = ACKS.get(acks);
  if (known === undefined)
    throw new UsageError("--acks", "0, 1 or all", acks, suggest(acks, [...ACKS.keys()]));
  return known;
}

/** `mayBeDone`: whether what ran out of time may have been done, or may be yet. */
function refuse(error: BrokerError, mayBeDone: boolean, output: Output): number {
  const isUnknown =
    error instanceof ProducerError
      ? error.outcome === "unknown"
      : mayBeDone && error.code === "REQUEST_TIMED_OUT";
  output.err(`${isUnknown ? "unknown" : "failed"}: ${printable(error.message)}\n`);
  return isUnknown ? EXIT.vacuous : EXIT.broken;
}

async function create(connection: BrokerConnection, call: ClientCall, output: Output): Promise<number> {
  const { options, servers, timeoutUs, words } = call;
  const count = (option: "partitions" | "replicas" | "min-insync", usual: number, max: number): number =>
    options[option] === undefined ? usual : parseInteger(`--${option}`, options[option], 1, max);
  const partitions = count("partitions", 1, MAX_PARTITIONS);
  const replicationFactor = count("replicas", Math.min(3, servers.size), MAX_REPLICAS);
  // One of them may be gone, and records are still taken.
  const minInsyncReplicas = count("min-insync", Math.max(1, replicationFactor - 1), replicationFactor);
  const topic = { topic: words[0]!, partitions, replicationFactor, config: { minInsyncReplicas } };
  const endMs = performance.now() + timeoutUs / 1_000;
  for (;;) {
    try {
      await connection.admin.createTopic(topic, timeoutUs);
      output.out("ok\n");
      return EXIT.held;
    } catch (error) {
      // Servers that have just been started may not take part yet.
      const isTooEarly = error instanceof BrokerError && error.code === "INVALID_REPLICA_ASSIGNMENT";
      if (!isTooEarly || performance.now() >= endMs) throw error;
      await pause();
    }
  }
}

/** Prints where each record is, in the order in which they were given. The worst outcome counts. */
async function produce(
  connection: BrokerConnection,
  { words: [topic, ...values], options, timeoutUs, lines, signal }: ClientCall,
  acks: Acks,
  output: Output,
): Promise<number> {
  const producer = await connection.producer({ acks, deliveryTimeoutUs: timeoutUs });
  const encoder = new TextEncoder();
  const key = options.key === undefined ? null : encoder.encode(options.key);
  let code: number = EXIT.held;
  const underWay: Promise<void>[] = [];
  const failed = (error: unknown): void => {
    if (!(error instanceof BrokerError)) throw error;
    code = Math.max(code, refuse(error, true, output));
  };
  const send = (value: string): Promise<void> =>
    producer
      .send({ topic: topic!, key, value: encoder.encode(value) })
      .then((place) => output.out(`${placeText(place)}\n`), failed);
  try {
    for await (const value of values.length > 0 ? values : lines) {
      if (signal.aborted) break;
      underWay.push(send(value));
      if (underWay.length >= WINDOW) await underWay.shift();
    }
    await settled(producer, underWay);
    if (acks === 0) await arrived(connection, topic!, timeoutUs).catch(failed);
    return code;
  } finally {
    producer.close();
  }
}

async function settled(producer: Producer, underWay: readonly Promise<void>[]): Promise<void> {
  await producer.flush();
  await Promise.all(underWay);
}

/**
 * With `acks` 0 nobody answers, and what is still on its way is dropped with the connections. An answer to what was sent
 * later, to the same leaders, comes when that has arrived. Rejects with `BrokerError` where none comes.
 */
async function arrived(connection: BrokerConnection, topic: string, timeoutUs: number): Promise<void> {
  const count = connection.cluster.partitionCount(topic);
  if (count === undefined) return;
  const consumer = connection.consumer();
  try {
    await consumer.endOffsets(partitionsOf(topic, count), timeoutUs);
  } finally {
    consumer.close();
  }
}

function placeText({ topic, partition, offset }: RecordPlace): string {
  return `${partitionName({ topic, partition })} ${offset ?? "sent"}`;
}

/** Prints every record that was committed when it began; with `--follow` those that come later, until it is ended. */
async function consume(
  connection: BrokerConnection,
  { words: [topic], options, timeoutUs, signal }: ClientCall,
  output: Output,
): Promise<number> {
  const partitions = await findTopic(connection, topic!, timeoutUs, signal);
  const consumer = connection.consumer({ offsetReset: "earliest" });
  try {
    const ends = await consumer.endOffsets(partitions, timeoutUs);
    consumer.assign(partitions);
    const isBehind = (): boolean =>
      partitions.some((each, at) => (consumer.position(each) ?? 0) < ends[at]! && ends[at]! > 0);
    while (!signal.aborted && (options.follow !== undefined || isBehind())) {
      printRecords(await consumer.poll(POLL_US), output);
    }
    return EXIT.held;
  } finally {
    consumer.close();
  }
}

/** Of the topics that are named; without, of all but those in which brokers keep groups and transactions. */
async function status(
  connection: BrokerConnection,
  { words, timeoutUs }: ClientCall,
  output: Output,
): Promise<number> {
  const { brokers, topics, offset } = await connection.admin.describe(words, timeoutUs);
  const missing = words.find((word) => !topics.some(({ topic }) => topic === word));
  if (missing !== undefined) throw unknownTopic(missing, "status");
  output.out(`brokers ${brokers.join(" ")}, metadata up to ${offset}\n`);
  const isShown = (topic: string): boolean => words.length > 0 || !isInternal(topic);
  const rows = topics
    .filter(({ topic }) => isShown(topic))
    .flatMap(({ topic, partitions }) =>
      partitions.map(({ leader, leaderEpoch, isr, elr, replicas }, partition) => [
        partitionName({ topic, partition }),
        leader ?? "none",
        String(leaderEpoch),
        isr.join(" "),
        elr.length === 0 ? "-" : elr.join(" "),
        replicas.join(" "),
      ]),
    );
  const header = ["partition", "leader", "epoch", "in sync", "eligible", "replicas"];
  if (rows.length > 0) output.out(`${table(header, rows).map(printable).join("\n")}\n`);
  const others = topics.filter(({ topic }) => !isShown(topic)).map(({ topic }) => topic);
  if (others.length > 0) output.out(`not shown unless named: ${others.join(" ")}\n`);
  return EXIT.held;
}
