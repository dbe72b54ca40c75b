import { SeedstormError, assert, type Env } from "../../../env/index.js";
import type { Assignor } from "../../assignors/index.js";
import { BrokerError, isRetriable, type BrokerErrorCode } from "../../errors.js";
import {
  GROUP_HEARTBEAT,
  JOIN_GROUP,
  LEAVE_GROUP,
  SYNC_GROUP,
  type CoordinatorRefusal,
  type JoinGroupResponse,
  type JoinProtocol,
  type MemberStamp,
  type SyncGroupRequest,
} from "../../protocol/index.js";
import type { TopicPartition } from "../../types.js";
import type { ClusterView } from "../cluster-view.js";
import { Alarm, Waits } from "../waits.js";
import type { CoordinatorLink } from "../coordinator-link.js";
import { Leader } from "./leader.js";
import { reached } from "./observe.js";
import type { GroupSettings } from "./options.js";
import { ASSIGNMENT, SUBSCRIPTION, type Subscription } from "./subscription.js";

/** What a member is given in a generation. */
export interface Given {
  readonly generation: number;
  readonly partitions: readonly TopicPartition[];
}

const NO_GENERATION = -1;

/** What makes a member none: it is told so, and everything it had may be another's. */
const OUT: ReadonlySet<BrokerErrorCode> = new Set<BrokerErrorCode>([
  "ILLEGAL_GENERATION",
  "UNKNOWN_MEMBER_ID",
  "FENCED_INSTANCE_ID",
]);

/**
 * One member of a group as its coordinator sees it: it joins, syncs and sends heartbeats in the background, and calls no
 * program. What comes of it, `poll` picks up.
 *
 *     out ──join──▶ joining ──▶ syncing ──▶ given ──take──▶ stable ──join──▶ joining ...
 *
 * and from any of them back to out, when it is told that it is no member, or has not been polled in time.
 */
export class Membership {
  readonly #link: CoordinatorLink;
  readonly #settings: GroupSettings;
  readonly #env: Env;
  readonly #waits: Waits;
  readonly #leader: Leader;
  readonly #heartbeats: Alarm;
  readonly #onNews: () => void;
  #phase: "out" | "joining" | "syncing" | "given" | "stable" = "out";
  #memberId = "";
  #generation = NO_GENERATION;
  /** Counts joins and losses: what was begun before is of no use after. */
  #epoch = 0;
  #isBeating = false;
  #given: Given | undefined;
  /** Why it is out. */
  #lostBy: CoordinatorRefusal | undefined;
  #hasLost = false;
  /** Nothing will let it in again. */
  #fatal: BrokerError | undefined;
  #needsJoin = false;

