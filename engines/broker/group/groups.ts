import type { Env } from "../../env/index.js";
import type { CoordinatorShard } from "../coordinator/types.js";
import type {
  ConsumerHeartbeatRequest,
  ConsumerHeartbeatResponse,
  GroupHeartbeatRequest,
  JoinGroupRequest,
  JoinGroupResponse,
  LeaveGroupRequest,
  OffsetCommitRequest,
  OffsetFetchRequest,
  OffsetFetchResponse,
  SyncGroupRequest,
  SyncGroupResponse,
  TxnOffsetCommitRequest,
} from "../protocol/group-types.js";
import { Announcement } from "./announcement.js";
import { ClassicGroups } from "./classic/groups.js";
import { ConsumerGroups } from "./consumer/groups.js";
import { Conversion } from "./conversion.js";
import type { GroupEvent } from "./events.js";
import type { Occupancy } from "./expiry.js";
import type { GroupMachine } from "./machine.js";
import { observe, reached } from "./observe.js";
import { OffsetDesk } from "./offset-desk.js";
import type { OffsetStore } from "./offset-store.js";
import type { GroupSettings } from "./options.js";
import { groupRecord } from "./records.js";
import { Retention } from "./retention.js";
import { Written } from "./written.js";

/** What a shard's groups are made of. */
export interface GroupsPlan {
  readonly env: Env;
  readonly settings: GroupSettings;
  readonly shard: CoordinatorShard<GroupMachine>;
  /** Of a topic; undefined where it is not there, or not yet. */
  readonly partitionsOf: (topic: string) => number | undefined;
}

const US_PER_MS = 1_000;

/** The groups of one shard, of either kind: who takes part in them, as long as this broker coordinates them. */
export class Groups {
  readonly #shard: CoordinatorShard<GroupMachine>;
  readonly #classic: ClassicGroups;
  readonly #consumers: ConsumerGroups;
  readonly #conversion: Conversion;
  readonly #offsets: OffsetDesk;

  constructor({ env, settings, shard, partitionsOf }: GroupsPlan) {
    this.#shard = shard;
    const nowMs = (): number => Math.floor(env.clock.wallUs() / US_PER_MS);
    const announcement = new Announcement(env, shard);
    const tell = (event: GroupEvent): void => {
      announcement.tell();
      observe(env, event);
    };
    const plan = { env, settings, shard, nowMs, tell, written: new Written(tell) };
    this.#classic = new ClassicGroups(plan);
    this.#consumers = new ConsumerGroups({
      ...plan,
      partitionsOf,
      begin: (group) => this.#conversion.toConsumer(group),
      begun: (group) => this.#classic.drop(group),
    });
    this.#conversion = new Conversion({ ...plan, classic: this.#classic, consumers: this.#consumers });
    this.#offsets = new OffsetDesk({
      ...plan,
      checkCommit: (request) => this.#checkCommit(request),
      unstable: () => reached(env, "group/unstable-offset"),
    });
    const retention = new Retention({
      ...plan,
      groups: () => [...this.#classic.ids, ...shard.machine.consumers.ids],
      occupancyOf: (group) => this.#occupancyOf(group),
      drop: (group) => this.#drop(group, nowMs()),
    });
    shard.onUnload(() => {
      for (const each of [retention, this.#classic, this.#consumers]) each.end();
    });
    void announcement.prove();
  }

  async join(request: JoinGroupRequest, client: string): Promise<JoinGroupResponse> {
    if (this.#consumers.get(request.group) !== undefined) await this.#conversion.toClassic(request);
    return this.#classic.join(request, client);
  }

  sync(request: SyncGroupRequest): Promise<SyncGroupResponse> {
    return this.#classic.sync(request);
  }

  heartbeat(request: GroupHeartbeatRequest): Promise<void> {
    return this.#classic.heartbeat(request);
  }

  leave(request: LeaveGroupRequest): Promise<void> {
    return this.#classic.leave(request);
  }

  /** KIP-848's: joins, leaves, and all between. */
  consumerHeartbeat(request: ConsumerHeartbeatRequest, client: string): Promise<ConsumerHeartbeatResponse> {
    return this.#consumers.heartbeat(request, client);
  }

  commit(request: OffsetCommitRequest): Promise<void> {
    return this.#offsets.commit(request);
  }

  /**
   * Writes offsets that count with their transaction (KIP-447). `verify` rejects unless the transaction is under way: it is
   * asked before the first write of a transaction here (KIP-890); what ends it meanwhile has its marker in the log, after
   * which the log takes no more of it.
   */
  commitInTransaction(request: TxnOffsetCommitRequest, verify: () => Promise<void>): Promise<void> {
    return this.#offsets.commitInTransaction(request, verify);
  }

  /** These offsets are committed, by the end of a transaction. */
  transactionCommitted(applied: ReturnType<OffsetStore["applicable"]>, producerId: number): void {
    this.#offsets.transactionCommitted(applied, producerId);
  }

  fetch(request: OffsetFetchRequest): Promise<OffsetFetchResponse> {
    return this.#offsets.fetch(request);
  }

  /** For people and checks. */
  inspect(): { group: string; state: string; generation: number; members: string[] }[] {
    return [...this.#classic.inspect(), ...this.#consumers.inspect()];
  }

  #checkCommit(request: OffsetCommitRequest): void {
    const group = this.#consumers.get(request.group);
    if (group === undefined) this.#classic.checkCommit(request);
    else this.#consumers.checkCommit(group, request);
  }

  #occupancyOf(id: string): Occupancy {
    const consumers = this.#consumers.get(id);
    if (consumers !== undefined) {
      return { isEmpty: consumers.members.size === 0, emptySinceMs: consumers.head.emptySinceMs };
    }
    const group = this.#classic.get(id);
    const isEmpty = group === undefined || (group.state === "empty" && group.expected.size === 0);
    return { isEmpty, emptySinceMs: group?.emptySinceMs };
  }

  #drop(id: string, nowMs: number): ReturnType<Conversion["toConsumer"]>["records"] {
    if (this.#consumers.get(id) !== undefined) {
      this.#consumers.forget(id);
      return [this.#consumers.tombstone(id)];
    }
    this.#classic.drop(id);
    return this.#shard.machine.groups.has(id) ? [groupRecord(id, undefined, nowMs)] : [];
  }
}
