import { assert } from "../../../env/index.js";
import type { RpcClient } from "../../../rpc/index.js";
import type { Assignor } from "../../assignors/index.js";
import { BrokerError } from "../../errors.js";
import { OFFSET_FETCH, type MemberStamp, type OffsetToCommit } from "../../protocol/index.js";
import { NO_EPOCH, partitionName, type LeaderEpoch, type Offset, type TopicPartition } from "../../types.js";
import { Consumer, type PolledRecords } from "../consumer/index.js";
import { CoordinatorLink } from "../coordinator-link.js";
import { invalid, isClosed } from "../errors.js";
import { Commits } from "./commits.js";
import { Holdings } from "./holdings.js";
import { Membership, type Given } from "./membership.js";
import { observe, reached } from "./observe.js";
import {
  groupSettingsOf,
  type GroupConsumerOptions,
  type GroupSettings,
  type RebalanceListener,
} from "./options.js";
import { PollDeadline } from "./poll-deadline.js";
import type { Subscription } from "./subscription.js";

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
  #topics: readonly string[] = [];
  #listener: RebalanceListener = {};
  /** What was given last: held, unless the group is eager and everybody has just given up all. */
  #given: Given = { generation: -1, partitions: [] };
  #claimed: readonly TopicPartition[] = [];
  /** Who it was when it was given what it holds. */
  #holder: MemberStamp;
  #autoCommitAtUs: number;
  #polling: Promise<unknown> | undefined;
  #closing: Promise<void> | undefined;
  /** What a callback has thrown. */
  #thrown: { readonly error: unknown } | undefined;

  /** Throws INVALID_REQUEST for options that make no sense. `rpc` and the cluster are shared. */
  constructor(rpc: RpcClient, options: GroupConsumerOptions) {
    const { clock } = rpc.env;
    this.#rpc = rpc;
    this.#settings = groupSettingsOf(options);
    const { group, instanceId, maxPollIntervalUs, autoCommitIntervalUs } = this.#settings;
    const wakeUp = (): void => this.#consumer.wakeUp();
    this.#consumer = new Consumer(rpc, options);
    const changed = (): void => reached(rpc.env, "consumer/coordinator-changed");
    const link = { ...this.#settings, kind: "group", id: group, changed } as const;
    this.#link = new CoordinatorLink(rpc, options.cluster, link);
    this.#membership = new Membership(this.#link, options.cluster, this.#settings, wakeUp);
    this.#holdings = new Holdings(this.#link, this.#consumer, group, wakeUp);
    this.#commits = new Commits(this.#link, this.#membership);
    this.#deadline = new PollDeadline(clock, maxPollIntervalUs, () => this.#membership.expire());
    this.#holder = { group, instanceId, memberId: "", generation: -1 };
    this.#autoCommitAtUs = clock.nowUs() + autoCommitIntervalUs;
  }

  /** What to read from now on, in place of what was before. The next `poll` joins the group, or tells it. */
  subscribe(topics: readonly string[], listener: RebalanceListener = {}): void {
    if (topics.length === 0) throw invalid("a topic", "none", "subscribe");
    this.#topics = [...new Set(topics)];
    this.#listener = listener;
    this.#membership.requestJoin();
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
   * has thrown, and for good with FENCED_INSTANCE_ID, INCONSISTENT_GROUP_PROTOCOL, and CLOSED.
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
   * Ends the poll under way, commits if that is automatic, gives up what is assigned, and leaves the group unless it is a
   * static member; within about `timeoutUs`, beside callbacks. Never rejects. No timer is left behind.
   */
  close(timeoutUs: number): Promise<void> {
    return (this.#closing ??= this.#close(timeoutUs));
  }

  async #poll(timeoutUs: number): Promise<readonly PolledRecords[]> {
    const { clock } = this.#rpc.env;
    const deadlineUs = clock.nowUs() + timeoutUs;
    this.#autoCommit();
    for (;;) {
      await this.#settle();
      if (this.#thrown !== undefined) {
        const { error } = this.#thrown;
        this.#thrown = undefined;
        throw error;
      }
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

  /** Does what membership asks for, until there is nothing more to do but to wait. */
  async #settle(): Promise<void> {
    const membership = this.#membership;
    while (this.#closing === undefined) {
      if (membership.hasLost) {
        await this.#loseAll();
        continue;
      }
      if (membership.fatal !== undefined) throw membership.fatal;
      const given = membership.take();
      if (given !== undefined) {
        await this.#apply(given);
        continue;
      }
      if (!membership.needsJoin || membership.isJoining || this.#topics.length === 0) return;
      if (this.#settings.mode === "eager" && this.assignment.length > 0) {
        await this.#revoke(this.assignment);
        continue;
      }
      this.#claimed = this.assignment;
      membership.join((assignor) => this.#subscription(assignor));
    }
  }

  /**
   * To an eager assignor, a claim is a memory: it was given up, but could come back (KIP-54). Where claims are of no use, a
   * member that joins again says the same as before, and the group need not rebalance.
   */
  #subscription({ mode, isSticky }: Assignor): Subscription {
    if (!isSticky) return { topics: this.#topics, owned: [], generation: -1 };
    const { generation, partitions } = this.#given;
    const owned = mode === "eager" ? partitions : this.#claimed;
    return { topics: this.#topics, owned, generation };
  }

  async #apply(given: Given): Promise<void> {
    const isGiven = nameSet(given.partitions);
    const had = nameSet(this.assignment);
    const revoked = this.assignment.filter((each) => !isGiven.has(partitionName(each)));
    if (revoked.length > 0) {
      reached(this.#rpc.env, "consumer/revoked-some");
      await this.#revoke(revoked);
      // What was lost meanwhile is told of first, with all that it still had.
      if (this.#membership.hasLost) return;
    }
    // Others wait for what was claimed, until the group hears that it is free (KIP-429).
    if (this.#claimed.some((each) => !isGiven.has(partitionName(each)))) this.#membership.requestJoin();
    const added = given.partitions.filter((each) => !had.has(partitionName(each)));
    this.#given = given;
    this.#claimed = [];
    this.#holder = { ...this.#membership.stamp() };
    this.#holdings.set(given.partitions);
    this.#tell("consumer/assigned", added);
    await this.#call("onPartitionsAssigned", added);
  }

  async #revoke(partitions: readonly TopicPartition[]): Promise<void> {
    await this.#commitBeforeGivingUp(partitions, this.#settings.requestTimeoutUs);
    if (this.#membership.hasLost) return;
    await this.#call("onPartitionsRevoked", partitions);
    if (this.#membership.hasLost) return;
    this.#drop(partitions);
    this.#tell("consumer/revoked", partitions);
  }

  async #loseAll(): Promise<void> {
    const lost = this.assignment;
    this.#holdings.set([]);
    this.#given = { generation: -1, partitions: [] };
    this.#claimed = [];
    this.#membership.acknowledgeLoss();
    if (lost.length === 0) return;
    this.#tell("consumer/lost", lost);
    await this.#call("onPartitionsLost", lost);
  }

  #drop(partitions: readonly TopicPartition[]): void {
    const names = nameSet(partitions);
    this.#holdings.set(this.assignment.filter((each) => !names.has(partitionName(each))));
  }

  async #call(name: keyof RebalanceListener, partitions: readonly TopicPartition[]): Promise<void> {
    this.#deadline.away();
    try {
      await this.#listener[name]?.(partitions);
    } catch (error) {
      this.#thrown ??= { error };
    }
    this.#deadline.back();
  }

  #tell(
    kind: "consumer/assigned" | "consumer/revoked" | "consumer/lost",
    partitions: readonly TopicPartition[],
  ): void {
    const { group, memberId, instanceId, generation } = this.#holder;
    const names = partitions.map(partitionName);
    observe(this.#rpc.env, { kind, group, memberId, instanceId, generation, partitions: names });
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

  async #commitBeforeGivingUp(partitions: readonly TopicPartition[], timeoutUs: number): Promise<void> {
    const names = nameSet(partitions);
    const offsets = this.#holdings.positions().filter(({ partition }) => names.has(partitionName(partition)));
    if (!this.#settings.isAutoCommit || offsets.length === 0 || this.#membership.isJoining) return;
    try {
      await this.#commits.commit(offsets, timeoutUs);
    } catch (error) {
      // Whoever gets them reads some of it again.
      if (!(error instanceof BrokerError)) throw error;
    }
  }

  async #close(timeoutUs: number): Promise<void> {
    const deadlineUs = this.#rpc.env.clock.nowUs() + timeoutUs;
    this.#consumer.wakeUp();
    await this.#polling;
    this.#deadline.check();
    this.#deadline.close();
    if (this.#membership.hasLost) await this.#loseAll();
    if (this.assignment.length > 0) {
      const held = this.assignment;
      await this.#commitBeforeGivingUp(held, timeoutUs);
      await this.#call(this.#membership.hasLost ? "onPartitionsLost" : "onPartitionsRevoked", held);
      this.#tell(this.#membership.hasLost ? "consumer/lost" : "consumer/revoked", held);
    }
    this.#deadline.close();
    this.#holdings.close();
    this.#consumer.close();
    await this.#membership.close(deadlineUs);
    this.#link.close();
  }
}

function nameSet(partitions: readonly TopicPartition[]): ReadonlySet<string> {
  return new Set(partitions.map(partitionName));
}
