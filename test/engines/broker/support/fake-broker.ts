/** Brokers without disks and replicas: one log in memory for each partition, and errors as a test wants them. */
import {
  FETCH,
  INIT_PRODUCER_ID,
  LIST_OFFSETS,
  METADATA,
  PRODUCE,
  type FetchPartition,
  type FetchRequest,
  type FetchResult,
  type Isolation,
  type ListOffsetsRequest,
  type ListOffsetsResponse,
  type MetadataResponse,
  type PartitionError,
  type ProduceRequest,
  type ProduceResult,
} from "#engines/broker/protocol/index.js";
import {
  NONE,
  checkNewBatch,
  readBatchHeader,
  recordsOf,
  stampBatch,
  type BatchHeader,
  type LogRecord,
} from "#engines/broker/record/index.js";
import { BrokerError, NO_EPOCH, partitionName, type TopicPartition } from "#engines/broker/index.js";
import type { BrokerErrorCode, EpochEnd } from "#engines/broker/index.js";
import type { EndedTransaction } from "#engines/broker/log/types.js";
import type { Env } from "#engines/env/index.js";
import { RpcServer } from "#engines/rpc/index.js";
import type { World } from "#sim/world.js";
import { boot, forever } from "../../rpc/support.js";

/** What happens to a request about a partition instead of, or after, what it asks for. */
export type Mishap =
  | { readonly refuse: BrokerErrorCode }
  | { readonly silent: "before" | "after" }
  | { readonly doneBut: BrokerErrorCode }
  | { readonly delayUs: number };

interface Kept {
  readonly header: BatchHeader;
  readonly bytes: Uint8Array;
}

interface Remembered {
  readonly epoch: number;
  /** The last five. */
  readonly batches: readonly { readonly first: number; readonly next: number; readonly offset: number }[];
}

const SEQUENCES = 2 ** 31;

export class FakePartition {
  readonly partition: TopicPartition;
  leader: string | undefined;
  epoch = 0;
  batches: Kept[] = [];
  logStartOffset = 0;
  /** Undefined: the log's end. */
  highWatermark: number | undefined;
  /** Undefined: nothing is open. */
  lastStableOffset: number | undefined;
  aborted: readonly EndedTransaction[] = [];
  readonly producers: Map<number, Remembered> = new Map();

  constructor(partition: TopicPartition, leader: string) {
    this.partition = partition;
    this.leader = leader;
  }

  get endOffset(): number {
    return (this.batches.at(-1)?.header.lastOffset ?? this.logStartOffset - 1) + 1;
  }

  get visibleEnd(): number {
    return this.highWatermark ?? this.endOffset;
  }

  /** What a consumer of that isolation sees ends here. */
  endFor(isolation: Isolation): number {
    const { visibleEnd, lastStableOffset } = this;
    return isolation === "read_committed" ? Math.min(visibleEnd, lastStableOffset ?? visibleEnd) : visibleEnd;
  }

  get records(): LogRecord[] {
    return this.batches.flatMap(({ bytes }) => recordsOf(bytes, 0));
  }

  get values(): string[] {
    return this.records.map(({ value }) => new TextDecoder().decode(value ?? undefined));
  }

  append(batch: Uint8Array): number {
    const header = checkNewBatch(batch, 1_000_000);
    return this.#place(header) ?? this.put(batch, header);
  }

  /** Also what no producer sends. */
  put(batch: Uint8Array, header: BatchHeader = readBatchHeader(batch, 0)): number {
    const bytes = batch.slice();
    const offset = this.endOffset;
    stampBatch(bytes, 0, offset, this.epoch);
    const count = header.recordCount;
    this.batches.push({
      header: { ...header, baseOffset: offset, lastOffset: offset + count - 1, leaderEpoch: this.epoch },
      bytes,
    });
    this.#remember(this.batches.at(-1)!.header);
    return offset;
  }

  /** Drops all from `offset` on, as an unclean election does; what is known of producers follows the log. */
  truncate(offset: number): void {
    this.batches = this.batches.filter(({ header }) => header.lastOffset < offset);
    this.producers.clear();
    for (const { header } of this.batches) this.#remember(header);
  }

