import { assert, type Env } from "../../../../env/index.js";
import { isRetriable, type BrokerErrorCode } from "../../../errors.js";
import {
  GROUP_HEARTBEAT,
  LEAVE_GROUP,
  SUBSCRIPTION,
  type CoordinatorRefusal,
  type JoinProtocol,
  type MemberStamp,
} from "../../../protocol/index.js";
import type { TopicPartition } from "../../../types.js";
import type { ClusterView } from "../../cluster-view.js";
import type { CoordinatorLink } from "../../coordinator-link.js";
import { Alarm, Waits } from "../../waits.js";
import type { Membership, Step } from "../membership.js";
import { without } from "../names.js";
import { reached } from "../observe.js";
import type { ClassicSettings } from "../options.js";
import { Standing } from "../standing.js";
import { Claims, type Given } from "./claims.js";
import { Joins } from "./joins.js";
import { Leader } from "./leader.js";

/** What makes a member none: it is told so, and everything it had may be another's. */
const OUT: ReadonlySet<BrokerErrorCode> = new Set<BrokerErrorCode>([
  "ILLEGAL_GENERATION",
  "UNKNOWN_MEMBER_ID",
  "FENCED_INSTANCE_ID",
]);

/**
 * A member of a group whose members assign: it joins, syncs and sends heartbeats.
 *
 *     out ──join──▶ joining ──▶ syncing ──▶ given ──next──▶ stable ──join──▶ joining ...
 *
 * and from any of them back to out, when it is told that it is no member, or has not been polled in time.
 */
export class ClassicMembership implements Membership {
  readonly #link: CoordinatorLink;
  readonly #settings: ClassicSettings;
  readonly #env: Env;
  readonly #waits: Waits;
  readonly #leader: Leader;
  readonly #joins: Joins;
  readonly #heartbeats: Alarm;
  readonly #onNews: () => void;
  readonly #standing: Standing;
  readonly #claims: Claims = new Claims();
  #topics: readonly string[] = [];
  #phase: "out" | "joining" | "syncing" | "given" | "stable" = "out";
  /** Counts joins and losses: what was begun before is of no use after. */
  #epoch = 0;
  #isBeating = false;
  #given: Given | undefined;
  #needsJoin = false;

