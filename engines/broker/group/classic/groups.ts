import type { Env } from "../../../env/index.js";
import type { CoordinatorShard } from "../../coordinator/types.js";
import type {
  GroupHeartbeatRequest,
  JoinGroupRequest,
  JoinGroupResponse,
  LeaveGroupRequest,
  OffsetCommitRequest,
  SyncGroupRequest,
  SyncGroupResponse,
} from "../../protocol/group-types.js";
import { Deadline } from "../deadline.js";
import type { GroupEvent, GenerationSeen } from "../events.js";
import type { GroupMachine } from "../machine.js";
import { observe, reached } from "../observe.js";
import type { GroupSettings } from "../options.js";
import { groupRecord } from "../records.js";
import { refusal } from "../refusals.js";
import type { Written } from "../written.js";
import type { StoredGroup } from "../types.js";
import { checkCommit } from "./check.js";
import { ClassicGroup } from "./group.js";
import type { ClassicHost } from "./host.js";
import { join } from "./join.js";
import { Member } from "./member.js";
import { completeJoin, sessionEnded, syncTimedOut } from "./rebalance.js";
import { heartbeat, leave, sync } from "./stay.js";

export interface ClassicGroupsPlan {
  readonly env: Env;
  readonly settings: GroupSettings;
  readonly shard: CoordinatorShard<GroupMachine>;
  readonly nowMs: () => number;
  /** It is committed. */
  readonly tell: (event: GroupEvent) => void;
  readonly written: Written;
}

/** The groups of one shard whose members assign, as long as this broker coordinates them. */
export class ClassicGroups {
  readonly #plan: ClassicGroupsPlan;
  readonly #groups: Map<string, ClassicGroup> = new Map();
  readonly #host: ClassicHost;

  constructor(plan: ClassicGroupsPlan) {
    this.#plan = plan;
    this.#host = this.#newHost();
    for (const id of plan.shard.machine.groups.keys()) this.open(id);
  }

  get(id: string): ClassicGroup | undefined {
    return this.#groups.get(id);
  }

  get ids(): Iterable<string> {
    return this.#groups.keys();
  }

  /** As its records say. There must be none of that name. */
  open(id: string): ClassicGroup {
    const { clock } = this.#plan.env;
    const group: ClassicGroup = new ClassicGroup(id, {
      rebalance: new Deadline(clock, () => completeJoin(this.#host, group)),
      sync: new Deadline(clock, () => syncTimedOut(this.#host, group)),
    });
    this.#groups.set(id, group);
    const stored = this.#plan.shard.machine.groups.get(id);
    if (stored !== undefined) this.#restore(group, stored);
    return group;
  }

  /** There is nothing to know of it any more, or it is of another kind. It has no members. */
  drop(id: string): void {
    this.#groups.get(id)?.end(refusal("UNKNOWN_MEMBER_ID", "a group that is no more", id));
    this.#groups.delete(id);
  }

  async join(request: JoinGroupRequest, client: string): Promise<JoinGroupResponse> {
    this.#checkJoin(request);
    const { group: id, memberId } = request;
    // Only a new member makes a group; any other has been in one that is gone.
    const group = memberId === "" ? (this.#groups.get(id) ?? this.open(id)) : this.#find(id, memberId);
    const joined = await join(this.#host, group, request, client);
    return this.#plan.shard.read(() => joined);
  }

  async sync(request: SyncGroupRequest): Promise<SyncGroupResponse> {
    const synced = await sync(this.#host, this.#find(request.group, request.memberId), request);
    return this.#plan.shard.read(() => synced);
  }

  heartbeat(request: GroupHeartbeatRequest): Promise<void> {
    return this.#plan.shard.read(() =>
      heartbeat(this.#host, this.#find(request.group, request.memberId), request),
    );
  }

  leave(request: LeaveGroupRequest): Promise<void> {
    return this.#plan.shard.read(() =>
      leave(this.#host, this.#find(request.group, request.memberId), request),
    );
  }

  /** Throws what `checkCommit` does. */
  checkCommit(request: OffsetCommitRequest): void {
    checkCommit(this.#host, this.#groups.get(request.group), request);
  }

  inspect(): { group: string; state: string; generation: number; members: string[] }[] {
    return [...this.#groups.values()].map(({ id, state, generation, members }) => {
      return { group: id, state, generation, members: [...members.keys()] };
    });
  }

  end(): void {
    for (const group of this.#groups.values()) {
      group.end(refusal("NOT_COORDINATOR", "a leadership that is over", group.id));
    }
  }

  #newHost(): ClassicHost {
    const { env, settings, shard, nowMs, tell, written } = this.#plan;
    return {
      env,
      settings,
      store: async ({ id }, stored) => {
        const writing = shard.write(() => {
          return { records: [groupRecord(id, stored, nowMs())], answer: undefined };
        });
        const tellBefore = written.upToHere();
        await writing;
        tellBefore();
        tell({ kind: "group/generation", ...generationSeen(id, stored) });
      },
      changed: ({ id: group, state, generation, members: all }) =>
        observe(env, { kind: "group/state", group, state, generation, members: [...all.keys()] }),
      absent: ({ id: group, generation }, { id: memberId }) =>
        observe(env, { kind: "group/member-absent", group, memberId, generation }),
      left: ({ id: group, generation }, { id: memberId }, reason) =>
        observe(env, { kind: "group/member-left", group, memberId, generation, reason }),
    };
  }

  #find(id: string, memberId: string): ClassicGroup {
    const group = this.#groups.get(id);
    if (group === undefined)
      throw refusal("UNKNOWN_MEMBER_ID", `${memberId}, of a group without members`, id);
    return group;
  }

  /** Members have a whole session to find the new coordinator. */
  #restore(group: ClassicGroup, stored: StoredGroup): void {
    const { env } = this.#plan;
    const members = stored.members.map((each) => {
      const protocols = [{ name: stored.protocol ?? "", metadata: each.metadata }];
      const session = new Deadline(env.clock, () => sessionEnded(this.#host, group, member));
      const { sessionTimeoutUs, rebalanceTimeoutUs } = each;
      const asked = { sessionTimeoutUs, rebalanceTimeoutUs, protocols };
      const member: Member = new Member(each.memberId, each.instanceId, each.client, asked, session);
      member.assignment = each.assignment;
      member.isNew = false;
      member.touch();
      return member;
    });
    group.restore(stored, members);
    if (members.length > 0) reached(env, "group/loaded-members");
  }

  #checkJoin({ group, sessionTimeoutUs, rebalanceTimeoutUs, protocols }: JoinGroupRequest): void {
    const { sessionTimeoutMinUs, sessionTimeoutMaxUs } = this.#plan.settings;
    const isInRange = sessionTimeoutUs >= sessionTimeoutMinUs && sessionTimeoutUs <= sessionTimeoutMaxUs;
    if (!isInRange) throw refusal("INVALID_REQUEST", `a session of ${sessionTimeoutUs} us`, group);
    if (group === "" || protocols.length === 0 || rebalanceTimeoutUs === 0) {
      throw refusal("INVALID_REQUEST", "no name, no protocol, or no time to join", group);
    }
  }
}

export function generationSeen(
  group: string,
  { generation, protocol, leaderId, members }: StoredGroup,
): GenerationSeen {
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
