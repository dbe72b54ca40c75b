// Any story of KIP-848's members: heartbeats, leaves, restarts, answers that are lost, requests that come late, silence and
// failovers. Nothing is had by two, epochs never go back, commits count where they should, and all comes to rest.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { ConsumerGroup } from "#engines/broker/group/consumer/types.js";
import type { ConsumerHeartbeatRequest } from "#engines/broker/protocol/group-types.js";
import { partitionName } from "#engines/broker/types.js";
import { settle } from "../../support/memory-env.js";
import { TestConsumer } from "./consumer-support.js";
import { GROUP, GroupBench, at, follow } from "./support.js";

const MEMBERS = 4;
const S = 1_000_000;

/** What becomes of a heartbeat: of a late one it is said later that it comes. */
type Fate = "heard" | "unanswered" | "lost" | "late";

type MemberStep = "take" | "leave" | "goAway" | "restart" | "subscribe";
type Step =
  | { readonly kind: "beat"; readonly who: number; readonly fate: Fate }
  | { readonly kind: MemberStep; readonly who: number }
  | { readonly kind: "commit"; readonly who: number; readonly partition: number; readonly back: number }
  | { readonly kind: "pass"; readonly seconds: number }
  | { readonly kind: "all" }
  | { readonly kind: "failOver" }
  | { readonly kind: "failWrite" }
  | { readonly kind: "grow" }
  | { readonly kind: "arrive"; readonly which: number };

