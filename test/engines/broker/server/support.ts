/** Whole brokers and a controller in a simulated world, and a client that speaks to them in plain requests. */
import { DiskError, type Disk, type Env, type File } from "#engines/env/index.js";
import { Controller, ControllerChannel } from "#engines/broker/controller/index.js";
import type { BrokerError, BrokerErrorCode } from "#engines/broker/errors.js";
import type { BrokerEvent } from "#engines/broker/events.js";
import type { PartitionState, TopicConfig } from "#engines/broker/metadata/types.js";
import { CREATE_TOPIC, FETCH, LIST_OFFSETS, PRODUCE, REASSIGN } from "#engines/broker/protocol/index.js";
import type { Acks, FetchResult, Isolation, ProduceResult } from "#engines/broker/protocol/types.js";
import { batchesOf, encodeBatch, recordsOf, type ProducerStamp } from "#engines/broker/record/index.js";
import { Broker, type BrokerOptions } from "#engines/broker/server/index.js";
import { NO_EPOCH, type Offset, type TopicPartition } from "#engines/broker/types.js";
import { RpcClient, RpcServer } from "#engines/rpc/index.js";
import type { World } from "#sim/world.js";
import { testWorld, type TestWorldOptions } from "../../../support/world.js";
import { CONFIG } from "../replica/support.js";

export const TOPIC = "orders";
export const TP: TopicPartition = { topic: TOPIC, partition: 0 };
const NAME = "orders-0";
const SESSION_US = 1_000_000;
const PATIENCE_US = 5_000_000;
const CONTROLLERS: readonly string[] = ["c1"];

const PACE: Omit<BrokerOptions, "directory" | "controllers"> = {
  replicaLagMaxUs: 600_000,
  isrCheckUs: 200_000,
  heartbeatUs: 200_000,
  fetchMaxWaitUs: 100_000,
  fetchBackoffUs: 50_000,
  requestTimeoutUs: 500_000,
  retryBackoffUs: 20_000,
  metadataMaxWaitUs: 100_000,
  flushIntervalUs: 500_000,
  checkpointUs: 300_000,
  retentionCheckUs: 1_000_000,
  shutdownTimeoutUs: 2_000_000,
};

export class TestBrokers {
  readonly world: World;
  readonly brokers: Map<string, Broker> = new Map();
  /** Why brokers ended that were not closed. */
  readonly failures: Map<string, BrokerError> = new Map();
  /** Brokers whose disks fail to sync from now on. */
  readonly failing: Set<string> = new Set();
  /** Directories that nobody makes before this resolves, each as `broker/path`. */
  readonly stalled: Map<string, Promise<void>> = new Map();
  readonly events: { readonly node: string; readonly event: BrokerEvent }[] = [];
  readonly #options: Partial<BrokerOptions>;
  controller!: Controller;
  client!: RpcClient;
  channel!: ControllerChannel;

