import { assert } from "../../../env/index.js";
import type { BrokerError } from "../../errors.js";
import type { JoinGroupResponse } from "../../protocol/group-types.js";
import type { Deadline } from "../deadline.js";
import type { StoredGroup } from "../types.js";
import type { Member } from "./member.js";

/**
 * `empty`: nobody takes part. `preparing`: the members are to join again. `completing`: they have, and wait for what the
 * leader assigns. `stable`: they have it. Kafka's names are Empty, PreparingRebalance, CompletingRebalance, Stable.
 */
export type ClassicState = "empty" | "preparing" | "completing" | "stable";

const NEXT: Readonly<Record<ClassicState, readonly ClassicState[]>> = {
  empty: ["preparing"],
  preparing: ["completing", "empty"],
  completing: ["stable", "preparing"],
  stable: ["preparing"],
};

/** Deadlines of a group, made by whoever acts when they pass. */
export interface GroupDeadlines {
  /** Until when the members may join. */
  readonly rebalance: Deadline;
  /** Until when they have to ask for their assignment (KAFKA-12890). */
  readonly sync: Deadline;
}

/** A group of the classic protocol as one coordinator knows it. Who acts on it sees to the rules; this keeps it whole. */
export class ClassicGroup {
  readonly id: string;
  readonly deadlines: GroupDeadlines;
  /** Member ids that were given out, and nobody has joined under (KIP-394). */
  readonly expected: Map<string, Deadline> = new Map();
  /** Who has not asked for its assignment in this generation. */
  readonly unsynced: Set<string> = new Set();
  readonly #members: Map<string, Member> = new Map();
  readonly #instances: Map<string, string> = new Map();
  #state: ClassicState = "empty";
  #generation = 0;
  #protocol: string | undefined;
  #leaderId: string | undefined;
  emptySinceMs: number | undefined;
  /** While more members are waited for after the first: until when at the latest. */
  gathersUntilUs: number | undefined;
  /** Whether the assignment of this generation is being written. */
  isStoring = false;
  #isOver = false;

  constructor(id: string, deadlines: GroupDeadlines) {
    this.id = id;
    this.deadlines = deadlines;
  }

  /** Another coordinator has it: what was begun here ends without effect. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get state(): ClassicState {
    return this.#state;
  }

  get generation(): number {
    return this.#generation;
  }

  get protocol(): string | undefined {
    return this.#protocol;
  }

  get leaderId(): string | undefined {
    return this.#leaderId;
  }

  get members(): ReadonlyMap<string, Member> {
    return this.#members;
  }

  /** The member id of an instance (KIP-345). */
  instance(instanceId: string): string | undefined {
    return this.#instances.get(instanceId);
  }

  become(state: ClassicState): void {
    assert(!this.#isOver, "nothing happens to a group whose coordinator is another one");
    assert(NEXT[this.#state].includes(state), `a group that is ${this.#state} does not become ${state}`);
    const isWithout = this.#members.size === 0;
    assert(
      state === "preparing" || (state === "empty") === isWithout,
      "a group is empty where nobody takes part",
    );
    this.#state = state;
  }

  /** What a predecessor wrote: all is as it left it. */
  restore({ generation, protocol, leaderId, emptySinceMs }: StoredGroup, members: readonly Member[]): void {
    assert(this.#state === "empty" && this.#members.size === 0, "only a new group is restored");
    this.#generation = generation;
    this.#protocol = protocol;
    this.#leaderId = leaderId;
    this.emptySinceMs = emptySinceMs;
    for (const member of members) this.add(member);
    if (members.length > 0) this.#state = "stable";
  }

  add(member: Member): void {
    assert(!this.#members.has(member.id), "a member is added once");
    this.#members.set(member.id, member);
    if (member.instanceId === undefined) return;
    assert(!this.#instances.has(member.instanceId), "an instance is one member");
    this.#instances.set(member.instanceId, member.id);
  }

  /** Whoever waits of it hears the reason. */
  remove(member: Member, reason: BrokerError): void {
    assert(this.#members.get(member.id) === member, "who is removed was there");
    this.#members.delete(member.id);
    this.unsynced.delete(member.id);
    if (member.instanceId !== undefined) this.#instances.delete(member.instanceId);
    member.end(reason);
  }

  /** `next` takes the place of `member`, the same instance, in all that this generation has agreed on. */
  replace(member: Member, next: Member, reason: BrokerError): void {
    assert(
      member.instanceId !== undefined && member.instanceId === next.instanceId,
      "an instance is replaced by itself",
    );
    const wasLeader = this.#leaderId === member.id;
    this.remove(member, reason);
    next.assignment = member.assignment;
    this.add(next);
    if (wasLeader) this.#leaderId = next.id;
  }

  /** Has another member lead, if the leader has not joined and another one has. */
  electLeader(): void {
    const leader = this.#leaderId === undefined ? undefined : this.#members.get(this.#leaderId);
    if (leader?.joining !== undefined) return;
    const joined = [...this.#members.values()].find(({ joining }) => joining !== undefined);
    if (joined !== undefined) this.#leaderId = joined.id;
  }

  /** `protocol` undefined: there are no members any more. */
  beginGeneration(protocol: string | undefined): void {
    assert(this.#state === "preparing", "a generation follows a rebalance");
    assert((protocol === undefined) === (this.#members.size === 0), "members have a protocol in common");
    this.#generation++;
    this.#protocol = protocol;
    if (protocol === undefined) this.#leaderId = undefined;
    assert(protocol === undefined || this.#members.has(this.#leaderId ?? ""), "a leader is a member");
  }

  joinedAs(member: Member, skipsAssignment = false): JoinGroupResponse {
    const isLeader = member.id === this.#leaderId;
    const members = isLeader ? [...this.#members.values()] : [];
    return {
      generation: this.#generation,
      memberId: member.id,
      leaderId: this.#leaderId ?? "",
      protocol: this.#protocol ?? "",
      members: members.map((each) => ({
        memberId: each.id,
        instanceId: each.instanceId,
        metadata: each.metadataOf(this.#protocol),
      })),
      skipsAssignment: skipsAssignment && isLeader,
    };
  }

  /** What a successor is to know. `assignments`: those that are to come; else as they are. */
  stored(assignments?: ReadonlyMap<string, Uint8Array>): StoredGroup {
    const none = new Uint8Array(0);
    return {
      generation: this.#generation,
      protocol: this.#protocol,
      leaderId: this.#leaderId,
      emptySinceMs: this.emptySinceMs,
      members: [...this.#members.values()].map((member) =>
        member.stored(
          this.#protocol,
          assignments === undefined ? undefined : (assignments.get(member.id) ?? none),
        ),
      ),
    };
  }

  /** Whoever waits hears why; nothing happens here any more. */
  end(reason: BrokerError): void {
    this.#isOver = true;
    this.deadlines.rebalance.cancel();
    this.deadlines.sync.cancel();
    for (const deadline of this.expected.values()) deadline.cancel();
    for (const member of this.#members.values()) member.end(reason);
  }
}