  endOffsetForEpoch(epoch: number): EpochEnd {
    const last = this.batches.findLast(({ header }) => header.leaderEpoch <= epoch)?.header;
    if (epoch >= this.epoch) return { epoch: this.epoch, endOffset: this.endOffset };
    return last === undefined
      ? { epoch: NO_EPOCH, endOffset: 0 }
      : { epoch: last.leaderEpoch, endOffset: last.lastOffset + 1 };
  }

  #remember({ producerId, producerEpoch, baseSequence, recordCount, baseOffset }: BatchHeader): void {
    if (producerId === NONE) return;
    const known = this.producers.get(producerId);
    const earlier = known?.epoch === producerEpoch ? known.batches : [];
    const next = (baseSequence + recordCount) % SEQUENCES;
    const batches = [...earlier, { first: baseSequence, next, offset: baseOffset }].slice(-5);
    this.producers.set(producerId, { epoch: producerEpoch, batches });
  }

  /** Of what is there already. */
  #place({ producerId, producerEpoch, baseSequence, recordCount }: BatchHeader): number | undefined {
    if (producerId === NONE) return undefined;
    const known = this.producers.get(producerId);
    if (known === undefined) {
      if (baseSequence !== 0) throw refusal("UNKNOWN_PRODUCER_ID");
      return undefined;
    }
    if (producerEpoch < known.epoch) throw refusal("INVALID_PRODUCER_EPOCH");
    if (producerEpoch > known.epoch) {
      if (baseSequence !== 0) throw refusal("OUT_OF_ORDER_SEQUENCE_NUMBER");
      return undefined;
    }
    const next = (baseSequence + recordCount) % SEQUENCES;
    const same = known.batches.find((batch) => batch.first === baseSequence && batch.next === next);
    if (same !== undefined) return same.offset;
    if (known.batches.at(-1)!.next !== baseSequence) throw refusal("OUT_OF_ORDER_SEQUENCE_NUMBER");
    return undefined;
  }
}

function refusal(code: BrokerErrorCode): BrokerError {
  return new BrokerError(code, { expected: "another", found: "this", where: "a fake broker", todo: "-" });
}

export class FakeCluster {
  readonly partitions: Map<string, FakePartition> = new Map();
  readonly names: readonly string[];
  /** Decides what happens to each produce request, by how many came before. */
  onProduce: (count: number, broker: string) => Mishap | undefined = () => undefined;
  onFetch: (count: number, broker: string, request: FetchRequest) => Mishap | undefined = () => undefined;
  onList: (count: number) => Mishap | undefined = () => undefined;
  /** How many versions behind what a broker says of the cluster is. */
  lag: (broker: string) => number = () => 0;
  /** Whether errors name the leader. */
  givesHints = true;
  firstProducerEpoch = 0;
  produced: { readonly broker: string; readonly request: ProduceRequest }[] = [];
  fetches = 0;
  fetched: FetchRequest[] = [];
  lists = 0;
  #history: MetadataResponse[] = [];
  #nextProducerId = 1_000;
  #waiting: (() => void)[] = [];

  private constructor(names: readonly string[]) {
    this.names = names;
  }

