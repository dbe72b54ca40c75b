import { observe, reached } from "../observe.js";
import type { FetchPartition, FetchResult } from "../protocol/types.js";
import type { BrokerId, EpochEnd, LeaderEpoch, Offset, TopicPartition } from "../types.js";
import type { PartitionHost } from "./host.js";
import type { ReplicaLog } from "./replica-log.js";
import { truncationOffset } from "./truncation.js";

/** What a fetch found. */
export type Fetched = Extract<FetchResult, { readonly ok: true }>;

/** What a follower does in one epoch. It ends with the epoch: what comes for it later is dropped (KAFKA-13207). */
export class Following {
  readonly leader: BrokerId;
  readonly epoch: LeaderEpoch;
  readonly partition: TopicPartition;
  readonly #host: PartitionHost;
  readonly #replica: ReplicaLog;
  #hasEnded = false;

  constructor(
    host: PartitionHost,
    partition: TopicPartition,
    replica: ReplicaLog,
    { leader, epoch }: { readonly leader: BrokerId; readonly epoch: LeaderEpoch },
  ) {
    this.#host = host;
    this.partition = partition;
    this.#replica = replica;
    this.leader = leader;
    this.epoch = epoch;
  }

  get name(): string {
    return this.#replica.name;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  end(): void {
    this.#hasEnded = true;
  }

  /** Whether what was appended is stored, so that a fetch may say so. */
  get isStored(): boolean {
    return this.#replica.storedEnd === this.#replica.log.logEndOffset;
  }

  /** Stores what was appended. */
  store(): Promise<void> {
    return this.#replica.persist();
  }

  /** What to ask the leader for. */
  request(maxBytes: number): FetchPartition {
    const { log } = this.#replica;
    return {
      partition: this.partition,
      currentLeaderEpoch: this.epoch,
      fetchOffset: log.logEndOffset,
      lastFetchedEpoch: log.lastEpoch,
      logStartOffset: log.logStartOffset,
      maxBytes,
    };
  }

  /** Takes what the leader answered to a fetch from `fetchOffset` on. */
  async fetched(fetchOffset: Offset, result: Fetched): Promise<void> {
    const { log } = this.#replica;
    if (this.#isOver(fetchOffset)) return;
    const { diverging, batches, highWatermark, logStartOffset } = result;
    if (diverging !== undefined) return this.#replica.exclusively(() => this.#cutBack(diverging));
    if (batches.length > 0) this.#replica.attempt(() => log.appendAsFollower(batches));
    // Only now, when everything below is the leader's (KAFKA-14704).
    this.#replica.raise(Math.min(highWatermark, log.logEndOffset));
    const start = Math.min(logStartOffset, this.#replica.highWatermark);
    if (start > log.logStartOffset) await this.#replica.exclusively(() => log.advanceLogStart(start));
  }

  /** The leader has nothing any more of what this log would need: it begins anew, where the leader's log does. */
  async restartAt(fetchOffset: Offset, leaderLogStart: Offset): Promise<void> {
    if (this.#isOver(fetchOffset)) return;
    reached(this.#host.env, "broker/log-restarted");
    await this.#replica.exclusively(async () => {
      await this.#replica.lower(leaderLogStart);
      await this.#replica.log.restartAt(leaderLogStart);
      this.#replica.raise(leaderLogStart);
    });
  }

  #isOver(fetchOffset: Offset): boolean {
    return this.#hasEnded || this.#replica.log.logEndOffset !== fetchOffset;
  }

  async #cutBack(told: EpochEnd): Promise<void> {
    const { log, name } = this.#replica;
    observe(this.#host.env, { kind: "broker/diverged", partition: name, end: told });
    reached(this.#host.env, "broker/diverged");
    const offset = truncationOffset(told, log.endOffsetForEpoch(told.epoch), log.logEndOffset);
    const target = Math.max(offset, log.logStartOffset);
    await this.#replica.lower(target);
    // Also where nothing is cut off: epochs that began there are not the leader's (KAFKA-10706).
    await log.truncateTo(target);
    // Batches go as a whole.
    await this.#replica.lower(log.logEndOffset);
  }
}
