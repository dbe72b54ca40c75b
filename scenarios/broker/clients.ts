/** The clients: a producer sends its planned records, a consumer reads, goes back, and asks for ends. */
import { BrokerError } from "#engines/broker/errors.js";
import { Consumer, Producer, type ClusterView, type ProducerOptions } from "#engines/broker/client/index.js";
import { partitionName, type TopicPartition } from "#engines/broker/types.js";
import { LIST_OFFSETS } from "#engines/broker/protocol/index.js";
import { RpcClient, RpcError, RpcRemoteError } from "#engines/rpc/index.js";
import type { Run } from "#sim/scenario.js";
import { KeptClient, KeptClients } from "../kept-clients.js";
import { TOPIC, type Caller, type Operations } from "./operations.js";
import type { BrokerPlan, PlannedRead, PlannedSend } from "./plan.js";
import { newView } from "./view.js";

const POLL_US = 200_000;
const ASK_TIMEOUT_US = 500_000;
const RETRY_BACKOFF_US = 10_000;

export function newClients(run: Run, plan: BrokerPlan, operations: Operations): KeptClients {
  const clients = [
    ...plan.producers.map((_, index) => newProducer(run, plan, operations, index)),
    ...plan.consumers.map((_, index) => newConsumer(run, plan, operations, index)),
  ];
  return new KeptClients(run, clients, (client) => operations.lose(client));
}

function newProducer(
  run: Run,
  plan: BrokerPlan,
  operations: Operations,
  index: number,
): KeptClient<PlannedSend> {
  return new KeptClient<PlannedSend>(run, {
    name: `p${index + 1}`,
    number: index,
    planned: plan.sends.filter(({ producer }) => producer === index),
    work: async (client, env, self) => {
      const rpc = new RpcClient(env);
      const cluster = newView(rpc, plan);
      const options = { cluster, ...plan.producers[index]!, retryBackoffUs: RETRY_BACKOFF_US };
      const producer = await openProducer(rpc, options);
      const number = operations.newProducer();
      const open = new Set<Promise<unknown>>();
      for (let next = client.take(); next !== undefined; next = client.take()) {
        await env.clock.sleep(next.thinkUs);
        self.enter();
        if (client.isStopped) break;
        client.isBusy = true;
        const sent = operations
          .send({ client: index, self }, producer, number, operations.sendingOf(next))
          .finally(() => {
            open.delete(sent);
            client.isBusy = open.size > 0;
          });
        open.add(sent);
      }
      await Promise.all(open);
      producer.close();
      cluster.close();
    },
  });
}

function newConsumer(
  run: Run,
  plan: BrokerPlan,
  operations: Operations,
  index: number,
): KeptClient<PlannedRead> {
  const { maxPollRecords, fetchMaxWaitUs, prefetchBytes } = plan.consumers[index]!;
  return new KeptClient<PlannedRead>(run, {
    name: `r${index + 1}`,
    number: plan.producers.length + index,
    planned: plan.reads.filter(({ consumer }) => consumer === index),
    work: async (client, env, self) => {
      const rpc = new RpcClient(env);
      const cluster = newView(rpc, plan);
      const consumer = new Consumer(rpc, {
        cluster,
        offsetReset: "earliest",
        onTruncation: "rewind",
        maxPollRecords,
        maxWaitUs: fetchMaxWaitUs,
        prefetchBytes,
        requestTimeoutUs: ASK_TIMEOUT_US,
        retryBackoffUs: RETRY_BACKOFF_US,
      });
      consumer.assign(partitionsOf(plan));
      const reader = new Reader(operations, { client: client.number, self }, { rpc, cluster, consumer });
      for (let next = client.take(); next !== undefined; next = client.take()) {
        await env.clock.sleep(next.thinkUs);
        self.enter();
        if (client.isStopped) break;
        client.isBusy = true;
        await reader.carryOut(next);
        self.enter();
        client.isBusy = false;
      }
      consumer.close();
      cluster.close();
    },
  });
}

/** Tries until a broker gives it an id. */
export async function openProducer(rpc: RpcClient, options: ProducerOptions): Promise<Producer> {
  for (;;) {
    try {
      return await Producer.open(rpc, options);
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      await rpc.env.clock.sleep(RETRY_BACKOFF_US);
    }
  }
}

export function partitionsOf({ topic }: BrokerPlan): TopicPartition[] {
  return Array.from({ length: topic.partitions }, (_, partition) => ({ topic: TOPIC, partition }));
}

interface ReaderParts {
  readonly rpc: RpcClient;
  readonly cluster: ClusterView;
  readonly consumer: Consumer;
}

/** Carries out what a consumer was planned to do. */
class Reader {
  readonly #operations: Operations;
  readonly #caller: Caller;
  readonly #parts: ReaderParts;

  constructor(operations: Operations, caller: Caller, parts: ReaderParts) {
    this.#operations = operations;
    this.#caller = caller;
    this.#parts = parts;
  }

  async carryOut(read: PlannedRead): Promise<void> {
    const partition = { topic: TOPIC, partition: read.partition };
    if (read.kind === "poll") await this.#poll();
    else if (read.kind === "end") await this.#askEnd(partition);
    else this.#rewind(partition, read.permille);
  }

  async #poll(): Promise<void> {
    const { consumer } = this.#parts;
    const positions = new Map(
      consumer.assignment.map((each) => [partitionName(each), consumer.position(each)]),
    );
    const polled = await quietly(() => consumer.poll(POLL_US));
    this.#caller.self.enter();
    for (const { partition, records } of polled ?? []) {
      const position = positions.get(partitionName(partition)) ?? records[0]!.offset;
      this.#operations.read(this.#caller, partition, position, records);
    }
  }

  #rewind(partition: TopicPartition, permille: number): void {
    const { consumer } = this.#parts;
    const position = consumer.position(partition);
    if (position !== undefined) consumer.seek(partition, Math.trunc((position * permille) / 1_000));
  }

  /** Of whom this client takes for the leader, in the epoch that it knows: another one refuses. */
  async #askEnd(partition: TopicPartition): Promise<void> {
    const { rpc, cluster } = this.#parts;
    const leader = cluster.leader(partition);
    if (leader?.broker === undefined) {
      cluster.refresh();
      return;
    }
    const { oracle } = this.#operations;
    const asked = oracle.asked(this.#caller.client, { kind: "end", partition: partitionName(partition) });
    const query = { partition, currentLeaderEpoch: leader.epoch, at: "latest" as const };
    const request = { isolation: "read_uncommitted" as const, partitions: [query] };
    const call = rpc.call(leader.broker, LIST_OFFSETS, request, { timeoutUs: ASK_TIMEOUT_US });
    const answer = await quietly(() => call.promise);
    this.#caller.self.enter();
    const found = answer?.partitions[0];
    if (found?.ok === true) {
      this.#operations.judge(oracle.end(asked, found.offset, found.leaderEpoch));
      return;
    }
    oracle.unknown(asked, found?.error.code ?? "NO_ANSWER");
    cluster.refresh();
  }
}

/** Undefined where it was refused: a reader tries again another time. */
async function quietly<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    const isRefusal =
      error instanceof BrokerError || error instanceof RpcError || error instanceof RpcRemoteError;
    if (!isRefusal) throw error;
    return undefined;
  }
}