  static async boot(
    world: World,
    names: readonly string[],
    topics: Record<string, number>,
    serveMore: (server: RpcServer) => void = () => undefined,
  ): Promise<FakeCluster> {
    const cluster = new FakeCluster(names);
    for (const [topic, count] of Object.entries(topics)) cluster.addTopic(topic, count);
    for (const name of names) serveMore(cluster.#serve(await boot(world, name)));
    return cluster;
  }

  addTopic(topic: string, count: number): void {
    for (let partition = 0; partition < count; partition++) this.addPartition(topic, partition);
  }

  addPartition(topic: string, partition: number): void {
    const of = new FakePartition({ topic, partition }, this.names[partition % this.names.length]!);
    this.partitions.set(partitionName(of.partition), of);
    this.note();
  }

  partition(topic: string, partition: number): FakePartition {
    return this.partitions.get(partitionName({ topic, partition }))!;
  }

  /** Has another lead, in the next epoch. */
  elect(partition: FakePartition, leader: string | undefined): void {
    partition.leader = leader;
    partition.epoch++;
    this.note();
  }

  /** What is so now becomes a version that brokers hear of. */
  note(): void {
    const topics = new Map<string, MetadataResponse["topics"][number]["partitions"][number][]>();
    for (const { partition, leader, epoch } of this.partitions.values()) {
      const states = topics.get(partition.topic) ?? [];
      topics.set(partition.topic, states);
      const none = {
        replicas: this.names,
        adding: [],
        removing: [],
        isr: this.names,
        elr: [],
        lastKnownElr: [],
      };
      states[partition.partition] = { ...none, leader, leaderEpoch: epoch, partitionEpoch: epoch };
    }
    this.#history.push({
      offset: this.#history.length,
      brokers: this.names,
      topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })),
    });
    this.wake();
  }

  wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #serve(env: Env): RpcServer {
    const server = new RpcServer(env);
    server.serve(METADATA, ({ topics: wanted }) => {
      const { offset, brokers, topics } = this.#history.at(-1 - this.lag(env.node)) ?? this.#history[0]!;
      return {
        offset,
        brokers,
        topics: topics.filter(({ topic }) => wanted.length === 0 || wanted.includes(topic)),
      };
    });
    server.serve(INIT_PRODUCER_ID, () => {
      return { producerId: this.#nextProducerId++, producerEpoch: this.firstProducerEpoch };
    });
    server.serve(PRODUCE, async (request) => {
      const mishap = this.onProduce(this.produced.length, env.node);
      this.produced.push({ broker: env.node, request });
      await this.#before(env, mishap);
      const partitions = request.partitions.map(({ partition, batch }) =>
        this.#produce(env.node, partition, batch, mishap),
      );
      if (mishap !== undefined && "silent" in mishap) await forever();
      return { partitions };
    });
    server.serve(FETCH, async (request) => {
      const mishap = this.onFetch(this.fetches++, env.node, request);
      this.fetched.push(request);
      await this.#before(env, mishap);
      return { partitions: await this.#fetch(env, request, mishap) };
    });
    server.serve(LIST_OFFSETS, async (request) => {
      const mishap = this.onList(this.lists++);
      await this.#before(env, mishap);
      const { isolation, partitions } = request;
      return { partitions: partitions.map((query) => this.#list(env.node, query, isolation, mishap)) };
    });
    return server;
  }

  async #before(env: Env, mishap: Mishap | undefined): Promise<void> {
    if (mishap === undefined) return;
    if ("silent" in mishap && mishap.silent === "before") await forever();
    if ("delayUs" in mishap) await env.clock.sleep(mishap.delayUs);
  }

  #error(partition: FakePartition | undefined, code: BrokerErrorCode): PartitionError {
    const hint =
      this.givesHints && partition?.leader !== undefined
        ? { leader: { broker: partition.leader, epoch: partition.epoch } }
        : {};
    return { code, found: "a fake refusal", ...hint };
  }

  /** The partition, where this broker leads it. */
  #led(
    broker: string,
    of: TopicPartition,
    epoch: number,
    mishap: Mishap | undefined,
  ): FakePartition | PartitionError {
    const partition = this.partitions.get(partitionName(of));
    if (mishap !== undefined && "refuse" in mishap) return this.#error(partition, mishap.refuse);
    if (partition === undefined) return this.#error(undefined, "UNKNOWN_TOPIC_OR_PARTITION");
    if (partition.leader !== broker) return this.#error(partition, "NOT_LEADER_OR_FOLLOWER");
    if (epoch > partition.epoch) return this.#error(partition, "UNKNOWN_LEADER_EPOCH");
    if (epoch !== NO_EPOCH && epoch < partition.epoch) return this.#error(partition, "FENCED_LEADER_EPOCH");
    return partition;
  }

  #produce(broker: string, of: TopicPartition, batch: Uint8Array, mishap: Mishap | undefined): ProduceResult {
    const led = this.#led(broker, of, NO_EPOCH, mishap);
    if (!(led instanceof FakePartition)) return { partition: of, ok: false, error: led };
    try {
      const baseOffset = led.append(batch);
      this.wake();
      if (mishap !== undefined && "doneBut" in mishap) {
        return { partition: of, ok: false, error: this.#error(led, mishap.doneBut) };
      }
      return { partition: of, ok: true, baseOffset, logStartOffset: led.logStartOffset };
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      return { partition: of, ok: false, error: this.#error(undefined, error.code) };
    }
  }

  async #fetch(env: Env, request: FetchRequest, mishap: Mishap | undefined): Promise<FetchResult[]> {
    const deadlineUs = env.clock.nowUs() + request.maxWaitUs;
    for (;;) {
      let left = request.maxBytes;
      const results = request.partitions.map((asked) => {
        const result = this.#read(env.node, asked, request.isolation, left, mishap);
        if (result.ok) left -= result.batches.length;
        return result;
      });
      const isWorthIt = results.some(
        (each) => !each.ok || each.diverging !== undefined || each.batches.length > 0,
      );
      if (isWorthIt || env.clock.nowUs() >= deadlineUs) return results;
      const woken = new Promise<void>((resolve) => this.#waiting.push(resolve));
      await Promise.race([woken, env.clock.sleep(deadlineUs - env.clock.nowUs())]);
    }
  }

  #read(
    broker: string,
    asked: FetchPartition,
    isolation: Isolation,
    left: number,
    mishap: Mishap | undefined,
  ): FetchResult {
    const of = asked.partition;
    const led = this.#led(broker, of, asked.currentLeaderEpoch, mishap);
    if (!(led instanceof FakePartition)) return { partition: of, ok: false, error: led };
    const { visibleEnd: highWatermark, logStartOffset } = led;
    const readEnd = led.endFor(isolation);
    const aborted = isolation === "read_committed" ? led.aborted : [];
    const ends = { highWatermark, lastStableOffset: led.endFor("read_committed"), logStartOffset };
    const done = { partition: of, ok: true, ...ends, aborted, diverging: undefined } as const;
    if (asked.lastFetchedEpoch !== NO_EPOCH) {
      const end = led.endOffsetForEpoch(asked.lastFetchedEpoch);
      if (end.epoch < asked.lastFetchedEpoch || end.endOffset < asked.fetchOffset) {
        return { ...done, diverging: end, batches: new Uint8Array() };
      }
    }
    if (asked.fetchOffset < logStartOffset || asked.fetchOffset > led.endOffset) {
      return { partition: of, ok: false, error: this.#error(led, "OFFSET_OUT_OF_RANGE") };
    }
    const parts: Uint8Array[] = [];
    for (const { header, bytes } of led.batches) {
      if (header.lastOffset < asked.fetchOffset || header.lastOffset >= readEnd) continue;
      if (left <= 0 || (parts.length > 0 && bytes.length > Math.min(left, asked.maxBytes))) break;
      parts.push(bytes);
      left -= bytes.length;
    }
    const batches = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      batches.set(part, at);
      at += part.length;
    }
    return { ...done, batches };
  }

  #list(
    broker: string,
    { partition: of, currentLeaderEpoch, at }: ListOffsetsRequest["partitions"][number],
    isolation: Isolation,
    mishap: Mishap | undefined,
  ): ListOffsetsResponse["partitions"][number] {
    const led = this.#led(broker, of, currentLeaderEpoch, mishap);
    if (!(led instanceof FakePartition)) return { partition: of, ok: false, error: led };
    const offset =
      at === "earliest"
        ? led.logStartOffset
        : at === "latest"
          ? led.endFor(isolation)
          : (led.records.find(({ timestampMs }) => timestampMs >= at)?.offset ?? led.endFor(isolation));
    const leaderEpoch = led.batches.findLast(({ header }) => header.baseOffset <= offset)?.header.leaderEpoch;
    return { partition: of, ok: true, offset, leaderEpoch: leaderEpoch ?? NO_EPOCH };
  }
}
