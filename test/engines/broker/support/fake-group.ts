/** A coordinator of one group without a log: it does what the protocol says, but for the mishaps that a test wants. */
import type { BrokerErrorCode } from "#engines/broker/index.js";
import { partitionName } from "#engines/broker/index.js";
import {
  FIND_COORDINATOR,
  GROUP_HEARTBEAT,
  JOIN_GROUP,
  LEAVE_GROUP,
  OFFSET_COMMIT,
  OFFSET_FETCH,
  SYNC_GROUP,
  type CoordinatorAnswer,
  type CoordinatorCall,
  type CoordinatorRefusal,
  type JoinGroupRequest,
  type JoinGroupResponse,
  type MemberStamp,
  type OffsetToCommit,
  type SyncGroupRequest,
  type SyncGroupResponse,
} from "#engines/broker/protocol/index.js";
import type { RpcServer } from "#engines/rpc/index.js";
import { forever } from "../../rpc/support.js";

export type GroupCall = "find" | "join" | "sync" | "heartbeat" | "leave" | "commit" | "fetch";

/** What happens instead of, or after, what is asked for. */
export type GroupMishap =
  | { readonly refuse: BrokerErrorCode }
  | { readonly silent: "before" | "after" }
  | { readonly delayUs: number };

export interface Heard {
  readonly call: GroupCall;
  readonly broker: string;
  readonly request: Partial<MemberStamp & JoinGroupRequest & { readonly offsets: readonly OffsetToCommit[] }>;
  readonly atUs: number;
}

interface FakeMember {
  readonly memberId: string;
  readonly instanceId: string | undefined;
  request: JoinGroupRequest;
  assignment: Uint8Array | undefined;
  /** Of its join, and of its sync, while they wait. */
  joined: ((answer: CoordinatorAnswer<JoinGroupResponse>) => void) | undefined;
  synced: ((answer: CoordinatorAnswer<SyncGroupResponse>) => void) | undefined;
}

const refusal = (code: BrokerErrorCode, memberId?: string): CoordinatorRefusal => ({
  ok: false,
  code,
  found: "a fake refusal",
  ...(memberId === undefined ? {} : { memberId }),
});

export class FakeGroup {
  coordinator = "b2";
  state: "empty" | "preparing" | "completing" | "stable" = "empty";
  generation = 0;
  readonly members: Map<string, FakeMember> = new Map();
  readonly committed: Map<string, OffsetToCommit> = new Map();
  readonly heard: Heard[] = [];
  /** Decides what happens to a call, by how many of its kind came before. */
  mishap: (call: GroupCall, count: number, memberId: string) => GroupMishap | undefined = () => undefined;
  #ids = 0;
  readonly #pending: Set<string> = new Set();