  /** `onNews`: there is something for `poll` to pick up. */
  constructor(link: CoordinatorLink, cluster: ClusterView, settings: GroupSettings, onNews: () => void) {
    this.#link = link;
    this.#settings = settings;
    this.#env = link.env;
    this.#onNews = onNews;
    this.#waits = new Waits(this.#env.clock);
    this.#heartbeats = new Alarm(this.#env.clock, () => void this.#beat());
    this.#leader = new Leader(cluster, this.#waits, settings.requestTimeoutUs, () => {
      reached(this.#env, "consumer/metadata-rejoin");
      this.requestJoin();
    });
  }

  get memberId(): string {
    return this.#memberId;
  }

  /** -1 while it is in none. */
  get generation(): number {
    return this.#generation;
  }

  get isJoining(): boolean {
    return this.#phase === "joining" || this.#phase === "syncing";
  }

  get needsJoin(): boolean {
    return this.#needsJoin;
  }

  /** All that it was assigned is gone, and nobody has picked that up yet. */
  get hasLost(): boolean {
    return this.#hasLost;
  }

  get fatal(): BrokerError | undefined {
    return this.#fatal;
  }

  /** Under what a commit goes. Throws `BrokerError` where none may: REBALANCE_IN_PROGRESS, or what has put the member out. */
  stamp(): MemberStamp {
    if (this.isJoining) {
      throw this.#error("REBALANCE_IN_PROGRESS", "one that joins", "poll, and commit then");
    }
    if (this.#phase === "out") {
      const { code, found } = this.#lostBy ?? { code: "UNKNOWN_MEMBER_ID", found: "one that never joined" };
      throw this.#error(code, found, "poll, to join anew");
    }
    return this.#stamp();
  }

  /** Whether that is still under what the member would commit. */
  isCurrent({ memberId, generation }: MemberStamp): boolean {
    return this.#generation === generation && this.#memberId === memberId && !this.isJoining;
  }

  /** Something has changed that the group has to know: `poll` joins anew. */
  requestJoin(): void {
    if (this.#needsJoin) return;
    this.#needsJoin = true;
    this.#onNews();
  }

  /** Joins, in the background. `subscription` by assignor; nothing that is owned may be given up until it is through. */
  join(subscription: (assignor: Assignor) => Subscription): void {
    assert(this.#phase === "out" || this.#phase === "stable", "a member joins once at a time");
    assert(!this.#hasLost && this.#fatal === undefined, "what is lost is picked up before the next join");
    this.#phase = "joining";
    this.#needsJoin = false;
    this.#heartbeats.cancel();
    this.#leader.resign();
    const protocols = this.#settings.assignors.map((assignor): JoinProtocol => {
      return { name: assignor.name, metadata: SUBSCRIPTION.encode(subscription(assignor)) };
    });
    void this.#run(++this.#epoch, protocols);
  }

  /** What the last join has brought; once. */
  take(): Given | undefined {
    const given = this.#given;
    if (given === undefined) return undefined;
    this.#given = undefined;
    this.#phase = "stable";
    return given;
  }

  /** What was lost is dropped. */
  acknowledgeLoss(): void {
    this.#hasLost = false;
  }

  /** The coordinator has refused what was sent under `stamp`. */
  refused(stamp: MemberStamp, refusal: CoordinatorRefusal): void {
    if (!this.isCurrent(stamp)) return;
    if (OUT.has(refusal.code)) this.#lose(refusal);
    else if (refusal.code === "REBALANCE_IN_PROGRESS") this.requestJoin();
  }

  /** Goes out of its own accord: nobody has polled. Static members just fall silent (KIP-345). */
  expire(): void {
    if (this.#phase === "out" || this.#fatal !== undefined) return;
    reached(this.#env, "consumer/poll-too-late");
    const { group, instanceId } = this.#settings;
    const request = { group, memberId: this.#memberId, instanceId };
    if (instanceId === undefined && this.#memberId !== "") void this.#link.call(LEAVE_GROUP, request);
    this.#lose({ ok: false, code: "UNKNOWN_MEMBER_ID", found: "one that was not polled in time" });
  }

  /** Says that it leaves, where it is not static, and ends all that goes on. */
  async close(deadlineUs: number): Promise<void> {
    const { group, instanceId } = this.#settings;
    const request = { group, memberId: this.#memberId, instanceId };
    const isMember = this.#memberId !== "" && instanceId === undefined && this.#fatal === undefined;
    this.#epoch++;
    this.#phase = "out";
    this.#given = undefined;
    this.#generation = NO_GENERATION;
    this.#heartbeats.cancel();
    this.#leader.close();
    this.#waits.close();
    if (isMember) await this.#link.callUntil(LEAVE_GROUP, request, deadlineUs);
  }

  async #run(epoch: number, protocols: readonly JoinProtocol[]): Promise<void> {
    const isWanted = (): boolean => this.#epoch === epoch;
    const { group, instanceId, sessionTimeoutUs, maxPollIntervalUs } = this.#settings;
    while (isWanted()) {
      this.#phase = "joining";
      const joined = await this.#link.call(JOIN_GROUP, {
        group,
        memberId: this.#memberId,
        instanceId,
        sessionTimeoutUs,
        rebalanceTimeoutUs: maxPollIntervalUs,
        protocols,
      });
      if (!isWanted()) return;
      const through = joined.ok ? await this.#sync(joined.value, isWanted) : this.#joinRefused(joined);
      if (!isWanted()) return;
      if (through === "given") return this.#onNews();
      if (through === "later") await this.#link.pause();
    }
  }

  #joinRefused(refusal: CoordinatorRefusal): "again" | "later" {
    if (refusal.code === "MEMBER_ID_REQUIRED" && refusal.memberId !== undefined) {
      this.#memberId = refusal.memberId;
      return "again";
    }
    // A member that has only not been answered is one still: it goes on under the same id (KAFKA-13214).
    if (isRetriable(refusal.code) || refusal.code === "REBALANCE_IN_PROGRESS") return "later";
    if (OUT.has(refusal.code)) this.#lose(refusal);
    else this.#fail(refusal);
    return "again";
  }

  /** Asks for what this member is given in the generation that it has joined, having told what all are, if it leads. */
  async #sync(joined: JoinGroupResponse, isWanted: () => boolean): Promise<"given" | "again" | "later"> {
    const { generation, protocol } = joined;
    const assignor = this.#settings.assignors.find(({ name }) => name === protocol);
    assert(assignor !== undefined, "a group agrees on what all of its members can do");
    this.#memberId = joined.memberId;
    this.#generation = generation;
    this.#phase = "syncing";
    this.#lostBy = undefined;
    this.#heartbeats.setTo(this.#env.clock.nowUs() + this.#settings.heartbeatIntervalUs);
    const isLeader = joined.leaderId === joined.memberId;
    const assignments = isLeader ? await this.#assign(joined, assignor) : [];
    if (assignments === undefined) return "again";
    while (isWanted()) {
      const request = { ...this.#stamp(), protocol, assignments };
      const synced = await this.#link.call(SYNC_GROUP, request);
      if (!isWanted()) break;
      if (synced.ok) {
        this.#given = { generation, partitions: ASSIGNMENT.decode(synced.value.assignment).partitions };
        this.#phase = "given";
        return "given";
      }
      if (isRetriable(synced.code)) {
        await this.#link.pause();
        continue;
      }
      reached(this.#env, "consumer/sync-interrupted");
      this.#heartbeats.cancel();
      this.#leader.resign();
      if (OUT.has(synced.code)) this.#lose(synced);
      else if (synced.code !== "REBALANCE_IN_PROGRESS") this.#fail(synced);
      break;
    }
    return "again";
  }

  /** Undefined where what some member says makes no sense. */
  async #assign(
    joined: JoinGroupResponse,
    assignor: Assignor,
  ): Promise<SyncGroupRequest["assignments"] | undefined> {
    try {
      return await this.#leader.assign(joined, assignor);
    } catch (error) {
      if (!(error instanceof SeedstormError) || error.code !== "RPC_BAD_FORMAT") throw error;
      this.#fail({ ok: false, code: "INCONSISTENT_GROUP_PROTOCOL", found: error.message });
      return undefined;
    }
  }

  async #beat(): Promise<void> {
    // Whoever waits for a join's answer does not know its generation: what it said of the last one would be refused.
    if (this.#isBeating || !this.#isIn) return;
    const { clock } = this.#env;
    const stamp = this.#stamp();
    this.#isBeating = true;
    const beganUs = clock.nowUs();
    const answer = await this.#link.call(GROUP_HEARTBEAT, stamp);
    if (!answer.ok && isRetriable(answer.code)) await this.#link.pause();
    this.#isBeating = false;
    if (!this.#isIn) return;
    const isRetry = !answer.ok && isRetriable(answer.code);
    this.#heartbeats.setTo(isRetry ? clock.nowUs() : beganUs + this.#settings.heartbeatIntervalUs);
    const isSame = stamp.memberId === this.#memberId && stamp.generation === this.#generation;
    if (answer.ok || !isSame) return;
    if (OUT.has(answer.code)) this.#lose(answer);
    else if (answer.code === "REBALANCE_IN_PROGRESS" && !this.isJoining) this.requestJoin();
  }

  get #isIn(): boolean {
    return this.#phase !== "out" && this.#phase !== "joining";
  }

  #lose(refusal: CoordinatorRefusal): void {
    const { code } = refusal;
    reached(
      this.#env,
      code === "FENCED_INSTANCE_ID" ? "consumer/instance-fenced" : "consumer/generation-lost",
    );
    this.#epoch++;
    this.#phase = "out";
    this.#given = undefined;
    this.#generation = NO_GENERATION;
    if (code !== "ILLEGAL_GENERATION") this.#memberId = "";
    this.#lostBy = refusal;
    this.#hasLost = true;
    this.#needsJoin = true;
    this.#heartbeats.cancel();
    this.#leader.resign();
    if (code === "FENCED_INSTANCE_ID") this.#fatal = this.#error(code, refusal.found, "stop one of the two");
    this.#onNews();
  }

  #fail(refusal: CoordinatorRefusal): void {
    this.#lose(refusal);
    this.#fatal = this.#error(refusal.code, refusal.found, "correct the options of the group's members");
  }

  #stamp(): MemberStamp {
    const { group, instanceId } = this.#settings;
    return { group, memberId: this.#memberId, instanceId, generation: this.#generation };
  }

  #error(code: BrokerErrorCode, found: string, todo: string): BrokerError {
    const where = `group ${this.#settings.group}`;
    return new BrokerError(code, { expected: "a member of the present generation", found, where, todo });
  }
}
