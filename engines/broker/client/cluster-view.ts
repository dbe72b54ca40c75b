import { assert, assertDurationUs } from "../../env/index.js";
import { jittered, type RpcClient, type RpcType } from "../../rpc/index.js";
import { METADATA, type LeaderHint, type MetadataResponse } from "../protocol/index.js";
import { partitionName, type BrokerId, type LeaderEpoch, type TopicPartition } from "../types.js";
import { attempt, type Attempt } from "./attempt.js";
import { invalid, isClosed, ranOutOfTime } from "./errors.js";
import { Alarm, Waits } from "./waits.js";

export interface ClusterViewOptions {
  /** Whom to ask while nobody else is known, at least one. */
  readonly bootstrap: readonly BrokerId[];
  /** How long one broker may take before the next is asked; 500 ms unless given. */
  readonly attemptTimeoutUs?: number;
  /** The least time between two questions; 50 ms unless given. */
  readonly backoffUs?: number;
  /** What is older is asked for again; 30 s unless given. */
  readonly maxAgeUs?: number;
}

/** Who leads a partition, as far as this client has heard. */
export interface KnownLeader {
  /** Undefined: nobody, in this epoch. */
  readonly broker: BrokerId | undefined;
  readonly epoch: LeaderEpoch;
}

/**
 * What a client knows of the cluster; shared by its producers and consumers. Brokers answer with what they have heard
 * themselves, which may be old: of each partition the newest leader epoch counts, whoever told it (KIP-320).
 */
export class ClusterView {
  readonly #rpc: RpcClient;
  readonly #attemptTimeoutUs: number;
  readonly #backoffUs: number;
  readonly #maxAgeUs: number;
  readonly #bootstrap: readonly BrokerId[];
  readonly #topics: Set<string> = new Set();
  /** How many partitions each known topic has. */
  readonly #partitions: Map<string, number> = new Map();
  readonly #leaders: Map<string, KnownLeader> = new Map();
  readonly #listeners: Set<() => void> = new Set();
  readonly #waits: Waits;
  readonly #alarm: Alarm;
  #brokers: readonly BrokerId[] = [];
  /** Of the metadata that `#brokers` is from. */
  #offset = 0;
  #turn: number;
  #asking: Attempt<MetadataResponse> | undefined;
  /** Somebody has met an error since the question under way was asked. */
  #isSuspect = false;
  #askedAtUs: number | undefined;

