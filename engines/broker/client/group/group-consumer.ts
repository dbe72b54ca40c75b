import { assert } from "../../../env/index.js";
import type { RpcClient } from "../../../rpc/index.js";
import { BrokerError } from "../../errors.js";
import { OFFSET_FETCH, type MemberStamp, type OffsetToCommit } from "../../protocol/index.js";
import { NO_EPOCH, partitionName, type LeaderEpoch, type Offset, type TopicPartition } from "../../types.js";
import { Consumer, type PolledRecords } from "../consumer/index.js";
import { CoordinatorLink } from "../coordinator-link.js";
import { invalid, isClosed } from "../errors.js";
import { ClassicMembership } from "./classic/membership.js";
import { Commits } from "./commits.js";
import { ConsumerMembership } from "./consumer/membership.js";
import { Handover } from "./handover.js";
import { Holdings } from "./holdings.js";
import type { Membership } from "./membership.js";
import { reached } from "./observe.js";
import {
  groupSettingsOf,
  type GroupConsumerOptions,
  type GroupSettings,
  type RebalanceListener,
} from "./options.js";
import { PollDeadline } from "./poll-deadline.js";

/** Where to commit a partition: `offset` is that of the next record to be read. */
export interface Commit {
  readonly partition: TopicPartition;
  readonly offset: Offset;
  /** Of the record before; `NO_EPOCH` unless given. */
  readonly leaderEpoch?: LeaderEpoch;
  readonly metadata?: string;
}

/**
 * Reads topics as a member of a group, which shares their partitions out among its members. All that happens to a
 * program's partitions happens within its calls of `poll` and `close`; in the background there are only heartbeats,
 * fetches, and joins under way.
 */
export class GroupConsumer {
  readonly #rpc: RpcClient;
  readonly #settings: GroupSettings;
  readonly #link: CoordinatorLink;
  readonly #membership: Membership;
  readonly #consumer: Consumer;
  readonly #holdings: Holdings;
  readonly #commits: Commits;
  readonly #deadline: PollDeadline;
  readonly #handover: Handover;
  #autoCommitAtUs: number;
  #polling: Promise<unknown> | undefined;
  #closing: Promise<void> | undefined;

