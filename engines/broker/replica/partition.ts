import { assert } from "../../env/index.js";
import { BrokerError, type BrokerErrorCode } from "../errors.js";
import type { Appended, LogInspection, PartitionLog } from "../log/types.js";
import type { PartitionState, TopicConfig } from "../metadata/types.js";
import { observe, reached } from "../observe.js";
import type { ProducerIdentity } from "../protocol/transaction-types.js";
import type { Acks, FetchPartition, LeaderHint, ReplicaId } from "../protocol/types.js";
import type { TransactionMarker } from "../record/index.js";
import {
  partitionName,
  type BrokerId,
  type LeaderEpoch,
  type Offset,
  type TopicPartition,
} from "../types.js";
import { Following } from "./following.js";
import type { PartitionHost } from "./host.js";
import { isUnderMinIsr } from "./isr.js";
import { Leadership } from "./leadership.js";
import { ReplicaLog } from "./replica-log.js";
import { Verifications, type VerificationGuard } from "./verification.js";
import { CommitWaiters, Watchers, type WaitOutcome } from "./waiters.js";

const US_PER_MS = 1_000;

export interface PartitionPlan {
  readonly host: PartitionHost;
  readonly partition: TopicPartition;
  readonly config: TopicConfig;
  readonly log: PartitionLog;
  /** From the checkpoint: may be stale, and above a log that lost its end. */
  readonly highWatermark: Offset;
  /** Is told when this broker begins and ceases to lead. */
  readonly watcher?: LeadershipWatcher | undefined;
}

/** Whoever has something to do where a partition is led. Both are called in turn, and must not throw. */
export interface LeadershipWatcher {
  /** The log can be appended to from now on. */
  began(partition: Partition, epoch: LeaderEpoch): void;
  ended(partition: Partition): void;
}

export interface PartitionInspection {
  readonly partition: string;
  /** `offline`: the metadata has not said, or it is over. */
  readonly role: "leader" | "follower" | "offline";
  readonly state: PartitionState | undefined;
  readonly highWatermark: Offset;
  readonly lastStableOffset: Offset;
  /** A leader's; else empty. */
  readonly maximalIsr: readonly BrokerId[];
  readonly log: LogInspection;
}

/**
 * One partition at one broker: a leader or a follower, as the metadata says, and neither in between. Requests that it
 * can't take throw `BrokerError`.
 */
export class Partition {
  readonly host: PartitionHost;
  readonly partition: TopicPartition;
  readonly name: string;
  readonly config: TopicConfig;
  readonly replica: ReplicaLog;
  readonly #commits: CommitWaiters = new CommitWaiters();
  readonly #watchers: Watchers = new Watchers();
  readonly #watcher: LeadershipWatcher | undefined;
  readonly #verifications: Verifications = new Verifications();
  #state: PartitionState | undefined;
  #role: Leadership | Following | undefined;
  #isFlushing = false;
  #isStopped = false;

  constructor({ host, partition, config, log, highWatermark, watcher }: PartitionPlan) {
    this.host = host;
    this.#watcher = watcher;
    this.partition = partition;
    this.name = partitionName(partition);
    this.config = config;
    this.replica = new ReplicaLog(host, this.name, log, highWatermark, (raised) => {
      this.#commits.committed(raised);
      this.#watchers.notify();
    });
  }

  get log(): PartitionLog {
    return this.replica.log;
  }

  get highWatermark(): Offset {
    return this.replica.highWatermark;
  }

  /** What readers of committed data see goes up to here (KIP-98). It rises with the high watermark only. */
  get lastStableOffset(): Offset {
    return this.log.lastStableOffset(this.highWatermark);
  }

  get state(): PartitionState | undefined {
    return this.#state;
  }

  /** Undefined where this broker does not lead. */
  get leadership(): Leadership | undefined {
    return this.#role instanceof Leadership ? this.#role : undefined;
  }

  /** Undefined where this broker does not follow anybody. */
  get following(): Following | undefined {
    return this.#role instanceof Following ? this.#role : undefined;
  }

  /** Whether a reassignment brings a replica here that is not in sync yet. */
  get isBeingAdded(): boolean {
    const { broker } = this.host;
    return this.#state?.adding.includes(broker) === true && !this.#state.isr.includes(broker);
  }

