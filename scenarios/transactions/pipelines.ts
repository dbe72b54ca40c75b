/**
 * Members of a group that transform: each reads what was committed, makes one record of each, and moves its positions in the
 * same transaction (KIP-447). They crash rather than guess: where an end has no answer, the process begins anew, and its
 * producer's first request settles what it left.
 */
import { GroupConsumer, Producer, type PolledRecords } from "#engines/broker/client/index.js";
import { BrokerError } from "#engines/broker/errors.js";
import { partitionName, type Offset, type TopicPartition } from "#engines/broker/types.js";
import type { Env } from "#engines/env/index.js";
import { RpcClient } from "#engines/rpc/index.js";
import type { Incarnation } from "#sim/process.js";
import { newView } from "../broker/view.js";
import { Fleet, type Alive, type Server } from "../fleet.js";
import type { Caller } from "./calls.js";
import type { PlannedRound } from "./plan.js";
import { GROUP, INPUT, outputsOf } from "./topics.js";
import { RETRY_BACKOFF_US, endAs, openProducer, type ClientsOptions } from "./writers.js";

const POLL_US = 200_000;
const BATCH_BYTES = 16 * 1024;
const REQUEST_TIMEOUT_US = 500_000;
const DELIVERY_TIMEOUT_US = 2_000_000;
const NONE: ReadonlySet<string> = new Set();

/** Of a member, by its name. */
export function transactionalIdOf(member: string): string {
  return `pipeline-${member}`;
}

interface MemberLife extends Alive {
  readonly consumer: GroupConsumer;
}

export class Pipelines {
  readonly #options: ClientsOptions;
  readonly #fleet: Fleet<MemberLife>;
  /** By member, what is planned and not begun. */
  readonly #rounds: readonly PlannedRound[][];
  readonly #firstClient: number;

