// Members of a group over whole brokers: what is produced is delivered to the group, through crashes of the coordinator.
import { describe, expect, it } from "vitest";
import {
  ClusterView,
  GroupConsumer,
  Producer,
  type GroupConsumerOptions,
} from "#engines/broker/client/index.js";
import { GROUPS_TOPIC, coordinatorPartition } from "#engines/broker/coordinator/index.js";
import { partitionName } from "#engines/broker/index.js";
import { CREATE_TOPIC } from "#engines/broker/protocol/index.js";
import type { AssignorName } from "#engines/broker/assignors/index.js";
import type { Env } from "#engines/env/index.js";
import { RpcClient } from "#engines/rpc/index.js";
import { boot } from "../../rpc/support.js";
import { CONFIG } from "../replica/support.js";
import { BROKERS, withBrokers, type TestBrokers } from "./support.js";

const PARTITIONS = 6;
const OPTIONS = {
  broker: {
    internalTopics: { partitions: 2, segmentBytes: 1 << 20 },
    groups: { initialRebalanceDelayUs: 0, commitTimeoutUs: 1_000_000 },
  },
} as const;

/** Polls until it is crashed; what came, by partition and offset. */
class Reader {
  readonly seen: Map<string, number> = new Map();
  readonly calls: string[] = [];
  consumer!: GroupConsumer;
  env!: Env;
  #isStopped = false;
  #done: Promise<void> = Promise.resolve();

  async start(cluster: TestBrokers, name: string, options: Partial<GroupConsumerOptions>): Promise<this> {
    this.env = await boot(cluster.world, name);
    const rpc = new RpcClient(this.env);
    const view = new ClusterView(rpc, { bootstrap: BROKERS });
    this.consumer = new GroupConsumer(rpc, {
      cluster: view,
      group: "g",
      offsetReset: "earliest",
      sessionTimeoutUs: 6_000_000,
      heartbeatIntervalUs: 300_000,
      maxPollIntervalUs: 5_000_000,
      autoCommitIntervalUs: 200_000,
      ...options,
    });
    const note =
      (what: string) =>
      (partitions: readonly unknown[]): void =>
        void this.calls.push(`${what} ${partitions.length}`);
    this.consumer.subscribe(["t"], {
      onPartitionsAssigned: note("assigned"),
      onPartitionsRevoked: note("revoked"),
      onPartitionsLost: note("lost"),
    });
    this.#done = this.#read();
    return this;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
    await this.consumer.close(5_000_000);
  }

  async #read(): Promise<void> {
    while (!this.#isStopped) {
      for (const { partition, records } of await this.consumer.poll(100_000)) {
        for (const { offset } of records) {
          const key = `${partition.partition}@${offset}`;
          this.seen.set(key, (this.seen.get(key) ?? 0) + 1);
        }
      }
    }
  }
}

async function withProducer(
  cluster: TestBrokers,
): Promise<{ readonly send: (count: number) => Promise<void> }> {
  const assignments = undefined;
  await cluster.until(() => cluster.controller?.image.brokers.size === 3);
  const config = { ...CONFIG, minInsyncReplicas: 2 };
  const topic = { topic: "t", partitions: PARTITIONS, replicationFactor: 3, config, assignments };
  await cluster.channel.call(CREATE_TOPIC, topic, 5_000_000);
  const rpc = new RpcClient(await boot(cluster.world, "producer"));
  const producer = await Producer.open(rpc, { cluster: new ClusterView(rpc, { bootstrap: BROKERS }) });
  let sent = 0;
  return {
    async send(count) {
      const all = Array.from({ length: count }, () =>
        producer.send({
          topic: "t",
          partition: sent++ % PARTITIONS,
          key: null,
          value: new Uint8Array([1]),
        }),
      );
      await Promise.all(all);
    },
  };
}

const seenBy = (...readers: readonly Reader[]): Set<string> =>
  new Set(readers.flatMap(({ seen }) => [...seen.keys()]));

const shares = (...readers: readonly Reader[]): string =>
  readers
    .map(({ consumer }) => consumer.assignment.length)
    .toSorted((a, b) => a - b)
    .join();

function coordinatorOf(cluster: TestBrokers): string {
  const name = `${GROUPS_TOPIC}-${coordinatorPartition("g", 2)}`;
  return cluster.controller.image.partitions.get(name)!.state.leader!;
}

/** It can't say so, but has nothing any more. */
function crash({ world, events }: TestBrokers, { env, consumer }: Reader): void {
  const partitions = consumer.assignment.map(partitionName);
  const none = { group: "g", memberId: "", instanceId: undefined, generation: -1 };
  world.crash(world.node(env.node)!);
  events.push({ node: env.node, event: { kind: "consumer/lost", ...none, partitions } });
}

