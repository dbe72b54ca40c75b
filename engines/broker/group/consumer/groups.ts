import type { Env } from "../../../env/index.js";
import type { CoordinatorShard } from "../../coordinator/types.js";
import type {
  ConsumerHeartbeatRequest,
  ConsumerHeartbeatResponse,
  OffsetCommitRequest,
  ServerAssignor,
} from "../../protocol/index.js";
import type { NewRecord } from "../../record/index.js";
import type { GroupEvent, LeftReason } from "../events.js";
import type { GroupMachine } from "../machine.js";
import { reached } from "../observe.js";
import { tolerating } from "../refusals.js";
import type { GroupSettings } from "../options.js";
import type { Written } from "../written.js";
import { recordsOfChange } from "./changes.js";
import { checkConsumerCommit } from "./check.js";
import { heard } from "./heartbeat.js";
import { left, without } from "./leave.js";
import { markHeard, marking } from "./marks.js";
import { headRecord } from "./records.js";
import { checkRequest } from "./request.js";
import { Seat } from "./seat.js";
import { eventsOfChange, stateOf } from "./seen.js";
import { JOINING_EPOCH, type ConsumerGroup, type ConsumerRules } from "./types.js";

/** What a group was before it was one of these. */
export interface Beginning {
  /** Its epochs go on from here. */
  readonly epoch: number;
  /** What takes back that it was something else. */
  readonly records: readonly NewRecord[];
}

export interface ConsumerGroupsPlan {
  readonly env: Env;
  readonly settings: GroupSettings;
  readonly shard: CoordinatorShard<GroupMachine>;
  readonly partitionsOf: ConsumerRules["partitionsOf"];
  readonly nowMs: () => number;
  /** Throws INCONSISTENT_GROUP_PROTOCOL where the group has members of another kind. */
  readonly begin: (group: string) => Beginning;
  /** The group is of this kind from now on. */
  readonly begun: (group: string) => void;
  readonly written: Written;
}

/** The groups of one shard whose coordinator assigns (KIP-848), as long as this broker is it. */
export class ConsumerGroups {
  readonly #plan: ConsumerGroupsPlan;
  readonly #seats: Map<string, Seat> = new Map();
  #isOver = false;

  constructor(plan: ConsumerGroupsPlan) {
    this.#plan = plan;
    for (const id of plan.shard.machine.consumers.ids) this.#follow(id);
  }

  get(id: string): ConsumerGroup | undefined {
    return this.#plan.shard.machine.consumers.get(id);
  }

  get all(): ConsumerGroup[] {
    return this.#plan.shard.machine.consumers.ids.map((id) => this.get(id)!);
  }

  /** Resolves once all is committed that the answer rests on. Rejects with what `heard` and `left` throw, too. */
  async heartbeat(request: ConsumerHeartbeatRequest, client: string): Promise<ConsumerHeartbeatResponse> {
    checkRequest(request);
    return request.memberEpoch < JOINING_EPOCH ? this.#leave(request) : this.#hear(request, client);
  }

  /** Throws what `checkConsumerCommit` does. */
  checkCommit(group: ConsumerGroup, request: OffsetCommitRequest): void {
    marking(this.#plan.env, () => checkConsumerCommit(group, request));
  }

  /** Nothing is left to know of it. It must be empty. */
  tombstone(id: string): NewRecord {
    return headRecord(id, undefined, this.#plan.nowMs());
  }

  inspect(): { group: string; state: string; generation: number; members: string[] }[] {
    return this.all.map((group) => {
      const { id, head, members } = group;
      return { group: id, state: stateOf(group), generation: head.epoch, members: [...members.keys()] };
    });
  }

  /** It is written that the group is no more. */
  forget(id: string): void {
    this.#seats.get(id)?.end();
    this.#seats.delete(id);
  }

  end(): void {
    this.#isOver = true;
    for (const seat of this.#seats.values()) seat.end();
  }

  #hear(request: ConsumerHeartbeatRequest, client: string): Promise<ConsumerHeartbeatResponse> {
    const { env, settings } = this.#plan;
    const { group: id, memberId } = request;
    return this.#change(id, "replaced", (before, rules) => {
      const said = marking(env, () => heard(before, request, client, rules));
      markHeard(env, said);
      const seat = this.#seats.get(id);
      seat?.timers.touch(memberId);
      const current = said.group.currents.get(memberId)!;
      if (said.isConfirmed) seat?.confirmed.set(memberId, current);
      const isDue = said.isNews || seat?.confirmed.get(memberId) !== current;
      return {
        group: said.group,
        answer: {
          memberId,
          memberEpoch: said.memberEpoch,
          heartbeatUs: settings.consumerHeartbeatUs,
          assignment: isDue ? said.assigned : undefined,
        },
      };
    });
  }