  /** Who leads, for whoever asked the wrong broker (KIP-951). */
  get leaderHint(): LeaderHint | undefined {
    if (this.#state?.leader === undefined) return undefined;
    return { broker: this.#state.leader, epoch: this.#state.leaderEpoch };
  }

  /**
   * Becomes what the metadata says; what is older than what is known already is skipped. The old role is over at once;
   * the new one begins only when nothing runs any more that changes the log, and before it resolves, unless a newer epoch
   * has come meanwhile, or `stop`.
   */
  async become(state: PartitionState): Promise<void> {
    const known = this.#state;
    if (known !== undefined && state.partitionEpoch <= known.partitionEpoch) return;
    // The epoch counts, not the name: the same leader in another epoch may have lost what it had (KAFKA-7164).
    if (known?.leaderEpoch === state.leaderEpoch) return this.#change(state);
    assert(known === undefined || state.leaderEpoch > known.leaderEpoch, "leader epochs go up");
    this.#state = state;
    this.#endRole();
    await this.replica.idle;
    // More may be known by now of this epoch.
    const latest = this.#state;
    if (this.host.lifeline.isCut || this.#isStopped || latest.leaderEpoch > state.leaderEpoch) return;
    const isLeader = latest.leader === this.host.broker;
    this.replica.role = { epoch: latest.leaderEpoch, isLeader };
    if (isLeader) this.#lead(latest);
    else this.#follow(latest);
  }

  /** It is nothing here any more; resolves when nothing runs that changes its log. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#endRole();
    await this.replica.idle;
  }

  /**
   * Appends a producer's batch, which becomes the log's own: it gets its offsets in place. `guard`: of `verify`, for the
   * batch of a transaction; whoever appends one without has to know that the transaction is open.
   */
  append(batch: Uint8Array, acks: Acks, guard?: VerificationGuard): Appended {
    const { epoch } = this.requireLeadership();
    if (guard?.isVoid === true) {
      reached(this.host.env, "broker/verification-void");
      throw this.refusal("INVALID_TXN_STATE", "a transaction that has ended since it was asked for");
    }
    if (acks === "all") this.#requireMinIsr();
    const appended = this.replica.attempt(() => this.log.appendAsLeader(batch, epoch));
    if (appended.isDuplicate) reached(this.host.env, "broker/duplicate-batch");
    this.#hasAppended();
    return appended;
  }

  /**
   * Has `ask` find out whether the producer's transaction includes this partition, unless it is open here already
   * (KIP-890): else a late batch could open one that nobody ends. Resolves with what to append the batch with, those that
   * asked first before the others. Rejects with what `ask` rejects with, and NOT_LEADER_OR_FOLLOWER.
   */
  async verify(producer: ProducerIdentity, ask: () => Promise<void>): Promise<VerificationGuard | undefined> {
    const { epoch } = this.requireLeadership();
    if (this.log.openTransaction(producer.producerId)?.producerEpoch === producer.producerEpoch)
      return undefined;
    const guard = await this.#verifications.verify(producer, ask);
    this.requireEpoch(epoch);
    return guard;
  }

  /** Ends a transaction in this partition. Throws what `PartitionLog.appendMarker` does, and what `append` does. */
  appendMarker(marker: TransactionMarker): Appended {
    const { env } = this.host;
    const { epoch } = this.requireLeadership();
    this.#requireMinIsr();
    const timestampMs = Math.floor(env.clock.wallUs() / US_PER_MS);
    const appended = this.replica.attempt(() => this.log.appendMarker(marker, timestampMs, epoch));
    this.#verifications.markerCame(marker);
    if (appended.isDuplicate) reached(env, "broker/duplicate-marker");
    else {
      const { coordinatorEpoch: _, ...seen } = marker;
      observe(env, { kind: "broker/marker", partition: this.name, ...seen, offset: appended.firstOffset });
    }
    this.#hasAppended();
    return appended;
  }

  /**
   * Calls `settle` once: when everything below `upTo` is committed, or the leadership has ended. Gives what ends the
   * wait before.
   */
  whenCommitted(upTo: Offset, settle: (outcome: WaitOutcome) => void): (outcome: WaitOutcome) => void {
    const end = this.#commits.add(upTo, settle);
    if (this.leadership === undefined) end("NOT_LEADER_OR_FOLLOWER");
    else if (this.highWatermark >= upTo) end(undefined);
    return end;
  }

  /** What to tell a producer whose records were not committed in time. */
  get lateCode(): BrokerErrorCode {
    return this.#isUnderMinIsr() ? "NOT_ENOUGH_REPLICAS_AFTER_APPEND" : "REQUEST_TIMED_OUT";
  }

  /** Calls `wake` whenever a fetch may find more, or another answer. Gives what ends that. */
  watch(wake: () => void): () => void {
    return this.#watchers.add(wake);
  }

  /** A follower has everything below where it fetches; its fetch was let in. */
  followerFetched(replica: ReplicaId, { fetchOffset, logStartOffset }: FetchPartition): void {
    const leadership = this.requireLeadership();
    const follower = leadership.followers.get(replica.broker);
    if (follower === undefined) throw this.refusal("NOT_LEADER_OR_FOLLOWER", `${replica.broker}: no replica`);
    // A word from before the follower's restart says nothing of what it has now (KAFKA-15221).
    if (follower.brokerEpoch !== undefined && replica.epoch < follower.brokerEpoch) {
      throw this.refusal("STALE_BROKER_EPOCH", `broker epoch ${replica.epoch}`);
    }
    const nowUs = this.host.env.clock.nowUs();
    follower.fetched(fetchOffset, logStartOffset, replica.epoch, this.log.logEndOffset, nowUs);
    leadership.expand(replica.broker, this.highWatermark);
    this.#advance();
  }

  /** Takes who lags out of the ISR, and waits no more for those outside who don't come. */
  checkIsr(): void {
    this.leadership?.shrink(this.log.logEndOffset);
    this.#advance();
  }

  /** Deletes and compacts as the topic's policy has it, below the last stable offset only. */
  async clean(nowMs: number): Promise<void> {
    await this.replica.awaiting(this.log.applyRetention(this.highWatermark, nowMs));
    await this.replica.awaiting(this.log.compact(this.highWatermark, nowMs));
  }

  /** Throws NOT_LEADER_OR_FOLLOWER. */
  requireLeadership(): Leadership {
    const { leadership } = this;
    if (leadership === undefined)
      throw this.refusal("NOT_LEADER_OR_FOLLOWER", "a replica that does not lead");
    return leadership;
  }

  /** Throws NOT_LEADER_OR_FOLLOWER where the leadership of that epoch is over. */
  requireEpoch(epoch: LeaderEpoch): void {
    if (this.requireLeadership().epoch === epoch) return;
    throw this.refusal("NOT_LEADER_OR_FOLLOWER", "another leadership than when the request came");
  }

  refusal(code: BrokerErrorCode, found: string): BrokerError {
    const todo = "try again where that helps";
    return new BrokerError(code, { expected: "a request that can be done", found, where: this.name, todo });
  }

  inspect(): PartitionInspection {
    const { leadership, following } = this;
    return {
      partition: this.name,
      role: leadership !== undefined ? "leader" : following !== undefined ? "follower" : "offline",
      state: this.#state,
      highWatermark: this.highWatermark,
      lastStableOffset: this.lastStableOffset,
      maximalIsr: leadership?.maximalIsr ?? [],
      log: this.log.inspect(),
    };
  }

  /** The leader stays, something else has changed. */
  #change(state: PartitionState): void {
    const { leadership } = this;
    const before = this.#state?.isr.length ?? 0;
    this.#state = state;
    observe(this.host.env, { kind: "broker/isr-changed", partition: this.name, state });
    if (leadership === undefined) return;
    if (state.isr.length < before) reached(this.host.env, "broker/isr-shrunk");
    if (state.isr.length > before) reached(this.host.env, "broker/isr-expanded");
    leadership.update(state);
    // Who has left the ISR is not waited for any more (KAFKA-13091).
    this.#advance();
    this.#watchers.notify();
  }

  #lead(state: PartitionState): void {
    this.replica.attempt(() => this.log.beginEpoch(state.leaderEpoch));
    const startOffset = this.log.logEndOffset;
    const leadership = new Leadership({
      host: this.host,
      partition: this.partition,
      state,
      startOffset,
      minInsyncReplicas: this.config.minInsyncReplicas,
      answered: (answer) => {
        // The controller's word may come before the metadata that says the same, or after.
        const isNews = this.#role === leadership && answer.partitionEpoch > this.#state!.partitionEpoch;
        if (isNews) this.#change(answer);
      },
      refused: () => this.#advance(),
    });
    this.#role = leadership;
    const { leaderEpoch: epoch } = state;
    observe(this.host.env, { kind: "broker/became-leader", partition: this.name, epoch, startOffset, state });
    this.#flushSoon();
    this.#advance();
    this.#watcher?.began(this, epoch);
  }

  #follow({ leader, leaderEpoch: epoch }: PartitionState): void {
    if (leader !== undefined) {
      this.#role = new Following(this.host, this.partition, this.replica, { leader, epoch });
    }
    observe(this.host.env, { kind: "broker/became-follower", partition: this.name, epoch, leader });
    this.host.followingChanged();
  }

