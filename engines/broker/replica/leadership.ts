import { assert } from "../../env/index.js";
import { BrokerError, type BrokerErrorCode } from "../errors.js";
import { observe, reached } from "../observe.js";
import type { IsrMember, PartitionState } from "../metadata/types.js";
import {
  partitionName,
  type BrokerId,
  type LeaderEpoch,
  type Offset,
  type TopicPartition,
} from "../types.js";
import { FollowerState } from "./follower-state.js";
import type { PartitionHost } from "./host.js";
import { hasCaughtUp, laggards, maximalIsr, mayJoinIsr, nextHighWatermark } from "./isr.js";

/** The partition has changed, perhaps by the very proposal that is refused so: the metadata will tell. */
const MOVED_ON: ReadonlySet<BrokerErrorCode> = new Set<BrokerErrorCode>([
  "INVALID_UPDATE_VERSION",
  "FENCED_LEADER_EPOCH",
  "NOT_LEADER_OR_FOLLOWER",
  "UNKNOWN_TOPIC_OR_PARTITION",
]);

/** A request for another ISR, until the controller has answered it or the metadata has. */
interface Proposal {
  /** Each in the life that is meant, however often this is asked for: one that comes later may have lost its end (KIP-903). */
  readonly isr: readonly IsrMember[];
}

export interface LeadershipPlan {
  readonly host: PartitionHost;
  readonly partition: TopicPartition;
  readonly state: PartitionState;
  /** Where the log ended when the leadership began. */
  readonly startOffset: Offset;
  readonly minInsyncReplicas: number;
  /** The controller gave this state in answer to a proposal. */
  readonly answered: (state: PartitionState) => void;
  /** It refused one for good: fewer replicas count than did. */
  readonly refused: () => void;
}

/** What a leader knows and asks for in one epoch: its followers, its ISR, and what is committed. It ends with the epoch. */
export class Leadership {
  readonly epoch: LeaderEpoch;
  readonly startOffset: Offset;
  readonly #plan: LeadershipPlan;
  readonly #host: PartitionHost;
  readonly #followers: Map<BrokerId, FollowerState> = new Map();
  #state: PartitionState;
  #proposal: Proposal | undefined;
  /** Whoever was proposed since the partition changed last: a refused proposal may have been sent twice. */
  #proposed: readonly BrokerId[] = [];
  /** Whether one of them may still be on its way: a refusal speaks for its own attempt only. */
  #mayArrive = false;
  #expandNotBeforeUs = 0;
  #hasEnded = false;