  serve(server: RpcServer): void {
    const { env } = server;
    const on = <Request extends object, T>(
      call: GroupCall,
      type: CoordinatorCall<Request, T>,
      handle: (request: Request) => CoordinatorAnswer<T> | Promise<CoordinatorAnswer<T>>,
    ): void =>
      server.serve(type, async (request) => {
        const { memberId = "" } = request as Partial<MemberStamp>;
        const mishap = this.mishap(call, this.count(call), memberId);
        this.heard.push({ call, broker: env.node, request, atUs: env.clock.nowUs() });
        if (mishap !== undefined && "delayUs" in mishap) await env.clock.sleep(mishap.delayUs);
        if (mishap !== undefined && "silent" in mishap && mishap.silent === "before") return forever();
        if (mishap !== undefined && "refuse" in mishap) return refusal(mishap.refuse);
        if (call !== "find" && env.node !== this.coordinator) return refusal("NOT_COORDINATOR");
        const answer = await handle(request);
        return mishap !== undefined && "silent" in mishap ? forever() : answer;
      });
    on("find", FIND_COORDINATOR, () => ({ ok: true, value: { broker: this.coordinator } }));
    on("join", JOIN_GROUP, (request) => this.#join(request));
    on("sync", SYNC_GROUP, (request) => this.#sync(request));
    on("heartbeat", GROUP_HEARTBEAT, (stamp) => {
      const problem = this.#problem(stamp);
      if (problem !== undefined) return problem;
      return this.state === "preparing" ? refusal("REBALANCE_IN_PROGRESS") : { ok: true, value: undefined };
    });
    on("leave", LEAVE_GROUP, ({ memberId }) => {
      if (!this.members.has(memberId)) return refusal("UNKNOWN_MEMBER_ID");
      this.remove(memberId);
      return { ok: true, value: undefined };
    });
    on("commit", OFFSET_COMMIT, ({ offsets, ...stamp }) => {
      const problem = this.#problem(stamp);
      if (problem !== undefined) return problem;
      if (this.state === "completing") return refusal("REBALANCE_IN_PROGRESS");
      for (const each of offsets) this.committed.set(partitionName(each.partition), each);
      return { ok: true, value: undefined };
    });
    on("fetch", OFFSET_FETCH, ({ partitions = [] }) => {
      const offsets = partitions.flatMap((each) => this.committed.get(partitionName(each)) ?? []);
      return { ok: true, value: { offsets } };
    });
  }

  count(call: GroupCall): number {
    return this.of(call).length;
  }

  of(call: GroupCall): readonly Heard[] {
    return this.heard.filter((each) => each.call === call);
  }

  /** Takes it out of the group, which rebalances. */
  remove(memberId: string): void {
    this.members.delete(memberId);
    if (this.members.size === 0) this.state = "empty";
    else this.rebalance();
  }

  rebalance(): void {
    this.state = "preparing";
    for (const member of this.members.values()) {
      member.synced?.(refusal("REBALANCE_IN_PROGRESS"));
      member.synced = undefined;
    }
    this.#maybeComplete();
  }

  #problem({ memberId, generation, instanceId }: MemberStamp): CoordinatorRefusal | undefined {
    const member = this.members.get(memberId);
    const namesake = [...this.members.values()].find((each) => each.instanceId === instanceId);
    if (instanceId !== undefined && namesake !== undefined && namesake !== member) {
      return refusal("FENCED_INSTANCE_ID");
    }
    if (member === undefined) return refusal("UNKNOWN_MEMBER_ID");
    return generation === this.generation ? undefined : refusal("ILLEGAL_GENERATION");
  }

  #join(
    request: JoinGroupRequest,
  ): CoordinatorAnswer<JoinGroupResponse> | Promise<CoordinatorAnswer<JoinGroupResponse>> {
    const { memberId, instanceId } = request;
    const id = memberId === "" ? `m${++this.#ids}` : memberId;
    if (memberId === "" && instanceId === undefined) {
      this.#pending.add(id);
      return refusal("MEMBER_ID_REQUIRED", id);
    }
    const old = [...this.members.values()].find(
      (each) => instanceId !== undefined && each.instanceId === instanceId,
    );
    if (old !== undefined && old.memberId !== id) this.members.delete(old.memberId);
    const known = this.members.get(id);
    if (known === undefined && memberId !== "" && !this.#pending.delete(memberId)) {
      return refusal(old === undefined ? "UNKNOWN_MEMBER_ID" : "FENCED_INSTANCE_ID");
    }
    // The answer was lost, nothing has changed: it is given again.
    if (known !== undefined && this.state === "completing" && sameRequest(known.request, request)) {
      return this.#joinedAnswer(known);
    }
    const none = { assignment: undefined, joined: undefined, synced: undefined };
    const member: FakeMember = known ?? { memberId: id, instanceId, request, ...none };
    member.request = request;
    this.members.set(id, member);
    member.joined?.(refusal("REBALANCE_IN_PROGRESS"));
    return new Promise((resolve) => {
      member.joined = resolve;
      if (this.state === "preparing") this.#maybeComplete();
      else this.rebalance();
    });
  }

  #maybeComplete(): void {
    const members = [...this.members.values()];
    if (this.state !== "preparing" || members.some(({ joined }) => joined === undefined)) return;
    this.generation++;
    this.state = "completing";
    for (const member of members) {
      member.joined!({ ok: true, value: this.#joinedAnswer(member).value });
      member.joined = undefined;
      member.assignment = undefined;
    }
  }

  #joinedAnswer({ memberId, request }: FakeMember): { readonly ok: true; readonly value: JoinGroupResponse } {
    const [leaderId = ""] = this.members.keys();
    const { name: protocol } = request.protocols[0]!;
    const members = [...this.members.values()].map((each) => ({
      memberId: each.memberId,
      instanceId: each.instanceId,
      metadata: each.request.protocols[0]!.metadata,
    }));
    const { generation } = this;
    const told = leaderId === memberId ? members : [];
    return {
      ok: true,
      value: { generation, memberId, leaderId, protocol, members: told, skipsAssignment: false },
    };
  }

  #sync(
    request: SyncGroupRequest,
  ): CoordinatorAnswer<SyncGroupResponse> | Promise<CoordinatorAnswer<SyncGroupResponse>> {
    const problem = this.#problem(request);
    if (problem !== undefined) return problem;
    if (this.state === "preparing") return refusal("REBALANCE_IN_PROGRESS");
    for (const { memberId, assignment } of request.assignments) {
      this.members.get(memberId)!.assignment = assignment;
    }
    if (request.assignments.length > 0) {
      this.state = "stable";
      for (const member of this.members.values()) {
        member.synced?.({ ok: true, value: { assignment: member.assignment! } });
        member.synced = undefined;
      }
    }
    const member = this.members.get(request.memberId)!;
    if (this.state === "stable") return { ok: true, value: { assignment: member.assignment! } };
    return new Promise((resolve) => {
      member.synced = resolve;
    });
  }
}

function sameRequest(a: JoinGroupRequest, b: JoinGroupRequest): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