  /** `onNews`: there is something for `poll` to pick up. */
  constructor(link: CoordinatorLink, cluster: ClusterView, settings: ClassicSettings, onNews: () => void) {
    this.#link = link;
    this.#settings = settings;
    this.#env = link.env;
    this.#onNews = onNews;
    this.#standing = new Standing(settings);
    this.#waits = new Waits(this.#env.clock);
    this.#heartbeats = new Alarm(this.#env.clock, () => void this.#beat());
    this.#leader = new Leader(cluster, this.#waits, settings.requestTimeoutUs, () => {
      reached(this.#env, "consumer/metadata-rejoin");
      this.#requestJoin();
    });
    this.#joins = this.#newJoins();
  }

  get isJoining(): boolean {
    return this.#phase === "joining" || this.#phase === "syncing";
  }

  get hasJoined(): boolean {
    return this.#standing.hasJoined;
  }

  get hasLost(): boolean {
    return this.#standing.hasLost;
  }

  subscribe(topics: readonly string[]): void {
    this.#topics = topics;
    this.#requestJoin();
  }

  next(held: readonly TopicPartition[]): Step | undefined {
    assert(!this.hasLost, "what is lost is picked up before all else");
    this.#standing.throwIfOutForGood();
    if (this.#given !== undefined) return this.#carryOut(this.#given, held);
    if (!this.#needsJoin || this.isJoining || this.#topics.length === 0) return undefined;
    if (this.#settings.mode === "eager" && held.length > 0) return { kind: "revoke", partitions: held };
    this.#claims.claim(held);
    this.#join();
    return undefined;
  }

  acknowledgeLoss(): void {
    this.#claims.lost();
    this.#standing.hasLost = false;
  }

  stamp(): MemberStamp {
    if (this.isJoining) throw this.#standing.joiningError();
    if (this.#phase === "out") throw this.#standing.outError();
    return this.#standing.stamp;
  }

  isCurrent({ memberId, generation }: MemberStamp): boolean {
    const { stamp } = this.#standing;
    return stamp.generation === generation && stamp.memberId === memberId && !this.isJoining;
  }

  refused(stamp: MemberStamp, refusal: CoordinatorRefusal): void {
    if (!this.isCurrent(stamp)) return;
    if (OUT.has(refusal.code)) this.#lose(refusal);
    else if (refusal.code === "REBALANCE_IN_PROGRESS") this.#requestJoin();
  }

  /** Static members just fall silent (KIP-345). */
  expire(): void {
    const { stamp, isOutForGood } = this.#standing;
    if (this.#phase === "out" || isOutForGood) return;
    reached(this.#env, "consumer/poll-too-late");
    const { group, instanceId, memberId } = stamp;
    const request = { group, memberId, instanceId };
    if (instanceId === undefined && memberId !== "") void this.#link.call(LEAVE_GROUP, request);
    this.#lose({ ok: false, code: "UNKNOWN_MEMBER_ID", found: "one that was not polled in time" });
  }

  /** Says that it leaves, where it is not static. */
  async close(deadlineUs: number): Promise<void> {
    const { stamp, isOutForGood } = this.#standing;
    const { group, instanceId, memberId } = stamp;
    const isMember = memberId !== "" && instanceId === undefined && !isOutForGood;
    this.#epoch++;
    this.#phase = "out";
    this.#given = undefined;
    this.#standing.left();
    this.#heartbeats.cancel();
    this.#leader.close();
    this.#waits.close();
    if (isMember) await this.#link.callUntil(LEAVE_GROUP, { group, memberId, instanceId }, deadlineUs);
  }

  #newJoins(): Joins {
    const standing = this.#standing;
    return new Joins({
      link: this.#link,
      settings: this.#settings,
      leader: this.#leader,
      joiner: {
        get stamp() {
          return standing.stamp;
        },
        asks: () => void (this.#phase = "joining"),
        named: (memberId) => void (standing.memberId = memberId),
        entered: (memberId, generation) => this.#entered(memberId, generation),
        interrupted: () => this.#heartbeats.cancel(),
        isOut: ({ code }) => OUT.has(code),
        lose: (refusal) => this.#lose(refusal),
        fail: (refusal) => this.#fail(refusal),
      },
    });
  }

  #carryOut(given: Given, held: readonly TopicPartition[]): Step {
    this.#phase = "stable";
    const revoked = without(held, given.partitions);
    if (revoked.length > 0) {
      reached(this.#env, "consumer/revoked-some");
      return { kind: "revoke", partitions: revoked };
    }
    if (this.#claims.keepsOthersWaiting(given)) this.#requestJoin();
    this.#claims.given(given);
    this.#given = undefined;
    return { kind: "assign", partitions: given.partitions };
  }

  /** Something has changed that the group has to know: `next` joins anew. */
  #requestJoin(): void {
    if (this.#needsJoin) return;
    this.#needsJoin = true;
    this.#onNews();
  }

  /** In the background; nothing that is held may be given up until it is through. */
  #join(): void {
    assert(this.#phase === "out" || this.#phase === "stable", "a member joins once at a time");
    this.#phase = "joining";
    this.#needsJoin = false;
    this.#heartbeats.cancel();
    this.#leader.resign();
    const protocols = this.#settings.assignors.map((assignor): JoinProtocol => {
      const subscription = this.#claims.subscription(this.#topics, assignor);
      return { name: assignor.name, metadata: SUBSCRIPTION.encode(subscription) };
    });
    void this.#run(++this.#epoch, protocols);
  }

  async #run(epoch: number, protocols: readonly JoinProtocol[]): Promise<void> {
    const given = await this.#joins.run(protocols, () => this.#epoch === epoch);
    if (given === undefined || this.#epoch !== epoch) return;
    this.#given = given;
    this.#phase = "given";
    this.#onNews();
  }

  #entered(memberId: string, generation: number): void {
    this.#standing.memberId = memberId;
    this.#standing.entered(generation);
    this.#phase = "syncing";
    this.#heartbeats.setTo(this.#env.clock.nowUs() + this.#settings.heartbeatIntervalUs);
  }

  async #beat(): Promise<void> {
    // Whoever waits for a join's answer does not know its generation: what it said of the last one would be refused.
    if (this.#isBeating || !this.#isIn) return;
    const { clock } = this.#env;
    const { stamp } = this.#standing;
    this.#isBeating = true;
    const beganUs = clock.nowUs();
    const answer = await this.#link.call(GROUP_HEARTBEAT, stamp);
    if (!answer.ok && isRetriable(answer.code)) await this.#link.pause();
    this.#isBeating = false;
    if (!this.#isIn) return;
    const isRetry = !answer.ok && isRetriable(answer.code);
    this.#heartbeats.setTo(isRetry ? clock.nowUs() : beganUs + this.#settings.heartbeatIntervalUs);
    const { memberId, generation } = this.#standing;
    if (answer.ok || stamp.memberId !== memberId || stamp.generation !== generation) return;
    if (OUT.has(answer.code)) this.#lose(answer);
    else if (answer.code === "REBALANCE_IN_PROGRESS" && !this.isJoining) this.#requestJoin();
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
    if (code !== "ILLEGAL_GENERATION") this.#standing.memberId = "";
    this.#standing.lost(refusal);
    this.#needsJoin = true;
    this.#heartbeats.cancel();
    this.#leader.resign();
    if (code === "FENCED_INSTANCE_ID") this.#standing.end(refusal, "stop one of the two");
    this.#onNews();
  }

  #fail(refusal: CoordinatorRefusal): void {
    this.#lose(refusal);
    this.#standing.end(refusal, "correct the options of the group's members");
  }
}