const who = fc.nat(MEMBERS - 1);
const fate = fc.constantFrom<Fate>("heard", "heard", "heard", "unanswered", "lost", "late");
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 14, arbitrary: fc.record({ kind: fc.constant("beat" as const), who, fate }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant("take" as const), who }) },
  { weight: 5, arbitrary: fc.constant<Step>({ kind: "all" }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("arrive" as const), which: fc.nat(9) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("commit" as const),
      who,
      partition: fc.nat(3),
      back: fc.nat(4),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("leave" as const, "goAway" as const, "restart" as const, "subscribe" as const),
      who,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("pass" as const), seconds: fc.integer({ min: 1, max: 50 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Step>({ kind: "failOver" }, { kind: "failWrite" }, { kind: "grow" }),
  },
);

/** A member that takes its time: what it is told and has not done yet, it neither has given up, nor has said that it has. */
class SlowConsumer extends TestConsumer {
  override rebalanceTimeoutUs = 15 * S;
  #lives = 0;
  #given: TestConsumer["owned"] | undefined;

  override request(changes: Partial<ConsumerHeartbeatRequest> = {}): ConsumerHeartbeatRequest {
    const request = super.request(changes);
    return request.owned === undefined ? request : { ...request, owned: this.claimed };
  }

  /** What it has, or may come to have without asking. */
  get claimed(): TestConsumer["owned"] {
    const names = new Set(this.owned.map(partitionName));
    return [...this.owned, ...(this.#given ?? []).filter((given) => !names.has(partitionName(given)))];
  }

  override take(sent: Parameters<TestConsumer["take"]>[0]): void {
    const { owned, tells } = this;
    super.take(sent);
    const { said, value } = sent;
    if (/UNKNOWN_MEMBER|FENCED/u.test(said)) return this.startAnew();
    this.owned = owned;
    if (said !== "ok") this.tells = tells;
    else if (value!.assignment !== undefined) [this.#given, this.tells] = [value!.assignment, false];
  }

  /** Does what it was told. */
  settle(): void {
    if (this.#given === undefined) return;
    this.owned = this.#given;
    this.#given = undefined;
    this.tells = true;
  }

  startAnew(): void {
    this.id = `${this.name}.${++this.#lives}`;
    this.epoch = 0;
    this.owned = [];
    this.#given = undefined;
    this.tells = false;
  }
}

class Story {
  readonly bench: GroupBench = new GroupBench();
  readonly members: SlowConsumer[] = [];
  readonly #late: { request: ConsumerHeartbeatRequest; from: string }[] = [];
  /** Of each partition: since which epoch whoever has it has it. Who comes back from away has it anew. */
  readonly #since: Map<string, { readonly memberId: string; readonly epoch: number }> = new Map();
  readonly #epochs: Map<string, number> = new Map();
  #generation = 0;
  #told = 0;

  constructor() {
    for (let index = 0; index < MEMBERS; index++) {
      const instanceId = index % 2 === 0 ? undefined : `i${index}`;
      this.members.push(new SlowConsumer(this.bench, `m${index}`, instanceId));
    }
  }

  get group(): ConsumerGroup | undefined {
    return this.bench.shard.machine.consumers.get(GROUP);
  }

  async take(taken: Step): Promise<void> {
    const { bench, members } = this;
    if (taken.kind === "pass") await bench.pass(taken.seconds * S);
    else if (taken.kind === "failOver") bench.failOver();
    else if (taken.kind === "failWrite") bench.shard.failing = "COORDINATOR_NOT_AVAILABLE";
    else if (taken.kind === "grow") bench.topics.set("u", (bench.topics.get("u") ?? 0) + 1);
    else if (taken.kind === "all") await this.round();
    else if (taken.kind === "arrive") await this.#arrive(taken.which);
    else if (taken.kind === "beat") await this.#beat(members[taken.who]!, taken.fate);
    else if (taken.kind === "commit") await this.#commit(members[taken.who]!, taken.partition, taken.back);
    else await this.#actOn(members[taken.who]!, taken.kind);
    await settle();
    this.check();
  }

  async #actOn(member: SlowConsumer, kind: MemberStep): Promise<void> {
    if (kind === "take") member.settle();
    else if (kind === "restart") member.startAnew();
    else if (kind === "subscribe") this.#subscribe(member);
    else await this.#leave(member, kind === "goAway");
  }

  async round(): Promise<void> {
    for (const member of this.members) {
      await this.#beat(member, "heard");
      member.settle();
      this.check();
    }
  }

  async #beat(member: SlowConsumer, fated: Fate): Promise<void> {
    if (fated === "heard") return void (await member.beat());
    if (fated === "late") this.#late.push({ request: member.request(), from: member.name });
    else if (fated === "unanswered") member.send();
    await settle();
    // It gave up the call, and does not know.
    member.isFull = true;
  }

  async #arrive(which: number): Promise<void> {
    const [late] = this.#late.splice(which % Math.max(1, this.#late.length), 1);
    if (late !== undefined) follow(this.bench.groups.consumerHeartbeat(late.request, late.from));
    await settle();
  }

  async #leave(member: SlowConsumer, isForAWhile: boolean): Promise<void> {
    await member.leave(isForAWhile && member.instanceId !== undefined ? -2 : -1);
    member.startAnew();
  }

  #subscribe(member: SlowConsumer): void {
    member.topics = member.topics.length === 1 ? ["t", "u"] : ["t"];
    member.isFull = true;
  }

  async #commit(member: SlowConsumer, partition: number, back: number): Promise<void> {
    const name = `t-${partition}`;
    const generation = Math.max(-1, member.epoch - back);
    const current = this.group?.currents.get(member.id);
    const since = this.#since.get(name);
    const isHeld = since?.memberId === member.id && this.holders().get(name) === member.id;
    const mayCommit =
      current !== undefined && isHeld && generation >= since.epoch && generation <= current.epoch;
    this.bench.shard.failing = undefined;
    expect([await member.commit(generation, at(partition, 1)), mayCommit]).toEqual([
      mayCommit ? "ok" : expect.stringMatching(/STALE_MEMBER_EPOCH|UNKNOWN_MEMBER_ID|FENCED_INSTANCE_ID/u),
      mayCommit,
    ]);
  }

  /** By partition. Fails where there are two. */
  holders(): Map<string, string> {
    const holders = new Map<string, string>();
    for (const [memberId, { assigned, revoking }] of this.group?.currents ?? []) {
      for (const { partition } of [...assigned, ...revoking]) {
        const name = partitionName(partition);
        if (holders.has(name)) throw new Error(`${name} is ${holders.get(name)}'s, and ${memberId}'s`);
        holders.set(name, memberId);
      }
    }
    return holders;
  }

  check(): void {
    this.#hear();
    const holders = this.holders();
    // Whoever is a member has nothing that the coordinator takes for free.
    for (const { id, claimed } of this.members) {
      if (this.group?.members.has(id) !== true) continue;
      for (const name of claimed.map(partitionName)) {
        if (holders.get(name) !== id) throw new Error(`${id} has ${name}, which is ${holders.get(name)}'s`);
      }
    }
    const { head, currents } = this.group ?? {};
    for (const [id, { epoch }] of currents ?? []) {
      if (epoch > head!.epoch) throw new Error(`${id} is at ${epoch}, ahead of its group`);
    }
  }

  #hear(): void {
    const { events } = this.bench;
    for (; this.#told < events.length; this.#told++) {
      const event = events[this.#told]!;
      if (event.kind === "group/removed") this.#generation = 0;
      if (event.kind === "group/member-left" && event.reason !== "replaced")
        this.#epochs.delete(event.memberId);
      if (event.kind === "group/generation") {
        if (event.generation < this.#generation) throw new Error(`${event.generation} is back`);
        this.#generation = event.generation;
      }
      if (event.kind !== "group/member-epoch") continue;
      const { memberId, memberEpoch, partitions, revoking } = event;
      const isAway = memberEpoch === -2;
      if (!isAway) {
        const before = this.#epochs.get(memberId) ?? 0;
        if (memberEpoch < before) throw new Error(`${memberId} goes back from ${before} to ${memberEpoch}`);
        this.#epochs.set(memberId, memberEpoch);
      }
      const has = new Set(isAway ? [] : [...partitions, ...revoking]);
      for (const [name, since] of this.#since)
        if (since.memberId === memberId && !has.has(name)) this.#since.delete(name);
      for (const name of has) {
        if (this.#since.get(name)?.memberId === memberId) continue;
        this.#since.set(name, { memberId, epoch: memberEpoch });
      }
    }
  }

  /** Everybody behaves from now on. */
  async rest(): Promise<void> {
    this.bench.shard.failing = undefined;
    for (let round = 0; round < 40; round++) {
      await this.round();
      if (this.#isAtRest()) return;
      await this.bench.pass(5 * S);
    }
    expect(JSON.stringify(this.bench.groups.inspect())).toBe("at rest");
  }

  #isAtRest(): boolean {
    const { group, members, bench } = this;
    if (group === undefined || !bench.state.startsWith("stable")) return false;
    if (group.members.size !== members.length) return false;
    const topics = new Set([...group.members.values()].flatMap((member) => member.topics));
    const wanted = [...topics].reduce((sum, topic) => sum + (bench.topics.get(topic) ?? 0), 0);
    return (
      this.holders().size === wanted &&
      members.every(({ id, epoch, has }) => {
        const target = group.targets.get(id)?.map(partitionName).sort().join(" ");
        return epoch === group.head.epoch && has === target;
      })
    );
  }
}

it("a group that its coordinator assigns keeps its promises in any story, and comes to rest after it", async () => {
  const reached: Set<string> = new Set();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 90 }), async (steps) => {
      const story = new Story();
      for (const each of steps) await story.take(each);
      await story.rest();
      for (const mark of story.bench.env.marks) reached.add(mark);
    }),
    { seed: 7, numRuns: 150 },
  );
  expect([...reached].sort()).toEqual(
    expect.arrayContaining([
      "group/answer-repeated",
      "group/fenced-member-epoch",
      "group/loaded-members",
      "group/member-returned",
      "group/revocation-expired",
      "group/session-expired",
      "group/stale-member-epoch",
      "group/unreleased-instance",
    ]),
  );
});
