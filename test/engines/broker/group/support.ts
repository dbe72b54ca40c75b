/** The groups of one shard over a log in an array, which another coordinator can take over; and members that speak to them. */
import {
  MemberIdRequired,
  groupSettingsOf,
  type GroupEvent,
  type GroupOptions,
} from "#engines/broker/group/index.js";
import { Groups } from "#engines/broker/group/groups.js";
import { GroupMachine } from "#engines/broker/group/machine.js";
import type {
  JoinGroupRequest,
  JoinGroupResponse,
  MemberStamp,
  OffsetToCommit,
} from "#engines/broker/protocol/group-types.js";
import { NO_EPOCH } from "#engines/broker/types.js";
import { MemoryEnv, settle } from "../../support/memory-env.js";
import { FakeLog, FakeShard, follow, type Followed } from "../support/fake-shard.js";

export { follow, type Followed };

export const GROUP = "g";
export const SESSION_US = 10_000_000;
export const REBALANCE_US = 60_000_000;

export function at(partition: number, offset: number): OffsetToCommit {
  return { partition: { topic: "t", partition }, offset, leaderEpoch: NO_EPOCH, metadata: "" };
}

export class GroupBench {
  readonly env: MemoryEnv = new MemoryEnv();
  readonly log: FakeLog = new FakeLog();
  /** How many partitions each topic has. */
  readonly topics: Map<string, number> = new Map([["t", 4]]);
  readonly #options: GroupOptions;
  shard: FakeShard<GroupMachine>;
  groups: Groups;

  constructor(options: GroupOptions = {}) {
    this.#options = { initialRebalanceDelayUs: 0, ...options };
    this.shard = new FakeShard(this.log, 1, new GroupMachine());
    this.groups = this.#open();
  }

  /** Another coordinator takes over: it knows what was written, and nothing else. `gate`: its shard's. */
  failOver(gate: Promise<void> = Promise.resolve()): void {
    this.shard.unload();
    this.shard = new FakeShard(this.log, this.shard.epoch + 1, new GroupMachine());
    this.shard.gate = gate;
    this.groups = this.#open();
  }

  get events(): GroupEvent[] {
    return this.env.events as GroupEvent[];
  }

  /** State and generation, as `stable 3`. */
  get state(): string {
    const [group] = this.groups.inspect();
    return group === undefined ? "none" : `${group.state} ${group.generation}`;
  }

  get members(): string[] {
    return this.groups.inspect()[0]?.members ?? [];
  }

  async pass(durationUs: number): Promise<void> {
    this.env.clock.advance(durationUs);
    await settle();
  }

  /** What is committed, as `partition:offset`. */
  async offsets(requiresStable = true): Promise<string[]> {
    const { offsets } = await this.groups.fetch({ group: GROUP, partitions: undefined, requiresStable });
    return offsets.map(({ partition, offset }) => `${partition.partition}:${offset}`).sort();
  }

  #open(): Groups {
    const settings = groupSettingsOf(this.#options);
    const partitionsOf = (topic: string): number | undefined => this.topics.get(topic);
    return new Groups({ env: this.env, settings, shard: this.shard, partitionsOf });
  }
}

/** A member as it knows itself: what it was told last. */
export class TestMember {
  readonly bench: GroupBench;
  readonly name: string;
  readonly instanceId: string | undefined;
  metadata: Uint8Array = new Uint8Array([1]);
  protocols: readonly string[] = ["range"];
  id = "";
  generation = -1;
  joined: JoinGroupResponse | undefined;

  constructor(bench: GroupBench, name: string, instanceId?: string) {
    this.bench = bench;
    this.name = name;
    this.instanceId = instanceId;
  }

  get stamp(): MemberStamp {
    return { group: GROUP, memberId: this.id, instanceId: this.instanceId, generation: this.generation };
  }

  request(): JoinGroupRequest {
    const { id: memberId, instanceId, metadata } = this;
    return {
      group: GROUP,
      memberId,
      instanceId,
      sessionTimeoutUs: SESSION_US,
      rebalanceTimeoutUs: REBALANCE_US,
      protocols: this.protocols.map((name) => ({ name, metadata })),
    };
  }

  /** Joins, also under the id that it is given first. */
  join(): Followed<JoinGroupResponse> {
    return follow(this.#join());
  }

  /** As leader it gives each member its name as assignment. */
  sync(assignments?: readonly { memberId: string; assignment: Uint8Array }[]): Followed<string> {
    const members = this.joined?.members ?? [];
    const given = members.map(({ memberId }) => ({
      memberId,
      assignment: new TextEncoder().encode(memberId),
    }));
    const request = {
      ...this.stamp,
      protocol: this.joined?.protocol ?? "",
      assignments: assignments ?? given,
    };
    return follow(
      this.bench.groups.sync(request).then(({ assignment }) => new TextDecoder().decode(assignment)),
    );
  }

  async heartbeat(): Promise<string> {
    return done(this.bench.groups.heartbeat(this.stamp));
  }

  async leave(): Promise<string> {
    const { id: memberId, instanceId } = this;
    return done(this.bench.groups.leave({ group: GROUP, memberId, instanceId }));
  }

  async commit(...offsets: OffsetToCommit[]): Promise<string> {
    return done(this.bench.groups.commit({ ...this.stamp, offsets }));
  }

  async #join(): Promise<JoinGroupResponse> {
    for (;;) {
      try {
        const joined = await this.bench.groups.join(this.request(), this.name);
        this.id = joined.memberId;
        this.generation = joined.generation;
        this.joined = joined;
        return joined;
      } catch (error) {
        if (!(error instanceof MemberIdRequired)) throw error;
        this.id = error.memberId;
      }
    }
  }
}

async function done(promise: Promise<unknown>): Promise<string> {
  const followed = follow(promise);
  await settle();
  return followed.said;
}

/** Members that are in one stable generation, the leader first. */
export async function settledGroup(bench: GroupBench, members: readonly TestMember[]): Promise<TestMember[]> {
  const joins = members.map((member) => member.join());
  await settle();
  // Those that came first were told of a generation without the others, and have to join again.
  for (let rounds = 0; rounds < 5 && !isOneGeneration(members); rounds++) {
    for (const [index, member] of members.entries())
      if (joins[index]!.said !== "nothing") joins[index] = member.join();
    await settle();
  }
  const ordered = [...members].sort((left, right) => Number(isLeader(right)) - Number(isLeader(left)));
  const syncs = ordered.map((member) => member.sync());
  await settle();
  for (const { said } of syncs) if (said !== "ok") throw new Error(`not settled: ${said}, ${bench.state}`);
  return ordered;
}

export function isLeader({ id, joined }: TestMember): boolean {
  return joined?.leaderId === id;
}

function isOneGeneration(members: readonly TestMember[]): boolean {
  const leader = members.find(isLeader);
  return (
    leader?.joined?.members.length === members.length &&
    new Set(members.map(({ generation }) => generation)).size === 1
  );
}
