// Any story of members, lost answers, silence and failovers: one assignment a generation, generations that only go up,
// offsets only from those who may commit, and a group that comes to rest.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { MemberStamp } from "#engines/broker/protocol/group-types.js";
import { settle } from "../../support/memory-env.js";
import { follow, GroupBench, SESSION_US, TestMember, at, isLeader, type Followed } from "./support.js";

const MEMBERS = 4;

type Step =
  | {
      readonly kind: "join" | "sync" | "heartbeat" | "commit" | "commitLate" | "leave" | "restart";
      readonly who: number;
    }
  | { readonly kind: "pass"; readonly sessions: number }
  | { readonly kind: "all" }
  | { readonly kind: "failOver" }
  | { readonly kind: "failWrite" };

const who = fc.nat(MEMBERS - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("join" as const), who }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("sync" as const), who }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("heartbeat" as const), who }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constantFrom("commit" as const, "commitLate" as const), who }),
  },
  { weight: 3, arbitrary: fc.constant<Step>({ kind: "all" }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("leave" as const, "restart" as const), who }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("pass" as const), sessions: fc.integer({ min: 1, max: 8 }) }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: "failOver" }, { kind: "failWrite" }) },
);

class Story {
  readonly bench: GroupBench = new GroupBench();
  readonly members: TestMember[] = [];
  /** As each was before it joined last. */
  readonly #earlier: (MemberStamp | undefined)[] = [];
  readonly #pending: (Followed<unknown> | undefined)[] = [];
  /** What was given to whom, by generation: the leader gives each its own name. */
  readonly #given: Map<string, string> = new Map();
  #committed = 0;
  #expected: string[] = [];
  #lives = 0;

  constructor() {
    // Half of them are static.
    for (let index = 0; index < MEMBERS; index++) this.members.push(this.#newMember(index));
  }

  async take(taken: Step): Promise<void> {
    if (taken.kind === "pass") await this.bench.pass((taken.sessions * SESSION_US) / 4);
    else if (taken.kind === "failOver") this.bench.failOver();
    else if (taken.kind === "all") await this.#all();
    else if (taken.kind === "failWrite") this.bench.shard.failing = "COORDINATOR_NOT_AVAILABLE";
    else await this.#act(taken.kind, taken.who);
    await settle();
    this.check();
  }

  async #act(kind: Extract<Step, { readonly who: number }>["kind"], index: number): Promise<void> {
    const member = this.members[index]!;
    const isBusy = this.#pending[index]?.said === "nothing";
    if (kind === "restart") {
      this.members[index] = this.#newMember(index);
      this.#pending[index] = undefined;
    } else if (kind === "commit") await this.#commit(member, member.stamp);
    else if (kind === "commitLate") await this.#commit(member, this.#earlier[index] ?? member.stamp);
    else if (kind === "heartbeat") this.#hear(member, await member.heartbeat());
    else if (kind === "leave") await member.leave();
    else if (!isBusy) {
      this.#earlier[index] = member.stamp;
      if (kind === "join") this.#pending[index] = member.join();
      else this.#sync(index, member);
    }
  }

