import type { Env } from "../../env/index.js";
import { RpcClient, type RpcServer, type RpcType } from "../../rpc/index.js";
import { ControllerChannel } from "../controller/index.js";
import { GROUPS_TOPIC, TRANSACTIONS_TOPIC } from "../coordinator/index.js";
import { BrokerError, type BrokerErrorCode } from "../errors.js";
import type { GroupCoordinator } from "../group/index.js";
import type { BrokerState, MetadataImage, PartitionState } from "../metadata/types.js";
import { reached } from "../observe.js";
import {
  ALLOCATE_PRODUCER_IDS,
  ALTER_PARTITION,
  FETCH,
  FIND_COORDINATOR,
  INIT_PRODUCER_ID,
  LIST_OFFSETS,
  LOG_END,
  METADATA,
  PRODUCE,
  WRITE_TXN_MARKERS,
} from "../protocol/index.js";
import type { AlterPartitionRequest } from "../protocol/types.js";
import {
  Lifeline,
  type LeadershipWatcher,
  type Partition,
  type PartitionHost,
  type PartitionInspection,
} from "../replica/index.js";
import type { TransactionCoordinator } from "../transaction/index.js";
import {
  partitionName,
  type BrokerEpoch,
  type BrokerId,
  type Offset,
  type TopicPartition,
} from "../types.js";
import type { Desk } from "./desk.js";
import { serveFetch } from "./fetch.js";
import { Fetchers } from "./fetchers.js";
import { CoordinatorFinder } from "./find-coordinator.js";
import { markerWriterOf, newGroupCoordinator, serveGroups } from "./group-desk.js";
import { prepare, storageError, type Ground } from "./ground.js";
import { keepHouse } from "./housekeeping.js";
import { serveWriteTxnMarkers } from "./markers.js";
import { MetadataLoop } from "./metadata-loop.js";
import type { OffsetCheckpoint } from "./offset-checkpoint.js";
import { settingsOf, type BrokerOptions, type BrokerSettings } from "./options.js";
import { ProducerIds } from "./producer-ids.js";
import { serveProduce } from "./produce.js";
import { serveListOffsets, serveLogEnd, serveMetadata } from "./queries.js";
import { Registration } from "./registration.js";
import { Replicas, findPartition } from "./replicas.js";
import { leaveMarker } from "./shutdown-marker.js";
import { noteEpoch } from "./stored-life.js";
import { TransactionPeers, newTransactionCoordinator, serveTransactions } from "./transaction-desk.js";

export interface BrokerInspection {
  readonly broker: BrokerId;
  readonly epoch: BrokerEpoch | undefined;
  readonly isFenced: boolean;
  readonly metadataOffset: Offset;
  readonly metadataDigest: number;
  readonly partitions: readonly PartitionInspection[];
}

/**
 * A broker. It runs until `close`, or until its disk fails: then it stops as a whole, since every partition is on the
 * one disk, and may be opened again on what is left.
 */
export class Broker {
  /** Resolves once nothing of the broker runs any more: to nothing after `close`, to the reason where it could not go on. */
  readonly stopped: Promise<BrokerError | undefined>;
  readonly #env: Env;
  readonly #settings: BrokerSettings;
  readonly #channel: ControllerChannel;
  readonly #lifeline: Lifeline;
  readonly #ground: Ground;
  readonly #partitions: ReadonlyMap<string, Partition>;
  readonly #fetchers: Fetchers;
  readonly #registration: Registration;
  readonly #metadata: MetadataLoop;
  readonly #replicas: Replicas;
  readonly #producerIds: ProducerIds;
  readonly #desk: Desk;
  readonly #groups: GroupCoordinator;
  readonly #peers: TransactionPeers;
  readonly #transactions: TransactionCoordinator;
  #resolveStopped!: (error: BrokerError | undefined) => void;
  #isEnding = false;
  #isClosing = false;
  /** Up to where this broker does what the metadata says. */
  #actedOffset: Offset = 0;