  /** Throws INVALID_REQUEST for options that make no sense. `rpc` and the cluster are shared. */
  constructor(rpc: RpcClient, options: GroupConsumerOptions) {
    const { clock } = rpc.env;
    this.#rpc = rpc;
    this.#settings = groupSettingsOf(options);
    const settings = this.#settings;
    const { group, maxPollIntervalUs, autoCommitIntervalUs } = settings;
    const wakeUp = (): void => this.#consumer.wakeUp();
    this.#consumer = new Consumer(rpc, options);
    const changed = (): void => reached(rpc.env, "consumer/coordinator-changed");
    const link = { ...this.#settings, kind: "group", id: group, changed } as const;
    this.#link = new CoordinatorLink(rpc, options.cluster, link);
    this.#membership =
      settings.protocol === "classic"
        ? new ClassicMembership(this.#link, options.cluster, settings, wakeUp)
        : new ConsumerMembership(this.#link, settings, wakeUp);
    this.#holdings = new Holdings(this.#link, this.#consumer, group, wakeUp);
    this.#commits = new Commits(this.#link, this.#membership);
    this.#deadline = new PollDeadline(clock, maxPollIntervalUs, () => this.#membership.expire());
    this.#handover = new Handover({
      link: this.#link,
      settings,
      membership: this.#membership,
      holdings: this.#holdings,
      commits: this.#commits,
      deadline: this.#deadline,
    });
    this.#autoCommitAtUs = clock.nowUs() + autoCommitIntervalUs;
  }

  /** What to read from now on, in place of what was before. The next `poll` joins the group, or tells it. */
  subscribe(topics: readonly string[], listener: RebalanceListener = {}): void {
    if (topics.length === 0) throw invalid("a topic", "none", "subscribe");
    this.#handover.listener = listener;
    this.#membership.subscribe([...new Set(topics)]);
  }

  get assignment(): readonly TopicPartition[] {
    return this.#holdings.partitions;
  }

  /** What producers need to commit offsets within a transaction (KIP-447). Throws as `commitSync` rejects. */
  get stamp(): MemberStamp {
    this.#deadline.check();
    return this.#membership.stamp();
  }

  /**
   * Resolves with what there is as soon as there is something, or with nothing after that time. Takes longer where
   * callbacks do, or a commit before partitions are given up. Rejects with what `Consumer.poll` does, with what a callback
   * has thrown, and for good with FENCED_INSTANCE_ID, UNRELEASED_INSTANCE_ID, INCONSISTENT_GROUP_PROTOCOL, and CLOSED.
   */
  async poll(timeoutUs: number): Promise<readonly PolledRecords[]> {
    assert(this.#polling === undefined, "a consumer is polled by one at a time");
    if (this.#closing !== undefined) throw isClosed("poll");
    this.#deadline.back();
    const polling = this.#poll(timeoutUs);
    this.#polling = polling.catch(() => undefined);
    try {
      return await polling;
    } finally {
      this.#polling = undefined;
      if (this.#closing === undefined) this.#deadline.away();
    }
  }

  /**
   * Commits how far `poll` has given out what is assigned, or these offsets of partitions that are. Rejects as
   * `Commits.commit` does; with INVALID_REQUEST for a partition that is not assigned.
   */
  async commitSync(timeoutUs: number, commits?: readonly Commit[]): Promise<void> {
    await this.#commit(commits, timeoutUs);
  }

  /** The same in the background, and once only; `onComplete` gets what `commitSync` would reject with. */
  commitAsync(commits?: readonly Commit[], onComplete: (error: unknown) => void = () => undefined): void {
    void this.#commit(commits, undefined).then(() => onComplete(undefined), onComplete);
  }

  /** What the group has committed of these partitions, of any member; a partition without is left out. */
  async committed(
    partitions: readonly TopicPartition[],
    timeoutUs: number,
  ): Promise<readonly OffsetToCommit[]> {
    const request = { group: this.#settings.group, partitions, requiresStable: true };
    const deadlineUs = this.#rpc.env.clock.nowUs() + timeoutUs;
    const answer = await this.#link.callUntil(OFFSET_FETCH, request, deadlineUs);
    if (answer.ok) return answer.value.offsets;
    const where = `group ${this.#settings.group}`;
    throw new BrokerError(answer.code, {
      expected: "committed offsets",
      found: answer.found,
      where,
      todo: "try again",
    });
  }

  /** See `Consumer`; all of these throw INVALID_REQUEST for a partition that is not assigned. */
  seek(partition: TopicPartition, offset: Offset, epoch: LeaderEpoch = NO_EPOCH): void {
    this.#holdings.seek(partition, offset, epoch);
  }

  pause(partition: TopicPartition): void {
    this.#holdings.pause(partition);
  }

  resume(partition: TopicPartition): void {
    this.#holdings.resume(partition);
  }

  position(partition: TopicPartition): Offset | undefined {
    return this.#holdings.position(partition);
  }

  /**
   * Ends the poll under way, commits if that is automatic, gives up what is assigned, and leaves the group, a static
   * member for a while only; within about `timeoutUs`, beside callbacks. Never rejects. No timer is left behind.
   */
  close(timeoutUs: number): Promise<void> {
    return (this.#closing ??= this.#close(timeoutUs));
  }

  async #poll(timeoutUs: number): Promise<readonly PolledRecords[]> {
    const { clock } = this.#rpc.env;
    const deadlineUs = clock.nowUs() + timeoutUs;
    this.#autoCommit();
    for (;;) {
      await this.#handover.settle(() => this.#closing !== undefined);
      if (this.#closing !== undefined) throw isClosed("poll");
      this.#holdings.findPositions();
      const polled = await this.#consumer.poll(Math.max(0, deadlineUs - clock.nowUs()));
      // Lost while it waited: they may be given out by another member already.
      if (this.#membership.hasLost) continue;
      if (this.#closing !== undefined) this.#takeBack(polled);
      else if (polled.length > 0 || clock.nowUs() >= deadlineUs) return polled;
    }
  }

  /** Nobody gets them: they are not to be committed. */
  #takeBack(polled: readonly PolledRecords[]): void {
    for (const { partition, records } of polled) this.#consumer.seek(partition, records[0]!.offset);
  }

  async #commit(commits: readonly Commit[] | undefined, timeoutUs: number | undefined): Promise<void> {
    this.#deadline.check();
    const offsets = commits?.map(({ partition, offset, leaderEpoch = NO_EPOCH, metadata = "" }) => {
      if (!this.#holdings.has(partition)) {
        throw invalid("an assigned partition", "another", partitionName(partition));
      }
      if (!(Number.isSafeInteger(offset) && offset >= 0)) {
        throw invalid("an offset from 0 on", `${offset}`, "commit");
      }
      return { partition, offset, leaderEpoch, metadata };
    });
    // A member that was put out still has what it has lost, until it polls: there, it has no stamp to commit it under.
    await this.#commits.commit(offsets ?? this.#holdings.positions(), timeoutUs);
  }

  /** Of what earlier polls gave out. What does not get through is tried again by a later poll. */
  #autoCommit(): void {
    const { isAutoCommit, autoCommitIntervalUs } = this.#settings;
    const nowUs = this.#rpc.env.clock.nowUs();
    if (!isAutoCommit || nowUs < this.#autoCommitAtUs || this.#membership.isJoining) return;
    if (this.#membership.hasLost || this.#holdings.positions().length === 0) return;
    this.#autoCommitAtUs = nowUs + autoCommitIntervalUs;
    this.commitAsync(undefined, (error) => {
      if (error !== undefined) this.#autoCommitAtUs = 0;
    });
  }

  async #close(timeoutUs: number): Promise<void> {
    const deadlineUs = this.#rpc.env.clock.nowUs() + timeoutUs;
    this.#consumer.wakeUp();
    await this.#polling;
    this.#deadline.check();
    this.#deadline.close();
    await this.#handover.end(timeoutUs);
    this.#deadline.close();
    this.#holdings.close();
    this.#consumer.close();
    await this.#membership.close(deadlineUs);
    this.#link.close();
  }
}
