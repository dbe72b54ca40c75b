/** The groups of one shard over a log in an array, which another coordinator can take over; and members that speak to them. */
import { assert } from "#engines/env/index.js";
import type {
  CoordinatorMarker,
  CoordinatorRecord,
  CoordinatorShard,
  CoordinatorWrite,
} from "#engines/broker/coordinator/types.js";
import { BrokerError, type BrokerErrorCode } from "#engines/broker/errors.js";
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

export const GROUP = "g";
export const SESSION_US = 10_000_000;
export const REBALANCE_US = 60_000_000;

type Entry =
  | { readonly kind: "record"; readonly record: CoordinatorRecord }
  | { readonly kind: "marker"; readonly marker: CoordinatorMarker };

/** What a fake shard appends to, and its successors read. */
export class FakeLog {
  readonly entries: Entry[] = [];
}

function refused(code: BrokerErrorCode): BrokerError {
  return new BrokerError(code, { expected: "", found: "", where: "a test", todo: "" });
}

export class FakeShard implements CoordinatorShard<GroupMachine> {
  readonly machine: GroupMachine = new GroupMachine();
  readonly partition = 0;
  readonly epoch: number;
  readonly #log: FakeLog;
  readonly #ends: Set<() => void> = new Set();
  /** While it is not over, nothing is committed. */
  gate: Promise<void> = Promise.resolve();
  /** What the next write fails with; before anything is appended. */
  failing: BrokerErrorCode | undefined;
  #isOver = false;

  constructor(log: FakeLog, epoch: number) {
    this.#log = log;
    this.epoch = epoch;
    for (const entry of log.entries) this.#replay(entry);
  }

  async write<T>(work: (machine: GroupMachine) => CoordinatorWrite<T>): Promise<T> {
    this.#check();
    const { records, stamp, answer } = work(this.machine);
    const { failing } = this;
    this.failing = undefined;
    if (failing !== undefined) throw refused(failing);
    for (const { key, value, timestampMs } of records) {
      assert(key !== null, "records have keys");
      const offset = this.#log.entries.length;
      const entry: Entry = {
        kind: "record",
        record: { offset, key, value, timestampMs, transaction: stamp },
      };
      this.#log.entries.push(entry);
      this.#replay(entry);
    }
    await this.gate;
    this.#check();
    return answer;
  }

  async read<T>(work: (machine: GroupMachine) => T): Promise<T> {
    this.#check();
    const answer = work(this.machine);
    await this.gate;
    this.#check();
    return answer;
  }

  onUnload(end: () => void): () => void {
    this.#ends.add(end);
    return () => void this.#ends.delete(end);
  }

  marker(producerId: number, producerEpoch: number, isCommit: boolean): void {
    const offset = this.#log.entries.length;
    const entry: Entry = { kind: "marker", marker: { offset, producerId, producerEpoch, isCommit } };
    this.#log.entries.push(entry);
    this.#replay(entry);
  }

  unload(): void {
    this.#isOver = true;
    for (const end of this.#ends) end();
  }

  #check(): void {
    if (this.#isOver) throw refused("NOT_COORDINATOR");
  }

  #replay(entry: Entry): void {
    if (entry.kind === "record") this.machine.replay(entry.record);
    else this.machine.replayMarker(entry.marker);
  }
}

/** What became of a request so far. */
export interface Followed<T> {
  /** `nothing`, `ok`, or the code of the refusal. */
  said: string;
  value: T | undefined;
  error: BrokerError | undefined;
}

export function follow<T>(promise: Promise<T>): Followed<T> {
  const followed: Followed<T> = { said: "nothing", value: undefined, error: undefined };
  promise.then(
    (value) => {
      followed.said = "ok";
      followed.value = value;
    },
    (error: unknown) => {
      if (!(error instanceof BrokerError)) throw error;
      followed.said = error.code;
      followed.error = error;
    },
  );
  return followed;
}

export function at(partition: number, offset: number): OffsetToCommit {
  return { partition: { topic: "t", partition }, offset, leaderEpoch: NO_EPOCH, metadata: "" };
}

export class GroupBench {
  readonly env: MemoryEnv = new MemoryEnv();
  readonly log: FakeLog = new FakeLog();
  readonly #options: GroupOptions;
  shard: FakeShard;
  groups: Groups;

  constructor(options: GroupOptions = {}) {
    this.#options = { initialRebalanceDelayUs: 0, ...options };
    this.shard = new FakeShard(this.log, 1);
    this.groups = this.#open();
  }

  /** Another coordinator takes over: it knows what was written, and nothing else. */
  failOver(): void {
    this.shard.unload();
    this.shard = new FakeShard(this.log, this.shard.epoch + 1);
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
    return new Groups({ env: this.env, settings: groupSettingsOf(this.#options), shard: this.shard });
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
