// Three real brokers on loopback with real files: the leader is killed with SIGKILL while producers write, and comes back.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import type { PartitionState } from "#engines/broker/metadata/index.js";
import { BrokerConnection, LocalCluster } from "#runner/serve/index.js";
import { within } from "../../support/within.js";
import { BrokerWorkload } from "./broker-workload.js";

const TOPIC = "orders";
const PARTITIONS = [0, 1].map((partition) => ({ topic: TOPIC, partition }));
const RECORDS = 300;
const TIMEOUT_US = 2_000_000;
const WAIT = { timeout: 20_000, interval: 20 };

const directory: string = mkdtempSync(join(tmpdir(), "seedstorm-broker-"));
let cluster: LocalCluster;
let connection: BrokerConnection;

afterEach(async () => {
  await connection?.close();
  await cluster?.close();
  rmSync(directory, { recursive: true, maxRetries: 5 });
});

/** The first partition, once all brokers are in sync or that many. */
function inSync(replicas: number): Promise<PartitionState> {
  return vi.waitFor(async () => {
    const { topics } = await connection.admin.describe([TOPIC], TIMEOUT_US);
    const states = topics[0]?.partitions ?? [];
    const isFull = states.length === PARTITIONS.length && states.every(({ isr }) => isr.length >= replicas);
    if (!isFull) throw new Error(`not in sync: ${JSON.stringify(states)}`);
    return states[0]!;
  }, WAIT);
}

test("what was acknowledged by all is there once and in order after a leader and then all brokers were killed", async () => {
  const started = LocalCluster.start(3, directory, { engine: "broker", durability: "sync", session: "2s" });
  cluster = await within(() => "three brokers to be ready", started);
  connection = await BrokerConnection.open(cluster.addresses);
  const brokers = [...cluster.addresses.keys()];
  await vi.waitFor(async () => {
    const config = { minInsyncReplicas: 2 };
    const topic = { topic: TOPIC, partitions: PARTITIONS.length, replicationFactor: 3, config };
    await connection.admin.createTopic(topic, TIMEOUT_US);
  }, WAIT);
  await inSync(3);

  const workload = new BrokerWorkload(connection);
  await workload.start(PARTITIONS, 2);
  await workload.acknowledged(RECORDS);
  const { leader } = await inSync(3);
  await cluster.kill(leader!);
  await workload.acknowledged(RECORDS);
  await within(() => `${leader} to be ready again`, cluster.restart(leader!));
  await inSync(3);
  await workload.acknowledged(RECORDS);
  await Promise.all(brokers.map((broker) => cluster.kill(broker)));
  const restarts = Promise.all(brokers.map((broker) => cluster.restart(broker)));
  await within(() => "all brokers to be ready again", restarts);
  await workload.acknowledged(RECORDS);
  await workload.stop();

  const found = await workload.readAll(PARTITIONS);
  const all = [...found.values()].flatMap((values) => [...values.values()]);
  expect(all.length).toBeGreaterThanOrEqual(4 * RECORDS);
  expect(new Set(all).size).toBe(all.length);
  for (const [producer, sent] of workload.sent.entries()) {
    const acknowledged = sent.filter(({ offset }) => offset !== undefined);
    const values = found.get(sent[0]!.partition)!;
    expect(acknowledged.map(({ offset }) => values.get(offset!))).toEqual(
      acknowledged.map(({ value }) => value),
    );
    const numbers = [...values].sort(([a], [b]) => a - b).map(([, value]) => value.split(":").map(Number));
    const own = numbers.filter(([by]) => by === producer).map(([, number]) => number!);
    expect(own).toEqual(own.toSorted((a, b) => a - b));
  }
});
