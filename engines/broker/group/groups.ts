import type { Env } from "../../env/index.js";
import type { CoordinatorShard } from "../coordinator/types.js";
import { BrokerError } from "../errors.js";
import type {
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
import { NONE } from "../record/index.js";
import { partitionName } from "../types.js";
import { checkCommit } from "./classic/check.js";
import { ClassicGroup } from "./classic/group.js";
import type { ClassicHost } from "./classic/host.js";
import { join } from "./classic/join.js";
import { Member } from "./classic/member.js";
import { completeJoin, sessionEnded, syncTimedOut } from "./classic/rebalance.js";
import { heartbeat, leave, sync } from "./classic/stay.js";
import { Deadline } from "./deadline.js";
import type { GenerationSeen } from "./events.js";
import { expiredOffsets } from "./expiry.js";
import type { GroupMachine } from "./machine.js";
import { observe, reached } from "./observe.js";
import type { OffsetStore } from "./offset-store.js";
import { commitRecords, expiryWrite, fetchOffsets } from "./offsets.js";
import type { GroupSettings } from "./options.js";
import { groupRecord } from "./records.js";
import { refusal } from "./refusals.js";
import type { StoredGroup } from "./types.js";

/** What a shard's groups are made of. */
export interface GroupsPlan {
  readonly env: Env;
  readonly settings: GroupSettings;
  readonly shard: CoordinatorShard<GroupMachine>;
}

const US_PER_MS = 1_000;

/** The groups of one shard: who takes part in them, as long as this broker coordinates them. */
export class Groups {
  readonly #env: Env;
  readonly #settings: GroupSettings;
  readonly #shard: CoordinatorShard<GroupMachine>;
  readonly #groups: Map<string, ClassicGroup> = new Map();
  readonly #host: ClassicHost;
  readonly #expiry: Deadline;
  #isOver = false;

  constructor({ env, settings, shard }: GroupsPlan) {
    this.#env = env;
    this.#settings = settings;
    this.#shard = shard;
    this.#host = this.#newHost();
    this.#expiry = new Deadline(env.clock, () => void this.#expire());
    for (const id of shard.machine.groups.keys()) this.#open(id);
    this.#expiry.set(settings.offsetsRetentionCheckUs);
    shard.onUnload(() => this.#end());
    void this.#announce();
  }

  async join(request: JoinGroupRequest, client: string): Promise<JoinGroupResponse> {
    this.#checkJoin(request);
    // Only a new member makes a group; any other has been in one that is gone.
    const group =
      request.memberId === "" ? this.#openOrFind(request.group) : this.#find(request.group, request.memberId);
    const joined = await join(this.#host, group, request, client);
    return this.#shard.read(() => joined);
  }

  async sync(request: SyncGroupRequest): Promise<SyncGroupResponse> {
    const synced = await sync(this.#host, this.#find(request.group, request.memberId), request);
    return this.#shard.read(() => synced);
  }

  heartbeat(request: GroupHeartbeatRequest): Promise<void> {
    return this.#shard.read(() =>
      heartbeat(this.#host, this.#find(request.group, request.memberId), request),
    );
  }

  leave(request: LeaveGroupRequest): Promise<void> {
    return this.#shard.read(() => leave(this.#host, this.#find(request.group, request.memberId), request));
  }

  async commit(request: OffsetCommitRequest): Promise<void> {
    await this.#shard.write(() => {
      checkCommit(this.#host, this.#groups.get(request.group), request);
      return { records: commitRecords(request, this.#nowMs()), answer: undefined };
    });
    const { group, memberId, generation } = request;
    const by = { group, memberId, generation, producerId: undefined };
    for (const { partition, offset } of request.offsets) {
      observe(this.#env, {
        kind: "group/offset-committed",
        partition: partitionName(partition),
        offset,
        ...by,
      });
    }
  }

  /**
   * Writes offsets that count with their transaction (KIP-447). `verify` rejects unless the transaction is under way: it is
   * asked before the first write of a transaction here (KIP-890); what ends it meanwhile has its marker in the log, after
   * which the log takes no more of it.
   */
  async commitInTransaction(request: TxnOffsetCommitRequest, verify: () => Promise<void>): Promise<void> {
    const { producerId, producerEpoch } = request;
    const check = (): void => checkCommit(this.#host, this.#groups.get(request.group), request);
    check();
    const written = (): number => this.#shard.machine.offsets.writtenBy(producerId, producerEpoch);
    if (written() === 0) await verify();
    await this.#shard.write(() => {
      check();
      const stamp = { producerId, producerEpoch, baseSequence: written() };
      return { records: commitRecords(request, this.#nowMs()), stamp, answer: undefined };
    });
  }

  /** These offsets are committed, by the end of a transaction. */
  transactionCommitted(applied: ReturnType<OffsetStore["applicable"]>, producerId: number): void {
    for (const { group, offset: committed } of applied) {
      const { partition, offset } = committed;
      const by = { group, memberId: "", generation: NONE, producerId };
      observe(this.#env, {
        kind: "group/offset-committed",
        partition: partitionName(partition),
        offset,
        ...by,
      });
    }
  }

  fetch(request: OffsetFetchRequest): Promise<OffsetFetchResponse> {
    return this.#shard.read((machine) => {
      try {
        return { offsets: fetchOffsets(machine, request) };
      } catch (error) {
        if (error instanceof BrokerError && error.code === "UNSTABLE_OFFSET_COMMIT") {
          reached(this.#env, "group/unstable-offset");
        }
        throw error;
      }
    });
  }

  /** For people and checks. */
  inspect(): { group: string; state: string; generation: number; members: string[] }[] {
    return [...this.#groups.values()].map(({ id, state, generation, members }) => {
      return { group: id, state, generation, members: [...members.keys()] };
    });
  }

  #newHost(): ClassicHost {
    const env = this.#env;
    return {
      env,
      settings: this.#settings,
      store: async ({ id }, stored) => {
        await this.#shard.write(() => {
          return { records: [groupRecord(id, stored, this.#nowMs())], answer: undefined };
        });
        observe(env, { kind: "group/generation", ...seen(id, stored) });
      },
      changed: ({ id: group, state, generation, members: all }) =>
        observe(env, { kind: "group/state", group, state, generation, members: [...all.keys()] }),
      left: ({ id: group, generation }, { id: memberId }, reason) =>
        observe(env, { kind: "group/member-left", group, memberId, generation, reason }),
    };
  }

  #open(id: string): ClassicGroup {
    const { clock } = this.#env;
    const group: ClassicGroup = new ClassicGroup(id, {
      rebalance: new Deadline(clock, () => completeJoin(this.#host, group)),
      sync: new Deadline(clock, () => syncTimedOut(this.#host, group)),
    });
    this.#groups.set(id, group);
    const stored = this.#shard.machine.groups.get(id);
    if (stored !== undefined) this.#restore(group, stored);
    return group;
  }

  #openOrFind(id: string): ClassicGroup {
    return this.#groups.get(id) ?? this.#open(id);
  }

  #find(id: string, memberId: string): ClassicGroup {
    const group = this.#groups.get(id);
    if (group === undefined)
      throw refusal("UNKNOWN_MEMBER_ID", `${memberId}, of a group without members`, id);
    return group;
  }

  /** Members have a whole session to find the new coordinator. */
  #restore(group: ClassicGroup, stored: StoredGroup): void {
    const members = stored.members.map((each) => {
      const protocols = [{ name: stored.protocol ?? "", metadata: each.metadata }];
      const session = new Deadline(this.#env.clock, () => sessionEnded(this.#host, group, member));
      const { sessionTimeoutUs, rebalanceTimeoutUs } = each;
      const asked = { sessionTimeoutUs, rebalanceTimeoutUs, protocols };
      const member: Member = new Member(each.memberId, each.instanceId, each.client, asked, session);
      member.assignment = each.assignment;
      member.isNew = false;
      member.touch();
      return member;
    });
    group.restore(stored, members);
    if (members.length > 0) reached(this.#env, "group/loaded-members");
  }

  async #announce(): Promise<void> {
    const { partition: shard, epoch, machine } = this.#shard;
    const groups = [...machine.groups].map(([id, stored]) => seen(id, stored));
    await tolerating(async () => {
      await this.#shard.read(() => undefined);
      observe(this.#env, { kind: "group/loaded", shard, epoch, groups });
    });
  }

  #checkJoin({ group, sessionTimeoutUs, rebalanceTimeoutUs, protocols }: JoinGroupRequest): void {
    const { sessionTimeoutMinUs, sessionTimeoutMaxUs } = this.#settings;
    const isInRange = sessionTimeoutUs >= sessionTimeoutMinUs && sessionTimeoutUs <= sessionTimeoutMaxUs;
    if (!isInRange) throw refusal("INVALID_REQUEST", `a session of ${sessionTimeoutUs} us`, group);
    if (group === "" || protocols.length === 0 || rebalanceTimeoutUs === 0) {
      throw refusal("INVALID_REQUEST", "no name, no protocol, or no time to join", group);
    }
  }

  /** Deletes what nobody has used for long, and groups of which nothing is left. */
  async #expire(): Promise<void> {
    const { machine } = this.#shard;
    for (const id of new Set([...machine.offsets.groups, ...this.#groups.keys()])) {
      await tolerating(() => this.#expireGroup(id));
    }
    if (!this.#isOver) this.#expiry.set(this.#settings.offsetsRetentionCheckUs);
  }

  async #expireGroup(id: string): Promise<void> {
    const nowMs = this.#nowMs();
    const group = this.#groups.get(id);
    const isEmpty = group === undefined || (group.state === "empty" && group.expected.size === 0);
    const occupancy = { isEmpty, emptySinceMs: group?.emptySinceMs };
    const expired = expiredOffsets(
      this.#shard.machine,
      id,
      occupancy,
      nowMs,
      this.#settings.offsetsRetentionMs,
    );
    if (expired.length > 0) {
      reached(this.#env, "group/offset-expired");
      await this.#shard.write(() => expiryWrite(id, expired, nowMs));
      for (const { partition } of expired)
        observe(this.#env, { kind: "group/offset-expired", group: id, partition: partitionName(partition) });
    }
    await this.#removeIfUnused(id);
  }

  async #removeIfUnused(id: string): Promise<void> {
    const group = this.#groups.get(id);
    if (group === undefined || group.state !== "empty" || group.expected.size > 0) return;
    const { offsets, groups } = this.#shard.machine;
    if (offsets.of(id).size > 0 || offsets.hasPending(id)) return;
    this.#groups.delete(id);
    if (!groups.has(id)) return;
    await this.#shard.write(() => {
      return { records: [groupRecord(id, undefined, this.#nowMs())], answer: undefined };
    });
    observe(this.#env, { kind: "group/removed", group: id });
  }

  #end(): void {
    this.#isOver = true;
    this.#expiry.cancel();
    for (const group of this.#groups.values()) {
      group.end(refusal("NOT_COORDINATOR", "a leadership that is over", group.id));
    }
  }

  #nowMs(): number {
    return Math.floor(this.#env.clock.wallUs() / US_PER_MS);
  }
}

function seen(group: string, { generation, protocol, leaderId, members }: StoredGroup): GenerationSeen {
  return {
    group,
    generation,
    protocol,
    leaderId,
    members: members.map(({ memberId, instanceId, client, assignment }) => {
      return { memberId, instanceId, client, assignment };
    }),
  };
}

/** Who asked for nothing misses nothing: the next coordinator, or the next look, sees to it. */
async function tolerating(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
  }
}