  private constructor(env: Env, rpc: RpcClient, settings: BrokerSettings, ground: Ground) {
    this.#env = env;
    this.#settings = settings;
    this.#ground = ground;
    this.#partitions = ground.partitions;
    this.stopped = new Promise((resolve) => (this.#resolveStopped = resolve));
    const lifeline = new Lifeline(env);
    this.#lifeline = lifeline;
    const { controllers, attemptTimeoutUs } = settings;
    this.#channel = new ControllerChannel(rpc, { controllers, attemptTimeoutUs });
    const host = this.#host();
    this.#fetchers = new Fetchers({ host, rpc, settings, partitions: ground.partitions });
    const wasClosedCleanly = ground.closedEpoch !== undefined;
    const { directory, dedupeBufferBytes } = settings;
    this.#desk = this.#newDesk();
    this.#producerIds = new ProducerIds(() => this.#allocateIds());
    this.#groups = newGroupCoordinator(this.#desk);
    this.#peers = new TransactionPeers(this.#desk, rpc);
    this.#transactions = newTransactionCoordinator(this.#desk, this.#peers, () => this.#producerIds.take());
    const watchers = new Map<string, LeadershipWatcher>([
      [GROUPS_TOPIC, this.#groups],
      [TRANSACTIONS_TOPIC, this.#transactions],
    ]);
    this.#replicas = new Replicas({
      ...ground,
      host,
      directory,
      dedupeBufferBytes,
      wasClosedCleanly,
      watchers,
    });
    this.#metadata = new MetadataLoop({
      env,
      rpc,
      lifeline,
      settings,
      publish: (image) => this.#publish(image),
    });
    this.#registration = new Registration({
      env,
      channel: this.#channel,
      lifeline,
      settings,
      beginning: ground.beginning,
      metadataOffset: () => this.#actedOffset,
      registered: (epoch) => this.#registered(epoch),
    });
  }

  /**
   * Begins a broker on its directory. It registers, opens its logs and takes part once it reaches the controllers, which
   * this does not wait for. `client` is what it asks others with: to be given where producers or consumers in the same
   * process ask with it, too, since a node has one. Throws INVALID_REQUEST, and STORAGE_ERROR where the directory can't
   * be read.
   */
  static async open(env: Env, rpc: RpcServer, options: BrokerOptions, client?: RpcClient): Promise<Broker> {
    const settings = settingsOf(options);
    try {
      const ground = await prepare(env, settings);
      const broker = new Broker(env, client ?? new RpcClient(env), settings, ground);
      broker.#start(rpc);
      return broker;
    } catch (error) {
      throw storageError(env.node, error);
    }
  }

  /** For people and checks. */
  inspect(): BrokerInspection {
    const { image } = this.#metadata;
    return {
      broker: this.#env.node,
      epoch: this.#registration.epoch,
      isFenced: this.#registration.isFenced,
      metadataOffset: image.offset,
      metadataDigest: image.digest,
      partitions: [...this.#partitions.values()].map((partition) => partition.inspect()),
    };
  }

  /**
   * Ends the broker in order: others take over what it leads, as far as they can in time, and all is durable when it
   * resolves. The next start knows that nothing is lost.
   */
  async close(): Promise<void> {
    if (!this.#isClosing && !this.#isEnding) {
      this.#isClosing = true;
      if (await this.#registration.shutDown()) reached(this.#env, "broker/controlled-shutdown");
      await this.#end(undefined);
    }
    await this.stopped;
  }

  #start(rpc: RpcServer): void {
    const desk = this.#desk;
    const serve = <Request, Response>(
      type: RpcType<Request, Response>,
      handle: (request: Request, from: BrokerId) => Response | Promise<Response>,
    ): void =>
      rpc.serve(type, (request, from) => {
        if (this.#isEnding) throw this.#refusal("CLOSED", "one that is closed");
        return handle(request, from);
      });
    serve(PRODUCE, (request) => serveProduce(desk, request));
    serve(FETCH, (request) => serveFetch(desk, request));
    serve(LIST_OFFSETS, (request) => serveListOffsets(desk, request));
    serve(LOG_END, (request) => serveLogEnd(desk, request));
    serve(WRITE_TXN_MARKERS, (request) => serveWriteTxnMarkers(desk, request));
    serve(METADATA, (request) => serveMetadata(desk, request));
    serve(INIT_PRODUCER_ID, async () => ({ producerId: await this.#producerIds.take(), producerEpoch: 0 }));
    const finder = new CoordinatorFinder(desk, this.#channel);
    serve(FIND_COORDINATOR, (request) => finder.find(request));
    serveGroups(this.#groups, serve);
    serveTransactions(this.#transactions, serve);
    keepHouse({
      env: this.#env,
      lifeline: this.#lifeline,
      settings: this.#settings,
      partitions: this.#partitions,
      checkpoint: async () => {
        await this.#checkpoint(this.#ground.highWatermarks);
        await this.#checkpoint(this.#ground.recoveryPoints);
      },
    });
    this.#registration.start();
    this.#metadata.start();
  }

  /**
   * Nothing is done before the metadata has come to this life's registration: what is older speaks to the lives before,
   * whose leaderships would let two logs grow under one epoch.
   */
  async #publish(image: MetadataImage): Promise<void> {
    const { epoch } = this.#registration;
    if (epoch === undefined || image.offset <= epoch) return;
    try {
      await this.#replicas.become(image);
    } catch (error) {
      this.#fail(storageError(this.#env.node, error));
      return;
    }
    // Logs that are not open by now stay as they are: then their end is not an orderly one.
    if (this.#lifeline.isCut) return;
    this.#actedOffset = image.offset;
    if (this.#registration.isFenced) this.#registration.hurry();
  }

  async #registered(epoch: BrokerEpoch): Promise<void> {
    const { durability, directory } = this.#settings;
    try {
      if (durability === "sync") await noteEpoch(this.#env, directory, epoch);
    } catch (error) {
      return this.#fail(storageError(this.#env.node, error));
    }
    this.#metadata.again();
  }

  #host(): PartitionHost {
    const epoch = (): BrokerEpoch | undefined => this.#registration.epoch;
    const { durability, replicaLagMaxUs, retryBackoffUs } = this.#settings;
    return {
      env: this.#env,
      broker: this.#env.node,
      durability,
      replicaLagMaxUs,
      alterRetryUs: retryBackoffUs,
      lifeline: this.#lifeline,
      get brokerEpoch(): BrokerEpoch | undefined {
        return epoch();
      },
      brokerState: (id: BrokerId): BrokerState | undefined => this.#metadata.image.brokers.get(id),
      alterPartition: (request: AlterPartitionRequest): Promise<PartitionState> =>
        this.#channel.call(ALTER_PARTITION, request, this.#settings.requestTimeoutUs),
      followingChanged: () => this.#fetchers.changed(),
      checkpointHighWatermarks: () => this.#checkpoint(this.#ground.highWatermarks),
      fail: (error: Error) => this.#fail(storageError(this.#env.node, error)),
    };
  }

  #newDesk(): Desk {
    const [epoch, image] = [() => this.#registration.epoch, () => this.#metadata.image];
    return {
      env: this.#env,
      settings: this.#settings,
      lifeline: this.#lifeline,
      transactions: {
        verify: (asked) => this.#peers.verify(asked),
        markerWriter: (partition) => markerWriterOf(this.#groups, partition),
      },
      get brokerEpoch(): BrokerEpoch | undefined {
        return epoch();
      },
      get image(): MetadataImage {
        return image();
      },
      find: (partition: TopicPartition) => findPartition(this.#partitions, image(), partitionName(partition)),
    };
  }

  async #allocateIds(): Promise<{ first: number; count: number }> {
    const { epoch } = this.#registration;
    if (epoch === undefined) throw this.#refusal("REQUEST_TIMED_OUT", "one that is not registered yet");
    const { producerIdBlock: count, requestTimeoutUs } = this.#settings;
    const request = { broker: this.#env.node, epoch, count };
    return { first: await this.#channel.call(ALLOCATE_PRODUCER_IDS, request, requestTimeoutUs), count };
  }

  /** Rejects with STORAGE_ERROR; the broker ends then. */
  async #checkpoint(checkpoint: OffsetCheckpoint): Promise<void> {
    try {
      await checkpoint.write();
    } catch (error) {
      const failure = storageError(this.#env.node, error);
      this.#fail(failure);
      throw failure;
    }
  }

  #fail(error: BrokerError): void {
    if (!this.#isEnding) void this.#end(error);
  }

  async #end(reason: BrokerError | undefined): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#channel.close();
    const ended = this.#lifeline.cut();
    await this.#stopAll();
    await ended;
    // Once more: a log that was being opened is there by now.
    await this.#stopAll();
    this.#resolveStopped(await this.#putAway(reason));
  }

  async #stopAll(): Promise<void> {
    await Promise.all([...this.#partitions.values()].map((partition) => partition.stop()));
  }

  /** Closes the logs. Only where all of it worked, and nothing was wrong before, is the end a clean one. */
  async #putAway(reason: BrokerError | undefined): Promise<BrokerError | undefined> {
    const closed = await Promise.allSettled([...this.#partitions.values()].map(({ log }) => log.close()));
    if (reason !== undefined) return reason;
    try {
      for (const each of closed) if (each.status === "rejected") throw each.reason;
      await this.#ground.highWatermarks.write();
      await this.#ground.recoveryPoints.write();
      const epoch = this.#registration.epoch ?? this.#ground.closedEpoch;
      // A log that was left open once, and was not opened since, is not closed.
      const areAllClosed = this.#ground.closedEpoch !== undefined || this.#actedOffset > 0;
      if (epoch !== undefined && areAllClosed) await leaveMarker(this.#env, this.#settings.directory, epoch);
      return undefined;
    } catch (error) {
      return storageError(this.#env.node, error);
    }
  }

  #refusal(code: BrokerErrorCode, found: string): BrokerError {
    const parts = {
      expected: "a broker that runs",
      found,
      where: this.#env.node,
      todo: "ask another broker",
    };
    return new BrokerError(code, parts);
  }
}
