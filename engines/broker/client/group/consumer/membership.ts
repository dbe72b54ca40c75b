import { assert, type Env } from "../../../../env/index.js";
import { isRetriable, type BrokerErrorCode } from "../../../errors.js";
import {
  CONSUMER_HEARTBEAT,
  type ConsumerHeartbeatRequest,
  type ConsumerHeartbeatResponse,
  type CoordinatorRefusal,
  type MemberStamp,
} from "../../../protocol/index.js";
import type { TopicPartition } from "../../../types.js";
import type { CoordinatorLink } from "../../coordinator-link.js";
import { Alarm } from "../../waits.js";
import type { Membership, Step } from "../membership.js";
import { without } from "../names.js";
import { reached } from "../observe.js";
import type { ConsumerSettings } from "../options.js";
import { Standing } from "../standing.js";
import { drawMemberId } from "./member-id.js";

const JOINS = 0;
const LEAVES = -1;
/** A static member, which may come back. */
const LEAVES_FOR_A_WHILE = -2;

/** What makes a member none: everything it had may be another's. */
const FENCED: ReadonlySet<BrokerErrorCode> = new Set<BrokerErrorCode>([
  "FENCED_MEMBER_EPOCH",
  "UNKNOWN_MEMBER_ID",
]);

/** Somebody else has its instance id. */
const TAKEN: ReadonlySet<BrokerErrorCode> = new Set<BrokerErrorCode>([
  "FENCED_INSTANCE_ID",
  "UNRELEASED_INSTANCE_ID",
]);

/**
 * A member of a group whose coordinator assigns (KIP-848): all that it says, it says in heartbeats, one at a time.
 *
 *     out ──next──▶ joining ──▶ in
 *
 * and back to out, when it is told that it is no member, or has not been polled in time. While it is in, it is given what it
 * may have now, which `next` compares with what the program has: first that is given up which is not in it, then the rest is
 * taken. Either is acknowledged by a heartbeat that names what the member has, and only then somebody else gets what it gave up.
 */
export class ConsumerMembership implements Membership {
  readonly #link: CoordinatorLink;
  readonly #settings: ConsumerSettings;
  readonly #env: Env;
  readonly #heartbeats: Alarm;
  readonly #onNews: () => void;
  readonly #standing: Standing;
  #topics: readonly string[] = [];
  #phase: "out" | "joining" | "in" = "out";
  /** Counts joins and losses: what is answered to an earlier one is of no use. */
  #stay = 0;
  /** The epoch in which this stay began. */
  #since = 0;
  /** What the coordinator lets it have, until the program has just that. */
  #given: readonly TopicPartition[] | undefined;
  /** What the program has. */
  #owned: readonly TopicPartition[] = [];
  #heartbeatUs: number;
  #isBeating = false;
  /** There is something to say that can't wait. */
  #isUrgent = false;
  /** Says all that there is to say: the coordinator may not have heard what was said (KAFKA-16190). */
  #isFull = true;
  #hasToAcknowledge = false;
  #leaving: Promise<void> | undefined;

  /** `onNews`: there is something for `poll` to pick up. */
  constructor(link: CoordinatorLink, settings: ConsumerSettings, onNews: () => void) {
    this.#link = link;
    this.#settings = settings;
    this.#env = link.env;
    this.#onNews = onNews;
    this.#standing = new Standing(settings);
    this.#heartbeats = new Alarm(this.#env.clock, () => void this.#beat());
    this.#heartbeatUs = settings.requestTimeoutUs;
  }

  get isJoining(): boolean {
    return this.#phase === "joining";
  }

  get hasJoined(): boolean {
    return this.#standing.hasJoined;
  }

  get hasLost(): boolean {
    return this.#standing.hasLost;
  }