  #endRole(): void {
    const role = this.#role;
    this.#role = undefined;
    role?.end();
    if (role instanceof Following) this.host.followingChanged();
    this.#commits.failAll("NOT_LEADER_OR_FOLLOWER");
    if (role instanceof Leadership) this.#watcher?.ended(this);
    this.#watchers.notify();
  }

  #requireMinIsr(): void {
    if (!this.#isUnderMinIsr()) return;
    reached(this.host.env, "broker/min-isr-refused");
    throw this.refusal("NOT_ENOUGH_REPLICAS", "fewer replicas in sync than the topic wants");
  }

  #hasAppended(): void {
    this.#flushSoon();
    this.#advance();
    this.#watchers.notify();
  }

  #isUnderMinIsr(): boolean {
    return this.#state !== undefined && isUnderMinIsr(this.config.minInsyncReplicas, this.#state);
  }

  /** Commits what can be. */
  #advance(): void {
    const { leadership, replica } = this;
    if (leadership === undefined) return;
    replica.raise(leadership.nextHighWatermark(replica.highWatermark, replica.storedEnd));
  }

  /** In profile `sync`, what was appended is made durable: one sync at a time, for all that came meanwhile. */
  #flushSoon(): void {
    if (this.host.durability === "sync" && !this.#isFlushing) void this.#flush();
  }

  async #flush(): Promise<void> {
    this.#isFlushing = true;
    try {
      while (this.leadership !== undefined && this.replica.storedEnd < this.log.logEndOffset) {
        await this.replica.persist();
        this.#advance();
      }
    } catch (error) {
      // The broker knows already, and ends.
      if (!(error instanceof BrokerError)) throw error;
    } finally {
      this.#isFlushing = false;
    }
  }
}