  constructor(rpc: RpcClient, options: ClusterViewOptions) {
    this.#rpc = rpc;
    this.#attemptTimeoutUs = options.attemptTimeoutUs ?? 500_000;
    this.#backoffUs = options.backoffUs ?? 50_000;
    this.#maxAgeUs = options.maxAgeUs ?? 30_000_000;
    for (const durationUs of [this.#attemptTimeoutUs, this.#backoffUs, this.#maxAgeUs]) {
      assertDurationUs(durationUs);
      assert(durationUs > 0, "what paces questions is more than nothing");
    }
    if (options.bootstrap.length === 0) throw invalid("a broker to ask", "none", "bootstrap");
    this.#bootstrap = [...options.bootstrap];
    this.#turn = rpc.env.random.below(this.#bootstrap.length);
    this.#waits = new Waits(rpc.env.clock);
    this.#alarm = new Alarm(rpc.env.clock, () => void this.#ask());
  }

  /** Those known to be there, and those it was told to ask first. */
  get brokers(): readonly BrokerId[] {
    return [...new Set([...this.#brokers, ...this.#bootstrap])];
  }

  /** Undefined while nothing is known of the topic, which is asked for from now on. */
  partitionCount(topic: string): number | undefined {
    this.#want(topic);
    return this.#partitions.get(topic);
  }

  /** Undefined while nothing is known of the partition, whose topic is asked for from now on. */
  leader(partition: TopicPartition): KnownLeader | undefined {
    this.#want(partition.topic);
    return this.#leaders.get(partitionName(partition));
  }

  /** A broker has said who leads (KIP-951). Whether that was news. */
  heard(partition: TopicPartition, { broker, epoch }: LeaderHint): boolean {
    if (!this.#accept(partition, { broker, epoch })) return false;
    this.#tell();
    return true;
  }

  /** What is known may be wrong: asks as soon as the pace allows. */
  refresh(): void {
    if (this.#waits.isClosed) return;
    this.#isSuspect = true;
    if (this.#asking === undefined)
      this.#alarm.setTo((this.#askedAtUs ?? -this.#backoffUs) + this.#backoffUs);
  }

  /** Calls back after each change, until what it returns is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Asks one broker after the other until one has an answer. For what any of them can do, and may do twice. Rejects with
   * `BrokerError`: REQUEST_TIMED_OUT, CLOSED.
   */
  async askAnyone<Request, T>(type: RpcType<Request, T>, request: Request, timeoutUs: number): Promise<T> {
    const { clock, random } = this.#rpc.env;
    const deadlineUs = clock.nowUs() + timeoutUs;
    for (let found = "no time for an attempt"; ;) {
      if (this.#waits.isClosed) throw isClosed(type.name);
      const leftUs = deadlineUs - clock.nowUs();
      if (leftUs <= 0) throw ranOutOfTime(type.name, found);
      const attemptUs = Math.min(leftUs, this.#attemptTimeoutUs);
      const result = await attempt(this.#rpc, this.#next(), type, request, attemptUs).result;
      if (result.ok) return result.value;
      found = result.found;
      await this.#waits.pause(
        Math.min(jittered(random, this.#backoffUs), Math.max(0, deadlineUs - clock.nowUs())),
      );
    }
  }

  /** Nothing is asked any more. What is known stays. */
  close(): void {
    this.#waits.close();
    this.#alarm.cancel();
    this.#asking?.cancel();
    this.#listeners.clear();
  }

  #want(topic: string): void {
    if (this.#topics.has(topic)) return;
    this.#topics.add(topic);
    this.refresh();
  }

  async #ask(): Promise<void> {
    const { clock } = this.#rpc.env;
    this.#isSuspect = false;
    this.#askedAtUs = clock.nowUs();
    const request = { topics: [...this.#topics] };
    this.#asking = attempt(this.#rpc, this.#next(), METADATA, request, this.#attemptTimeoutUs);
    const result = await this.#asking.result;
    this.#asking = undefined;
    if (this.#waits.isClosed) return;
    if (result.ok) this.#learn(result.value);
    const isMissing = [...this.#topics].some((topic) => !this.#partitions.has(topic));
    if (!result.ok || this.#isSuspect || isMissing) this.refresh();
    else this.#alarm.setTo(clock.nowUs() + this.#maxAgeUs);
  }

  /** In turn, whether it answers or not: one that is cut off from the controllers would tell the same old story for ever. */
  #next(): BrokerId {
    const { brokers } = this;
    this.#turn = (this.#turn + 1) % brokers.length;
    return brokers[this.#turn]!;
  }

  #learn({ offset, brokers, topics }: MetadataResponse): void {
    let isNews = false;
    if (offset >= this.#offset) {
      this.#offset = offset;
      this.#brokers = brokers;
    }
    for (const { topic, partitions } of topics) {
      // Topics only ever grow.
      if (partitions.length > (this.#partitions.get(topic) ?? 0)) {
        this.#partitions.set(topic, partitions.length);
        isNews = true;
      }
      for (const [partition, { leader, leaderEpoch }] of partitions.entries()) {
        const isNewer = this.#accept({ topic, partition }, { broker: leader, epoch: leaderEpoch });
        isNews ||= isNewer;
      }
    }
    if (isNews) this.#tell();
  }

  #accept(partition: TopicPartition, leader: KnownLeader): boolean {
    const key = partitionName(partition);
    const known = this.#leaders.get(key);
    if (known !== undefined && leader.epoch <= known.epoch) return false;
    this.#leaders.set(key, leader);
    return true;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
