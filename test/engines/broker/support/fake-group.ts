/** A coordinator of one group without a log: it does what the protocol says, but for the mishaps that a test wants. */
import {
  GROUP_HEARTBEAT,
  JOIN_GROUP,
  LEAVE_GROUP,
  SYNC_GROUP,
  type CoordinatorAnswer,
  type CoordinatorRefusal,
  type JoinGroupRequest,
  type JoinGroupResponse,
  type MemberStamp,
  type OffsetCommitRequest,
  type SyncGroupRequest,
  type SyncGroupResponse,
} from "#engines/broker/protocol/index.js";
import { FakeCoordinator, refusal, type Answering } from "./fake-coordinator.js";

interface FakeMember {
  readonly memberId: string;
  readonly instanceId: string | undefined;
  request: JoinGroupRequest;
  assignment: Uint8Array | undefined;
  /** Of its join, and of its sync, while they wait. */
  joined: ((answer: CoordinatorAnswer<JoinGroupResponse>) => void) | undefined;
  synced: ((answer: CoordinatorAnswer<SyncGroupResponse>) => void) | undefined;
}

export class FakeGroup extends FakeCoordinator {
  state: "empty" | "preparing" | "completing" | "stable" = "empty";
  generation = 0;
  readonly members: Map<string, FakeMember> = new Map();
  #ids = 0;
  readonly #pending: Set<string> = new Set();

  protected serveMembers(on: Answering): void {
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
  }

  protected commitProblem(stamp: OffsetCommitRequest): CoordinatorRefusal | undefined {
    const problem = this.#problem(stamp);
    if (problem !== undefined) return problem;
    return this.state === "completing" ? refusal("REBALANCE_IN_PROGRESS") : undefined;
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
    if (old !== undefined && old.memberId !== id) {
      this.members.delete(old.memberId);
      if (this.members.size === 0 && this.state === "stable") return this.#takeOver(old, id, request);
    }
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

  /** The leader, and nobody beside it, is back: all stays as it was (KIP-814). */
  #takeOver(
    old: FakeMember,
    memberId: string,
    request: JoinGroupRequest,
  ): CoordinatorAnswer<JoinGroupResponse> {
    const member = { ...old, memberId, request };
    this.members.set(memberId, member);
    const { value } = this.#joinedAnswer(member);
    return { ok: true, value: { ...value, skipsAssignment: true } };
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