/** By what members say. */
function expectOneOwner(cluster: TestBrokers): void {
  const owners = new Map<string, string>();
  for (const { node, event } of cluster.events) {
    if (event.kind === "consumer/revoked" || event.kind === "consumer/lost") {
      for (const partition of event.partitions) owners.delete(partition);
    } else if (event.kind === "consumer/assigned") {
      for (const partition of event.partitions) {
        expect(owners.get(partition), `${partition}, when ${node} gets it`).toBeUndefined();
        owners.set(partition, node);
      }
    }
  }
  expect(owners.size).toBe(0);
}

describe("members of a group", () => {
  for (const assignors of [
    ["cooperative-sticky"],
    ["range"],
  ] satisfies readonly (readonly AssignorName[])[]) {
    it(`${assignors.join()}: share everything, through members that come, crash and leave, and another coordinator`, async () => {
      await withBrokers(async (cluster) => {
        const { send } = await withProducer(cluster);
        const one = await new Reader().start(cluster, "r1", { assignors });
        await send(60);
        await cluster.until(() => seenBy(one).size === 60);
        const two = await new Reader().start(cluster, "r2", { assignors });
        const three = await new Reader().start(cluster, "r3", { assignors });
        await cluster.until(() => shares(one, two, three) === "2,2,2");
        await send(60);
        await cluster.until(() => seenBy(one, two, three).size === 120);
        cluster.crash(coordinatorOf(cluster));
        await send(60);
        await cluster.until(() => seenBy(one, two, three).size === 180);
        expect(
          [...one.calls, ...two.calls, ...three.calls].filter((call) => call.startsWith("lost")),
        ).toEqual([]);
        cluster.world.crash(cluster.world.node("r3")!);
        await send(60);
        await cluster.until(() => seenBy(one, two, three).size === 240);
        await cluster.until(() => shares(one, two) === "3,3");
        await two.stop();
        await cluster.until(() => one.consumer.assignment.length === 6);
        await send(60);
        await cluster.until(() => seenBy(one, two, three).size === 300);
        await one.stop();
        const again = await new Reader().start(cluster, "r4", { assignors });
        await cluster.until(() => again.consumer.assignment.length === 6);
        await cluster.world.sleep(1_000_000);
        // Those who left had committed everything.
        expect(again.seen.size).toBe(0);
        await again.stop();
      }, OPTIONS);
    });
  }

  it("static ones come back to what they had", async () => {
    await withBrokers(async (cluster) => {
      const { send } = await withProducer(cluster);
      const options = { assignors: ["range"] as const };
      const one = await new Reader().start(cluster, "r1", { ...options, instanceId: "i1" });
      const two = await new Reader().start(cluster, "r2", { ...options, instanceId: "i2" });
      await cluster.until(() => shares(one, two) === "3,3");
      await send(60);
      await cluster.until(() => seenBy(one, two).size === 60);
      const { generation } = one.consumer.stamp;
      await two.stop();
      const again = await new Reader().start(cluster, "r3", { ...options, instanceId: "i2" });
      await send(60);
      await cluster.until(() => seenBy(one, two, again).size === 120);
      expect(shares(one, again)).toBe("3,3");
      expect(one.consumer.stamp.generation).toBe(generation);
      await one.stop();
      await again.stop();
    }, OPTIONS);
  });

  for (const seed of [1, 2]) {
    it(`cooperative ones never have a partition at once, whoever comes, leaves and crashes (${seed})`, async () => {
      const cluster = await withBrokers(
        async (brokers) => {
          const { send } = await withProducer(brokers);
          const options = { assignors: ["cooperative-sticky"] as const };
          const gone: Reader[] = [];
          const present: Reader[] = [];
          let [sent, state] = [0, seed];
          for (let turn = 0; turn < 14; turn++) {
            state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
            const chance = (state >>> 16) % 10;
            if (present.length < 2 || chance < 4) {
              present.push(await new Reader().start(brokers, `r${turn}`, options));
            } else {
              const [reader] = present.splice(chance % present.length, 1);
              gone.push(reader!);
              if (chance < 7) await reader!.stop();
              else crash(brokers, reader!);
            }
            if (chance === 5 && brokers.brokers.size === 3) brokers.crash(coordinatorOf(brokers));
            if (chance === 9)
              for (const broker of BROKERS) if (!brokers.brokers.has(broker)) brokers.boot(broker);
            await send(12);
            sent += 12;
            await brokers.world.sleep(chance * 100_000);
          }
          for (const broker of BROKERS) if (!brokers.brokers.has(broker)) brokers.boot(broker);
          await brokers.until(() => seenBy(...present, ...gone).size === sent);
          for (const reader of present.splice(0)) await reader.stop();
        },
        { ...OPTIONS, world: { seed } },
      );
      expectOneOwner(cluster);
    });
  }
});