  constructor(plan: LeadershipPlan) {
    this.#plan = plan;
    this.#host = plan.host;
    this.epoch = plan.state.leaderEpoch;
    this.startOffset = plan.startOffset;
    this.#state = plan.state;
    assert(plan.state.isr.includes(this.#host.broker), "a leader is in sync with itself");
    this.#meetFollowers();
  }

  get followers(): ReadonlyMap<BrokerId, FollowerState> {
    return this.#followers;
  }

  get maximalIsr(): readonly BrokerId[] {
    return maximalIsr(this.#state.isr, this.#proposed);
  }

  /** The partition has changed, its leader has not. Every proposal of before is settled: it fitted the old state. */
  update(state: PartitionState): void {
    assert(state.leaderEpoch === this.epoch, "an epoch has one leadership");
    assert(state.partitionEpoch > this.#state.partitionEpoch, "a partition's state goes forward");
    this.#state = state;
    this.#proposal = undefined;
    this.#proposed = [];
    this.#mayArrive = false;
    this.#meetFollowers();
  }

  end(): void {
    this.#hasEnded = true;
    this.#proposal = undefined;
  }

  /** What is committed as of now; never below `highWatermark`. */
  nextHighWatermark(highWatermark: Offset, leaderEnd: Offset): Offset {
    const nowUs = this.#host.env.clock.nowUs();
    return nextHighWatermark({
      highWatermark,
      leaderEnd,
      state: this.#state,
      minInsyncReplicas: this.#plan.minInsyncReplicas,
      maximalIsr: this.maximalIsr,
      followers: this.#followers,
      // Else one that is a little behind would run after the high watermark for ever (KAFKA-15021: but not for those who may not join).
      isAwaited: (broker, follower) =>
        nowUs - follower.lastCaughtUpUs <= this.#host.replicaLagMaxUs &&
        mayJoinIsr(follower, this.#host.brokerState(broker)),
    });
  }

  /** Takes out of the ISR who lags. */
  shrink(logEndOffset: Offset): void {
    if (this.#proposal !== undefined) return;
    const late = laggards({
      isr: this.#state.isr,
      followers: this.#followers,
      leaderEnd: logEndOffset,
      nowUs: this.#host.env.clock.nowUs(),
      maxLagUs: this.#host.replicaLagMaxUs,
    });
    if (late.length === 0) return;
    this.#propose(this.#state.isr.filter((broker) => !late.includes(broker)));
  }

  /** Takes a follower into the ISR that has what it takes, as of a fetch of it. */
  expand(broker: BrokerId, highWatermark: Offset): void {
    const follower = this.#followers.get(broker);
    assert(follower !== undefined, "who fetches is a replica");
    if (this.#proposal !== undefined || this.maximalIsr.includes(broker)) return;
    if (this.#host.env.clock.nowUs() < this.#expandNotBeforeUs) return;
    if (!hasCaughtUp(follower, highWatermark, this.startOffset)) return;
    if (!mayJoinIsr(follower, this.#host.brokerState(broker))) return;
    this.#propose([...this.#state.isr, broker]);
  }

  /** Replicas that came since have not fetched; those that went count no more. */
  #meetFollowers(): void {
    const { broker: self, env, replicaLagMaxUs } = this.#host;
    for (const broker of this.#followers.keys()) {
      if (!this.#state.replicas.includes(broker)) this.#followers.delete(broker);
    }
    for (const broker of this.#state.replicas) {
      if (broker === self || this.#followers.has(broker)) continue;
      const isInSync = this.#state.isr.includes(broker);
      this.#followers.set(broker, new FollowerState(env.clock.nowUs(), isInSync, replicaLagMaxUs));
    }
  }

  #propose(isr: readonly BrokerId[]): void {
    const proposal = { isr: isr.map((broker) => ({ broker, epoch: this.#epochOf(broker) })) };
    this.#proposal = proposal;
    this.#proposed = maximalIsr(this.#proposed, isr);
    const partition = partitionName(this.#plan.partition);
    observe(this.#host.env, { kind: "broker/isr-proposed", partition, isr });
    void this.#settle(proposal);
  }

  /** Asks until it is known what became of the proposal: both ISRs count as long as it is not. */
  async #settle(proposal: Proposal): Promise<void> {
    while (this.#proposal === proposal && !this.#host.lifeline.isCut) {
      const answer = await this.#ask(proposal);
      if (this.#proposal !== proposal) return;
      if (!(answer instanceof BrokerError)) return this.#settled(answer);
      if (MOVED_ON.has(answer.code)) return;
      const isIneligible = answer.code === "INELIGIBLE_REPLICA";
      if (isIneligible) {
        reached(this.#host.env, "broker/isr-refused");
        this.#expandNotBeforeUs = this.#host.env.clock.nowUs() + this.#host.alterRetryUs;
        if (!this.#mayArrive) return this.#drop();
      } else if (answer.code !== "STALE_BROKER_EPOCH") this.#mayArrive = true;
      await this.#host.lifeline.pause(this.#host.alterRetryUs);
      // The ISR as it is, for a change: once it is granted, no older proposal fits any more.
      if (this.#proposal === proposal && isIneligible) this.#propose(this.#state.isr);
    }
  }

  /** It has not been agreed to and never will be. */
  #drop(): void {
    this.#proposal = undefined;
    this.#proposed = [];
    this.#plan.refused();
  }

  #settled(state: PartitionState): void {
    if (this.#hasEnded || state.leaderEpoch !== this.epoch) return;
    assert(state.partitionEpoch > this.#state.partitionEpoch, "what the controller agrees to is a change");
    this.#plan.answered(state);
  }

  async #ask({ isr }: Proposal): Promise<PartitionState | BrokerError> {
    const { host, partition } = this.#plan;
    try {
      return await host.alterPartition({
        broker: host.broker,
        brokerEpoch: this.#epochOf(host.broker),
        partition,
        leaderEpoch: this.epoch,
        partitionEpoch: this.#state.partitionEpoch,
        isr,
      });
    } catch (error) {
      if (error instanceof BrokerError) return error;
      throw error;
    }
  }

  /**
   * The life of a member that the proposal is about: that in which it fetched. Who has not fetched yet is in the ISR
   * already, and stays as whom the metadata knows.
   */
  #epochOf(broker: BrokerId): number {
    const { host } = this.#plan;
    const known = host.brokerState(broker)?.epoch ?? 0;
    if (broker === host.broker) return host.brokerEpoch ?? known;
    return this.#followers.get(broker)?.brokerEpoch ?? known;
  }
}