  /** `firstClient`: the number of the first member in the history. */
  constructor(options: ClientsOptions, firstClient: number) {
    const { run, plan } = options;
    const names = Array.from({ length: plan.pipeline.members }, (_, index) => `w${index + 1}`);
    this.#options = options;
    this.#firstClient = firstClient;
    this.#rounds = names.map((_, index) => plan.rounds.filter(({ member }) => member === index));
    this.#fleet = new Fleet<MemberLife>(run, {
      names,
      metadata: "journaled",
      oldVersions: NONE,
      program: (server) => (env, self) => this.#work(server, env, self),
    });
  }

  get names(): readonly string[] {
    return this.#fleet.servers.map(({ name }) => name);
  }

  start(): void {
    this.#fleet.start();
  }

  /** Whoever is down comes back soon. */
  makePeace(): void {
    this.#fleet.makePeace();
  }

  /** Nobody goes on. */
  stop(): void {
    for (const server of this.#fleet.servers) this.#fleet.hold(server);
    for (const client of this.#fleet.servers.keys()) this.#options.calls.lose(this.#firstClient + client);
  }

  async #work(server: Server<MemberLife>, env: Env, self: Incarnation): Promise<void> {
    const { calls, cluster, plan, run } = this.#options;
    const { transactionTimeoutUs, members: _, ...group } = plan.pipeline;
    const index = this.names.indexOf(server.name);
    const client = this.#firstClient + index;
    calls.lose(client);
    const rpc = new RpcClient(env);
    const view = newView(rpc, cluster);
    const consumer = new GroupConsumer(rpc, {
      cluster: view,
      group: GROUP,
      ...group,
      isolation: "read_committed",
      isAutoCommit: false,
      offsetReset: "earliest",
      requestTimeoutUs: REQUEST_TIMEOUT_US,
      retryBackoffUs: RETRY_BACKOFF_US,
    });
    consumer.subscribe([INPUT], {
      onPartitionsLost: () => run.count("partitionsLost"),
      onPartitionsAssigned: () => run.count("rebalances"),
    });
    server.life = { self, consumer };
    const open = (): Promise<Producer> =>
      Producer.open(rpc, {
        cluster: view,
        transactionalId: transactionalIdOf(server.name),
        transactionTimeoutUs,
        // What no segment holds is refused each time that it comes: after a long backlog, for ever.
        batchBytes: Math.min(BATCH_BYTES, cluster.topic.config.segmentBytes),
        requestTimeoutUs: REQUEST_TIMEOUT_US,
        deliveryTimeoutUs: DELIVERY_TIMEOUT_US,
        retryBackoffUs: RETRY_BACKOFF_US,
      });
    const producer = await openProducer(open, rpc, () => false);
    self.enter();
    const caller: Caller = { client, self, producer: producer!, number: calls.newProducer() };
    const member = new Member(this.#options, server, consumer, caller, env);
    while (await member.transform(() => this.#rounds[index]?.shift())) self.enter();
  }
}

/** One life of a member. */
class Member {
  readonly #options: ClientsOptions;
  readonly #server: Server<MemberLife>;
  readonly #consumer: GroupConsumer;
  readonly #caller: Caller;
  readonly #env: Env;

  constructor(
    options: ClientsOptions,
    server: Server<MemberLife>,
    consumer: GroupConsumer,
    caller: Caller,
    env: Env,
  ) {
    this.#options = options;
    this.#server = server;
    this.#consumer = consumer;
    this.#caller = caller;
    this.#env = env;
  }

  /** Polls, and if there is something, makes something of it in a transaction. Whether this life goes on. */
  async transform(nextRound: () => PlannedRound | undefined): Promise<boolean> {
    const polled = await this.#poll();
    if (polled === undefined) return false;
    if (polled.length === 0) return true;
    const { run, calls } = this.#options;
    const { stallUs, end } = nextRound() ?? { stallUs: 0, end: "commit" };
    const caller = this.#caller;
    run.count("pipelined");
    caller.producer.beginTransaction();
    const transaction = calls.oracle.begin(caller.number);
    const sent = this.#sendOutputs(polled, transaction);
    await this.#env.clock.sleep(stallUs);
    caller.self.enter();
    if (end === "crash") {
      run.note(`${this.#server.name} crashes within transaction ${transaction}`);
      run.world.crash(this.#server.node);
      caller.self.enter();
    }
    if (end === "leave") return false;
    const isMoved = await this.#sendPositions(polled, transaction);
    const ended = await endAs(calls, caller, transaction, isMoved && end === "commit");
    await sent;
    if (ended === "aborted") this.#goBack(polled);
    return ended !== undefined;
  }

  async #poll(): Promise<readonly PolledRecords[] | undefined> {
    const { run } = this.#options;
    try {
      const polled = await this.#consumer.poll(POLL_US);
      this.#caller.self.enter();
      return polled;
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      run.count("pollsRefused");
      return error.isRetriable ? [] : undefined;
    }
  }

  /** Whether it may be committed: not where others may have the partitions by now. */
  async #sendPositions(polled: readonly PolledRecords[], transaction: number): Promise<boolean> {
    const positions = new Map<TopicPartition, Offset>(
      polled.map(({ partition, records }) => [partition, records.at(-1)!.offset + 1]),
    );
    try {
      const { stamp } = this.#consumer;
      const refusal = await this.#options.calls.sendPositions(this.#caller, transaction, positions, stamp);
      if (refusal !== undefined) this.#options.run.count("positionsRefused");
      return refusal === undefined;
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      this.#caller.self.enter();
      return false;
    }
  }

  /** What was aborted is read again, where it is still this member's. */
  #goBack(polled: readonly PolledRecords[]): void {
    const assigned = new Set(this.#consumer.assignment.map(partitionName));
    for (const { partition, records } of polled) {
      if (assigned.has(partitionName(partition))) this.#consumer.seek(partition, records[0]!.offset);
    }
  }

  #sendOutputs(polled: readonly PolledRecords[], transaction: number): Promise<unknown> {
    const { calls, plan } = this.#options;
    const outputs = outputsOf(plan);
    const sent = polled.flatMap(({ partition, records }) =>
      records.map(({ offset }) => {
        const of = partitionName(partition);
        return calls.send(this.#caller, transaction, {
          partition: outputs[offset % outputs.length]!,
          name: `${of}@${offset}~${calls.newOutput()}+0`,
          source: { group: GROUP, partition: of, offset },
        });
      }),
    );
    return Promise.all(sent);
  }
}