  constructor(world: World, options: Partial<BrokerOptions>, retainedRecords: number) {
    this.world = world;
    this.#options = options;
    world.listen((from, event) => {
      if (!event.kind.startsWith("raft/")) {
        this.events.push({ node: from.node.name, event: event as BrokerEvent });
      }
    });
    this.#run("c1", async (env) => {
      this.controller = await Controller.open(env, new RpcServer(env), {
        directory: "meta",
        controllers: CONTROLLERS,
        sessionTimeoutUs: SESSION_US,
        preferredLeaderIntervalUs: 0,
        retainedRecords,
      });
      await this.controller.stopped;
    });
    this.#run("client", async (env) => {
      this.client = new RpcClient(env);
      this.channel = new ControllerChannel(this.client, { controllers: CONTROLLERS });
      await new Promise(() => undefined);
    });
  }

  boot(name: string, options: Partial<BrokerOptions> = {}): void {
    this.#run(name, async (env) => {
      const settings = {
        directory: "broker",
        controllers: CONTROLLERS,
        ...PACE,
        ...this.#options,
        ...options,
      };
      const broker = await Broker.open(this.#failable(env), new RpcServer(env), settings);
      this.brokers.set(name, broker);
      const failure = await broker.stopped;
      this.brokers.delete(name);
      if (failure !== undefined) this.failures.set(name, failure);
    });
  }

  crash(name: string): void {
    this.brokers.delete(name);
    this.world.crash(this.world.node(name)!);
  }

  powerLoss(name: string): void {
    this.brokers.delete(name);
    this.world.powerLoss(this.world.node(name)!);
  }

  async createTopic(
    replicas: readonly string[],
    config: Partial<TopicConfig> = {},
    topic: string = TOPIC,
  ): Promise<void> {
    await this.until(() => replicas.every((name) => this.#isUp(name)));
    const request = {
      topic,
      partitions: 1,
      replicationFactor: replicas.length,
      config: { ...CONFIG, ...config },
      assignments: [replicas],
    };
    await this.channel.call(CREATE_TOPIC, request, PATIENCE_US);
  }

  reassign(replicas: readonly string[]): Promise<number> {
    return this.channel.call(REASSIGN, { partition: TP, replicas }, PATIENCE_US);
  }

  get state(): PartitionState {
    return this.controller.image.partitions.get(NAME)!.state;
  }

  /** Waits until the controller and the leader agree on this ISR. */
  async untilIsr(...isr: readonly string[]): Promise<void> {
    await this.until(() => {
      const { leader } = this.state;
      const led = this.partition(leader ?? "")?.state?.isr ?? [];
      const isThere = (given: readonly string[]): boolean =>
        [...given].sort().join() === [...isr].sort().join();
      return isThere(this.state.isr) && isThere(led);
    });
  }

  partition(broker: string): ReturnType<Broker["inspect"]>["partitions"][number] | undefined {
    return this.brokers
      .get(broker)
      ?.inspect()
      .partitions.find(({ partition }) => partition === NAME);
  }

  /** Sends one batch to the leader, again until it is answered for good, or `tries` are over. */
  async produce(
    values: readonly string[],
    options: { acks?: Acks; stamp?: ProducerStamp; tries?: number; timeoutUs?: number } = {},
  ): Promise<Offset> {
    let last = "nobody leads";
    for (let tries = options.tries ?? 60; tries > 0; tries--) {
      const result = await this.produceOnce(values, options);
      if (result?.ok === true) return result.baseOffset;
      last = result?.error.code ?? last;
      await this.world.sleep(50_000);
    }
    throw new Error(`never produced: ${last}`);
  }

  async produceOnce(
    values: readonly string[],
    {
      acks = "all",
      stamp,
      timeoutUs = 400_000,
    }: { acks?: Acks; stamp?: ProducerStamp; timeoutUs?: number } = {},
  ): Promise<ProduceResult | undefined> {
    const { leader } = this.state;
    if (leader === undefined) return undefined;
    const timestampMs = Math.floor(this.client.env.clock.wallUs() / 1_000);
    const records = values.map((value) => {
      return { key: null, value: new TextEncoder().encode(value), timestampMs };
    });
    const request = { acks, timeoutUs, partitions: [{ partition: TP, batch: encodeBatch(records, stamp) }] };
    try {
      const { promise } = this.client.call(leader, PRODUCE, request, { timeoutUs: 2 * timeoutUs });
      return (await promise).partitions[0];
    } catch {
      return undefined;
    }
  }

  async fetch(
    broker: string,
    fetchOffset: Offset,
    isolation: Isolation = "read_uncommitted",
  ): Promise<FetchResult> {
    const partition = {
      partition: TP,
      currentLeaderEpoch: NO_EPOCH,
      fetchOffset,
      lastFetchedEpoch: NO_EPOCH,
      logStartOffset: 0,
      maxBytes: 1 << 20,
    };
    const request = {
      replica: undefined,
      isolation,
      maxWaitUs: 0,
      minBytes: 1,
      maxBytes: 1 << 20,
      partitions: [partition],
    };
    const { promise } = this.client.call(broker, FETCH, request, { timeoutUs: 500_000 });
    return (await promise).partitions[0]!;
  }

  /** All that is committed, from the leader. */
  async values(): Promise<string[]> {
    const values: string[] = [];
    for (let offset = await this.offset("earliest"), end = await this.offset("latest"); offset < end;) {
      const found = await this.fetch(this.state.leader!, offset);
      if (!found.ok) throw new Error(found.error.code);
      for (const { at, header } of batchesOf(found.batches)) {
        for (const record of recordsOf(found.batches, at))
          values.push(new TextDecoder().decode(record.value ?? undefined));
        offset = header.lastOffset + 1;
      }
    }
    return values;
  }

  async offset(at: "earliest" | "latest", isolation: Isolation = "read_uncommitted"): Promise<Offset> {
    for (let tries = 0; tries < 60; tries++) {
      const { leader } = this.state;
      const query = { partition: TP, currentLeaderEpoch: NO_EPOCH, at };
      if (leader !== undefined) {
        const call = this.client.call(
          leader,
          LIST_OFFSETS,
          { isolation, partitions: [query] },
          { timeoutUs: 500_000 },
        );
        const found = (await call.promise).partitions[0]!;
        if (found.ok) return found.offset;
      }
      await this.world.sleep(50_000);
    }
    throw new Error("nobody knows");
  }

  /** Waits until there is something, and gives it. */
  async until<T>(look: () => T | undefined | false): Promise<T> {
    for (let tries = 0; tries < 600; tries++) {
      const found = look();
      if (found !== undefined && found !== false) return found;
      await this.world.sleep(20_000);
    }
    throw new Error("it never happened");
  }

  /** The same, with a disk that fails once it is to. */
  #failable(env: Env): Env {
    const open = async (...args: Parameters<Disk["open"]>): Promise<File> => {
      const file = await env.disk.open(...args);
      const sync = async (): Promise<void> => {
        if (this.failing.has(env.node)) throw new DiskError("EIO", `sync ${file.path}`);
        await file.sync();
      };
      return {
        path: file.path,
        size: () => file.size(),
        write: (offset, bytes) => file.write(offset, bytes),
        truncate: (size) => file.truncate(size),
        read: (offset, length) => file.read(offset, length),
        sync,
        close: () => file.close(),
      };
    };
    const { node, clock, network, random } = env;
    const disk: Disk = {
      open,
      rename: (from, to) => env.disk.rename(from, to),
      remove: (path) => env.disk.remove(path),
      mkdir: async (path) => {
        await this.stalled.get(`${env.node}/${path}`);
        await env.disk.mkdir(path);
      },
      list: (path) => env.disk.list(path),
      syncDir: (path) => env.disk.syncDir(path),
    };
    return {
      node,
      clock,
      network,
      random,
      disk,
      log: (message) => env.log(message),
      observe: (event) => env.observe(event),
      reached: (mark) => env.reached(mark),
      buggify: (point) => env.buggify(point),
    };
  }

  #isUp(name: string): boolean {
    return this.controller?.image.brokers.get(name)?.isFenced === false;
  }

  #run(name: string, program: (env: Env) => Promise<void>): void {
    const node = this.world.node(name) ?? this.world.addNode(name);
    this.world.boot(node, program);
  }
}

export const BROKERS: readonly string[] = ["b1", "b2", "b3"];

/** Runs a story over three brokers. A finding of the world fails it. */
export async function withBrokers(
  story: (cluster: TestBrokers) => Promise<void>,
  options: {
    readonly broker?: Partial<BrokerOptions>;
    readonly world?: TestWorldOptions;
    readonly retainedRecords?: number;
  } = {},
): Promise<TestBrokers> {
  const world = testWorld(options.world);
  const cluster = new TestBrokers(world, options.broker ?? {}, options.retainedRecords ?? 4_096);
  await world.run(async () => {
    for (const name of BROKERS) cluster.boot(name);
    await story(cluster);
  });
  const [finding] = world.findings;
  if (finding !== undefined)
    throw new Error(`${finding.invariant}: ${finding.message}\n${finding.stack ?? ""}`);
  return cluster;
}

export function refusalOf(
  result: { readonly ok: boolean; readonly error?: { code: BrokerErrorCode } } | undefined,
): string {
  if (result === undefined) return "no answer";
  return result.ok ? "none" : result.error!.code;
}