  subscribe(topics: readonly string[]): void {
    this.#topics = topics;
    this.#isFull = true;
    if (this.#phase === "out") this.#onNews();
    else this.#beatNow();
  }

  next(held: readonly TopicPartition[]): Step | undefined {
    assert(!this.hasLost, "what is lost is picked up before all else");
    this.#standing.throwIfOutForGood();
    this.#owned = held;
    // Whoever joined before its leave came through would be put out by that.
    if (this.#phase === "out" && this.#leaving === undefined && this.#topics.length > 0) this.#join();
    const given = this.#given;
    if (given === undefined) return undefined;
    const revoked = without(held, given);
    if (revoked.length > 0) {
      reached(this.#env, "consumer/revoked-some");
      return { kind: "revoke", partitions: revoked };
    }
    this.#given = undefined;
    this.#owned = given;
    this.#hasToAcknowledge = true;
    this.#beatNow();
    return { kind: "assign", partitions: given };
  }

  acknowledgeLoss(): void {
    this.#standing.hasLost = false;
  }

  stamp(): MemberStamp {
    if (this.isJoining) throw this.#standing.joiningError();
    if (this.#phase === "out") throw this.#standing.outError();
    return this.#standing.stamp;
  }

  /** An earlier epoch will do for what the member has had since: the coordinator knows what that is (KIP-1251). */
  isCurrent({ generation }: MemberStamp): boolean {
    return this.#phase === "in" && generation >= this.#since && generation <= this.#standing.generation;
  }

  refused(stamp: MemberStamp, refusal: CoordinatorRefusal): void {
    if (!this.isCurrent(stamp)) return;
    if (FENCED.has(refusal.code)) this.#lose(refusal);
    else if (TAKEN.has(refusal.code)) this.#end(refusal, "stop one of the two");
  }

  expire(): void {
    if (this.#phase === "out") return;
    reached(this.#env, "consumer/poll-too-late");
    this.#depart();
    this.#lose({ ok: false, code: "UNKNOWN_MEMBER_ID", found: "one that was not polled in time" });
  }

  /** Static members leave for a while. */
  async close(deadlineUs: number): Promise<void> {
    const isMember = this.#phase !== "out";
    this.#stay++;
    this.#phase = "out";
    this.#given = undefined;
    this.#standing.left();
    this.#heartbeats.cancel();
    if (isMember) await this.#link.callUntil(CONSUMER_HEARTBEAT, this.#leave(), deadlineUs);
    else await this.#leaving;
  }

  #join(): void {
    this.#stay++;
    this.#phase = "joining";
    this.#isFull = true;
    // KIP-1082 keeps the id as long as a consumer lives, and relies on a connection's order. Here, what was sent in an earlier
    // stay may come late, and must not count in this one: a commit of then would take back what was committed since.
    this.#standing.memberId = drawMemberId(this.#env.random);
    this.#beatNow();
  }

  #beatNow(): void {
    if (this.#isBeating) this.#isUrgent = true;
    else this.#heartbeats.setTo(this.#env.clock.nowUs());
  }

  async #beat(): Promise<void> {
    assert(
      !this.#isBeating && this.#phase !== "out",
      "a member sends one heartbeat at a time, and none when it is out",
    );
    const { clock } = this.#env;
    const stay = this.#stay;
    const beganUs = clock.nowUs();
    const request = this.#heartbeat();
    this.#isBeating = true;
    this.#isUrgent = this.#isFull = this.#hasToAcknowledge = false;
    const answer = await this.#link.call(CONSUMER_HEARTBEAT, request);
    const isRetry = !answer.ok && this.#isToBeRepeated(answer.code);
    if (isRetry) {
      reached(this.#env, "consumer/heartbeat-repeated");
      this.#isFull = true;
      await this.#link.pause();
    }
    this.#isBeating = false;
    if (this.#stay === stay) {
      if (answer.ok) this.#answered(answer.value);
      else if (!isRetry) this.#refusedFor(answer);
    }
    if (this.#isOut) return;
    const isAtOnce = isRetry || this.#isUrgent || this.#stay !== stay;
    this.#heartbeats.setTo(isAtOnce ? clock.nowUs() : beganUs + this.#heartbeatUs);
  }

  get #isOut(): boolean {
    return this.#phase === "out";
  }

  /** A member that is not let in yet has nothing to lose. */
  #isToBeRepeated(code: BrokerErrorCode): boolean {
    return isRetriable(code) || (this.isJoining && FENCED.has(code));
  }

  #heartbeat(): ConsumerHeartbeatRequest {
    const { memberId, generation } = this.#standing.stamp;
    const { group, instanceId, maxPollIntervalUs, serverAssignor } = this.#settings;
    const isFull = this.#isFull;
    return {
      group,
      memberId,
      instanceId,
      memberEpoch: this.isJoining ? JOINS : generation,
      rebalanceTimeoutUs: isFull ? maxPollIntervalUs : undefined,
      topics: isFull ? this.#topics : undefined,
      assignor: isFull ? serverAssignor : undefined,
      owned: isFull || this.#hasToAcknowledge ? this.#owned : undefined,
    };
  }

  #depart(): void {
    this.#leaving = this.#link.call(CONSUMER_HEARTBEAT, this.#leave()).then(() => {
      this.#leaving = undefined;
      this.#onNews();
    });
  }

  #leave(): ConsumerHeartbeatRequest {
    const { group, instanceId } = this.#settings;
    return {
      group,
      memberId: this.#standing.memberId,
      instanceId,
      memberEpoch: instanceId === undefined ? LEAVES : LEAVES_FOR_A_WHILE,
      rebalanceTimeoutUs: undefined,
      topics: undefined,
      assignor: undefined,
      owned: undefined,
    };
  }

  #answered({ memberEpoch, heartbeatUs, assignment }: ConsumerHeartbeatResponse): void {
    const hasJoined = this.isJoining;
    if (hasJoined) {
      this.#phase = "in";
      this.#since = memberEpoch;
    }
    this.#standing.entered(memberEpoch);
    this.#heartbeatUs = heartbeatUs;
    if (assignment === undefined) return;
    const isSame = assignment.length === this.#owned.length && without(assignment, this.#owned).length === 0;
    // Whoever has joined hears of what it is given, even if that is nothing.
    if (isSame && this.#given === undefined && !hasJoined) return;
    this.#given = assignment;
    this.#onNews();
  }

  #refusedFor(refusal: CoordinatorRefusal): void {
    if (FENCED.has(refusal.code)) this.#lose(refusal);
    else if (TAKEN.has(refusal.code)) this.#end(refusal, "stop one of the two");
    else this.#end(refusal, "correct the options of the group's members");
  }

  /** Says nothing more until it joins anew (KAFKA-16251). */
  #lose(refusal: CoordinatorRefusal): void {
    const { code } = refusal;
    // It is a member there, by an id that it will not go by any more.
    if (code === "FENCED_MEMBER_EPOCH") this.#depart();
    reached(this.#env, TAKEN.has(code) ? "consumer/instance-fenced" : "consumer/generation-lost");
    this.#stay++;
    this.#phase = "out";
    this.#given = undefined;
    this.#standing.lost(refusal);
    this.#heartbeats.cancel();
    this.#onNews();
  }

  #end(refusal: CoordinatorRefusal, todo: string): void {
    this.#lose(refusal);
    this.#standing.end(refusal, todo);
  }
}