  #leave(request: ConsumerHeartbeatRequest): Promise<ConsumerHeartbeatResponse> {
    const { env, settings } = this.#plan;
    const { group: id, memberId, memberEpoch } = request;
    return this.#change(id, "left", (before, rules) => {
      const group = marking(env, () => left(before, request, rules));
      // Whoever goes for a while has a whole session to come back.
      this.#seats.get(id)?.timers.touch(memberId);
      const heartbeatUs = settings.consumerHeartbeatUs;
      return { group, answer: { memberId, memberEpoch, heartbeatUs, assignment: undefined } };
    });
  }

  async #giveUp(id: string, memberId: string, reason: LeftReason): Promise<void> {
    const { env } = this.#plan;
    reached(env, reason === "session-timeout" ? "group/session-expired" : "group/revocation-expired");
    const gone = this.#change(id, reason, (group, rules) => {
      return { group: without(group, memberId, rules), answer: undefined };
    });
    await tolerating(() => gone);
    const group = this.get(id);
    if (this.#isOver || group === undefined) return;
    this.#seats.get(id)?.timers.tryAgain(group, memberId, this.#plan.settings.commitTimeoutUs);
  }

  /** What `work` makes of the group is written at once, and counts from then on; it is answered and told once committed. */
  async #change<T>(
    id: string,
    reason: LeftReason,
    work: (
      group: ConsumerGroup,
      rules: ConsumerRules,
    ) => { readonly group: ConsumerGroup; readonly answer: T },
  ): Promise<T> {
    const { shard, settings, partitionsOf, begin, written, nowMs: now } = this.#plan;
    const nowMs = now();
    const rules = { defaultAssignor: settings.consumerAssignor, partitionsOf, nowMs };
    const { consumers } = shard.machine;
    const replayedBefore = consumers.replayed;
    const known = consumers.get(id);
    let events: readonly GroupEvent[] = [];
    const writing = shard.write(() => {
      const beginning = known === undefined ? begin(id) : undefined;
      const before = known ?? newGroup(id, beginning!.epoch, settings.consumerAssignor);
      const { group, answer } = work(before, rules);
      const records = recordsOfChange(known, group, nowMs);
      if (records.length > 0) events = eventsOfChange(known, group, reason);
      return { records: [...(beginning?.records ?? []), ...records], answer };
    });
    // Where nothing was appended, nothing has happened.
    if (consumers.replayed > replayedBefore) this.#changed(id, events);
    const tell = written.upToHere();
    const answer = await writing;
    tell();
    return answer;
  }

  #changed(id: string, events: readonly GroupEvent[]): void {
    this.#plan.written.add(events);
    this.#plan.begun(id);
    this.#follow(id);
  }

  #follow(id: string): void {
    let seat = this.#seats.get(id);
    if (seat === undefined) {
      seat = new Seat({
        clock: this.#plan.env.clock,
        sessionTimeoutUs: this.#plan.settings.consumerSessionTimeoutUs,
        sessionEnded: (memberId) => void this.#giveUp(id, memberId, "session-timeout"),
        revocationEnded: (memberId) => void this.#giveUp(id, memberId, "revocation-timeout"),
      });
      this.#seats.set(id, seat);
    }
    seat.follow(this.get(id)!);
  }
}

function newGroup(id: string, epoch: number, assignor: ServerAssignor): ConsumerGroup {
  const head = { epoch, assignor, emptySinceMs: undefined, partitions: new Map() };
  return { id, head, members: new Map(), targets: new Map(), currents: new Map() };
}
