/**
 * The clients: machines of their own, which may be struck down, stopped and cut off as the servers may. A producer sends
 * its planned records, a consumer reads, goes back, and asks for ends. What a client that died had asked for is unknown.
 */
import { BrokerError } from "#engines/broker/errors.js";
import { ClusterView, Consumer, Producer, type ProducerOptions } from "#engines/broker/client/index.js";
import { partitionName, type TopicPartition } from "#engines/broker/types.js";
import { LIST_OFFSETS } from "#engines/broker/protocol/index.js";
import type { Env } from "#engines/env/index.js";
import { RpcClient, RpcError, RpcRemoteError } from "#engines/rpc/index.js";
import type { Node } from "#sim/process.js";
import type { Run } from "#sim/scenario.js";
import { TOPIC, type Caller, type Operations } from "./operations.js";
import type { BrokerPlan, PlannedRead } from "./plan.js";

const RESTART_MAX_US = 300_000;
const POLL_US = 200_000;
const ASK_TIMEOUT_US = 500_000;
const VIEW = { attemptTimeoutUs: 200_000, backoffUs: 10_000, maxAgeUs: 500_000 };
const RETRY_BACKOFF_US = 10_000;

interface Client {
  readonly node: Node;
  /** In the history. */
  readonly number: number;
  readonly work: (client: Client, env: Env, caller: Caller) => Promise<void>;
  /** Whether all of it is done. */
  readonly isDone: () => boolean;
  isBusy: boolean;
}

export class Clients {
  readonly #run: Run;
  readonly #plan: BrokerPlan;
  readonly #operations: Operations;
  readonly #clients: readonly Client[];
  #isStopped = false;

  constructor(run: Run, plan: BrokerPlan, operations: Operations) {
    this.#run = run;
    this.#plan = plan;
    this.#operations = operations;
    this.#clients = [
      ...plan.producers.map((_, index) => this.#newProducer(index)),
      ...plan.consumers.map((_, index) => this.#newConsumer(index)),
    ];
  }

  get names(): readonly string[] {
    return this.#clients.map(({ node }) => node.name);
  }

  /** Whether something that some client asked for is under way. */
  get areBusy(): boolean {
    return this.#clients.some(({ isBusy }) => isBusy);
  }

  start(): void {
    for (const client of this.#clients) void this.#keepRunning(client);
  }

  /** Nobody begins anything else. */
  stop(): void {
    this.#isStopped = true;
    for (const { node, isBusy } of this.#clients) if (!isBusy) this.#run.world.crash(node);
  }

  async #keepRunning(client: Client): Promise<void> {
    const { world } = this.#run;
    const stream = world.streams.get(`restarts/${client.node.name}`);
    while (!client.isDone() && !this.#isStopped) {
      const { exited } = world.boot(client.node, (env, self) =>
        client.work(client, env, { client: client.number, self }),
      );
      await exited;
      client.isBusy = false;
      this.#operations.lose(client.number);
      await world.sleep(stream.below(RESTART_MAX_US));
    }
  }

  #newProducer(index: number): Client {
    const planned = this.#plan.sends.filter(({ producer }) => producer === index);
    let next = 0;
    return {
      node: this.#run.world.addNode(`p${index + 1}`),
      number: index,
      isDone: () => next >= planned.length,
      isBusy: false,
      work: async (client, env, caller) => {
        const rpc = new RpcClient(env);
        const cluster = new ClusterView(rpc, { bootstrap: this.#plan.brokers, ...VIEW });
        const options = { cluster, ...this.#plan.producers[index]!, retryBackoffUs: RETRY_BACKOFF_US };
        const producer = await openProducer(rpc, options);
        const number = this.#operations.newProducer();
        const open = new Set<Promise<unknown>>();
        while (next < planned.length && !this.#isStopped) {
          const sending = planned[next++]!;
          await env.clock.sleep(sending.thinkUs);
          caller.self.enter();
          client.isBusy = true;
          const sent = this.#operations
            .send(caller, producer, number, this.#operations.sendingOf(sending))
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
    };
  }

  #newConsumer(index: number): Client {
    const planned = this.#plan.reads.filter(({ consumer }) => consumer === index);
    let next = 0;
    return {
      node: this.#run.world.addNode(`r${index + 1}`),
      number: this.#plan.producers.length + index,
      isDone: () => next >= planned.length,
      isBusy: false,
      work: async (client, env, caller) => {
        const { maxPollRecords, fetchMaxWaitUs, prefetchBytes } = this.#plan.consumers[index]!;
        const rpc = new RpcClient(env);
        const cluster = new ClusterView(rpc, { bootstrap: this.#plan.brokers, ...VIEW });
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
        consumer.assign(partitionsOf(this.#plan));
        const reader = new Reader(this.#operations, caller, { rpc, cluster, consumer });
        while (next < planned.length && !this.#isStopped) {
          const read = planned[next++]!;
          await env.clock.sleep(read.thinkUs);
          caller.self.enter();
          client.isBusy = true;
          await reader.carryOut(read);
          caller.self.enter();
          client.isBusy = false;
        }
        consumer.close();
        cluster.close();
      },
    };
  }
}

/** Tries until a broker gives it an id. */
async function openProducer(rpc: RpcClient, options: ProducerOptions): Promise<Producer> {
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
    const request = { partitions: [{ partition, currentLeaderEpoch: leader.epoch, at: "latest" as const }] };
    const { broker, epoch } = leader;
    const call = rpc.call(broker, LIST_OFFSETS, request, { timeoutUs: ASK_TIMEOUT_US });
    const answer = await quietly(() => call.promise);
    this.#caller.self.enter();
    const found = answer?.partitions[0];
    if (found?.ok === true) {
      this.#operations.judge(oracle.end(asked, found.offset, epoch));
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