  #sync(index: number, member: TestMember): void {
    const { generation } = member;
    const synced = member.sync();
    this.#pending[index] = synced;
    void settle().then(() => {
      this.#hear(member, synced.said);
    });
    this.#watch.push({ synced, generation, key: `${generation} ${member.instanceId ?? member.id}` });
  }

  readonly #watch: { synced: Followed<string>; generation: number; key: string }[] = [];

  /** As a client does: whoever is none any more is a new one. */
  #hear(member: TestMember, said: string): void {
    if (said !== "UNKNOWN_MEMBER_ID" && said !== "FENCED_INSTANCE_ID") return;
    member.id = "";
    member.generation = -1;
  }

  /** Everybody joins and asks for its assignment, as far as the group lets it. */
  async #all(): Promise<void> {
    for (const kind of ["join", "join", "sync"] as const) {
      for (const index of this.members.keys()) await this.#act(kind, index);
      await settle();
    }
  }

  async #commit(member: TestMember, stamp: MemberStamp): Promise<void> {
    const offset = ++this.#committed;
    const { state } = this.bench;
    const { memberId, generation, instanceId } = stamp;
    const isMember = this.bench.members.includes(memberId) && state.endsWith(` ${generation}`);
    const isNobody = memberId === "" && generation === -1 && instanceId === undefined;
    const isVacant = state === "none" || state.startsWith("empty");
    const mayCommit = isNobody ? isVacant : isMember && !state.startsWith("completing");
    const willFail = this.bench.shard.failing !== undefined;
    const committing = follow(this.bench.groups.commit({ ...stamp, offsets: [at(0, offset)] }));
    await settle();
    if (stamp.memberId === member.id) this.#hear(member, committing.said);
    expect([committing.said === "ok", state]).toEqual([mayCommit && !willFail, state]);
    if (committing.said === "ok") this.#expected = [`0:${offset}`];
  }

  check(): void {
    for (const { synced, key } of this.#watch) {
      if (synced.said !== "ok") continue;
      const before = this.#given.get(key) ?? synced.value!;
      this.#given.set(key, before);
      expect([key, synced.value]).toEqual([key, before]);
    }
    const generations = this.bench.events.flatMap((event) =>
      event.kind === "group/generation" && event.protocol !== undefined ? [event.generation] : [],
    );
    // A static member that is replaced has its generation written once more.
    expect(generations).toEqual([...generations].sort((left, right) => left - right));
    for (const event of this.bench.events) {
      if (event.kind !== "group/generation") continue;
      const names = event.members.map(({ memberId }) => memberId);
      expect(new Set(names).size).toBe(names.length);
    }
  }

  /** Everybody behaves from now on. */
  async rest(): Promise<void> {
    this.bench.shard.failing = undefined;
    for (let round = 0; round < 40; round++) {
      for (const [index, member] of this.members.entries()) {
        if (this.#pending[index]?.said === "nothing") continue;
        const beat = await member.heartbeat();
        this.#hear(member, beat);
        const wasRefused = this.#pending[index]?.said !== "ok";
        if (beat !== "ok" || member.joined === undefined || wasRefused) {
          this.#pending[index] = member.join();
          await settle();
          this.#hear(member, this.#pending[index].said);
        }
      }
      await settle();
      for (const [index, member] of this.members.entries()) {
        if (this.#pending[index]?.said === "ok" && this.bench.state.startsWith("completing")) {
          this.#pending[index] = member.sync();
        }
      }
      await this.bench.pass(SESSION_US / 4);
      if (this.#isAtRest()) return;
    }
    expect(this.bench.state).toBe("at rest");
  }

  async checkOffsets(): Promise<void> {
    expect(await this.bench.offsets()).toEqual(this.#expected);
    this.bench.failOver();
    expect(await this.bench.offsets()).toEqual(this.#expected);
  }

  #isAtRest(): boolean {
    const { bench, members } = this;
    return (
      bench.state.startsWith("stable") &&
      members.filter(isLeader).length === 1 &&
      members.every(
        ({ id, generation }) => bench.members.includes(id) && bench.state.endsWith(` ${generation}`),
      ) &&
      bench.members.length === members.length
    );
  }

  #newMember(index: number): TestMember {
    const name = `m${index}-${this.#lives++}`;
    return index % 2 === 0 ? new TestMember(this.bench, name) : new TestMember(this.bench, name, `i${index}`);
  }
}

it("a group keeps its promises in any story, and comes to rest after it", async () => {
  const reached: Set<string> = new Set();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const story = new Story();
      for (const each of steps) await story.take(each);
      await story.rest();
      await story.checkOffsets();
      for (const mark of story.bench.env.marks) reached.add(mark);
    }),
    { seed: 7, numRuns: 120 },
  );
  expect([...reached].sort()).toEqual(
    expect.arrayContaining([
      "group/fenced-instance",
      "group/illegal-generation",
      "group/loaded-members",
      "group/session-expired",
      "group/static-replaced",
    ]),
  );
});
