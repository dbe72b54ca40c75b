// The classic protocol, request by request: Kafka's rules of JoinGroup, SyncGroup, Heartbeat and LeaveGroup.
import { describe, expect, it } from "vitest";
import { settle } from "../../support/memory-env.js";
import { GROUP, GroupBench, REBALANCE_US, SESSION_US, TestMember, follow, settledGroup } from "./support.js";

async function pair(): Promise<{ bench: GroupBench; a: TestMember; b: TestMember }> {
  const bench = new GroupBench();
  const [a, b] = await settledGroup(bench, [new TestMember(bench, "a"), new TestMember(bench, "b")]);
  return { bench, a: a!, b: b! };
}

describe("joining", () => {
  it("gives a new member an id first, and expects it for a session (KIP-394)", async () => {
    const bench = new GroupBench();
    const a = new TestMember(bench, "a");
    const first = follow(bench.groups.join(a.request(), "a"));
    await settle();
    expect(first.said).toBe("MEMBER_ID_REQUIRED");
    expect(bench.members).toEqual([]);
    await bench.pass(SESSION_US);
    a.id = (first.error as unknown as { memberId: string }).memberId;
    expect(a.id).toMatch(/^a-/u);
    const late = a.join();
    await settle();
    expect(late.said).toBe("UNKNOWN_MEMBER_ID");
  });

  it("tells the leader of all members, and only it; each gets what the leader assigned to it", async () => {
    const { bench, a, b } = await pair();
    expect(bench.state).toBe(`stable ${a.generation}`);
    expect(a.joined!.members.map(({ memberId }) => memberId).sort()).toEqual([a.id, b.id].sort());
    expect(b.joined!.members).toEqual([]);
    expect([b.joined!.leaderId, b.joined!.protocol]).toEqual([a.id, "range"]);
    for (const member of [a, b]) {
      const again = member.sync();
      await settle();
      expect(again.value).toBe(member.id);
      expect(await member.heartbeat()).toBe("ok");
    }
  });

  it("waits for more members after the first, and again after each (group.initial.rebalance.delay)", async () => {
    const bench = new GroupBench({ initialRebalanceDelayUs: 3_000_000 });
    const [a, b] = [new TestMember(bench, "a"), new TestMember(bench, "b")];
    const first = a.join();
    await settle();
    await bench.pass(2_000_000);
    const second = b.join();
    await settle();
    await bench.pass(2_000_000);
    expect([first.said, second.said]).toEqual(["nothing", "nothing"]);
    await bench.pass(1_000_000);
    expect([first.value?.generation, second.value?.generation]).toEqual([1, 1]);
  });

  it("chooses the protocol that most like best of those that all can do, and refuses who can do none", async () => {
    const bench = new GroupBench();
    const [a, b, c] = ["a", "b", "c"].map((name) => new TestMember(bench, name));
    a!.protocols = ["range", "sticky"];
    b!.protocols = ["sticky", "range"];
    c!.protocols = ["other", "sticky", "range"];
    await settledGroup(bench, [a!, b!, c!]);
    expect(a!.joined!.protocol).toBe("sticky");
    const d = new TestMember(bench, "d");
    d.protocols = ["other"];
    const refused = d.join();
    await settle();
    expect(refused.said).toBe("INCONSISTENT_GROUP_PROTOCOL");
    expect(bench.state).toBe(`stable ${a!.generation}`);
  });

  it("answers a follower that joins again as it was, and starts over for a leader and for whoever wants something else", async () => {
    const { bench, a, b } = await pair();
    const { generation } = b;
    const again = b.join();
    await settle();
    expect(again.value).toMatchObject({ generation, leaderId: a.id });
    expect(bench.state).toBe(`stable ${generation}`);
    b.metadata = new Uint8Array([2]);
    const changed = b.join();
    await settle();
    expect([changed.said, bench.state]).toEqual(["nothing", `preparing ${generation}`]);
    expect(await a.heartbeat()).toBe("REBALANCE_IN_PROGRESS");
    await settledGroup(bench, [a, b]);
    a.join();
    await settle();
    expect(bench.state).toMatch(/^preparing/u);
  });

  it("drops whoever has not joined when the rebalance timeout is over", async () => {
    const { bench, a, b } = await pair();
    const joining = a.join();
    for (let passedUs = 0; passedUs < REBALANCE_US; passedUs += SESSION_US / 2) {
      expect(joining.said).toBe("nothing");
      expect(await b.heartbeat()).toBe("REBALANCE_IN_PROGRESS");
      await bench.pass(SESSION_US / 2);
    }
    expect(joining.value?.members.map(({ memberId }) => memberId)).toEqual([a.id]);
    expect(await b.heartbeat()).toBe("UNKNOWN_MEMBER_ID");
    expect(bench.events).toContainEqual(
      expect.objectContaining({ kind: "group/member-left", memberId: b.id, reason: "rebalance-timeout" }),
    );
  });

  it("has another one lead where the leader does not come", async () => {
    const { bench, a, b } = await pair();
    b.metadata = new Uint8Array([2]);
    const joining = b.join();
    await bench.pass(SESSION_US);
    expect(joining.value).toMatchObject({ leaderId: b.id });
    expect(await a.heartbeat()).toBe("UNKNOWN_MEMBER_ID");
  });

  it("refuses what makes no sense", async () => {
    const bench = new GroupBench();
    const a = new TestMember(bench, "a");
    const bad = [
      { sessionTimeoutUs: 1 },
      { sessionTimeoutUs: 2_000_000_000 },
      { protocols: [] },
      { group: "" },
    ];
    const said = bad.map((change) => follow(bench.groups.join({ ...a.request(), ...change }, "a")));
    await settle();
    expect(said.map(({ said: code }) => code)).toEqual(bad.map(() => "INVALID_REQUEST"));
    a.id = "nobody";
    const unknown = a.join();
    await settle();
    expect(unknown.said).toBe("UNKNOWN_MEMBER_ID");
  });
});

describe("syncing", () => {
  it("waits for the leader, and answers nobody before the generation is committed", async () => {
    const bench = new GroupBench();
    const [a, b] = [new TestMember(bench, "a"), new TestMember(bench, "b")];
    await settledGroup(bench, [a, b]);
    expect(bench.state).toBe("stable 1");
    b.metadata = new Uint8Array([2]);
    b.join();
    a.join();
    await settle();
    const follower = b.sync();
    await settle();
    expect([follower.said, bench.state]).toEqual(["nothing", "completing 2"]);
    let open: () => void = () => undefined;
    bench.shard.gate = new Promise((resolve) => (open = resolve));
    const leader = a.sync();
    await settle();
    expect([leader.said, follower.said, bench.state]).toEqual(["nothing", "nothing", "completing 2"]);
    expect(bench.events.filter(({ kind }) => kind === "group/generation")).toHaveLength(1);
    open();
    await settle();
    expect([leader.value, follower.value, bench.state]).toEqual([a.id, b.id, "stable 2"]);
    expect(bench.events.at(-2)).toMatchObject({ kind: "group/generation", generation: 2, leaderId: a.id });
  });

  it("starts over where the generation can't be written", async () => {
    const { bench, a, b } = await pair();
    a.join();
    b.join();
    await settle();
    const { generation } = a;
    bench.shard.failing = "COORDINATOR_NOT_AVAILABLE";
    const syncs = [b.sync(), a.sync()];
    await settle();
    expect(syncs.map(({ said }) => said)).toEqual(["COORDINATOR_NOT_AVAILABLE", "COORDINATOR_NOT_AVAILABLE"]);
    expect(bench.state).toBe(`preparing ${generation}`);
    await settledGroup(bench, [a, b]);
    expect(bench.state).toBe(`stable ${generation + 1}`);
  });

  it("drops whoever does not ask in time, the leader as well (KAFKA-12890)", async () => {
    for (const isLeaderSilent of [true, false]) {
      const { bench, a, b } = await pair();
      a.join();
      b.join();
      await settle();
      const [silent, other] = isLeaderSilent ? [a, b] : [b, a];
      const waiting = other.sync();
      for (let passedUs = 0; passedUs < REBALANCE_US; passedUs += SESSION_US / 2) {
        // It sends heartbeats, and yet it holds up all the others.
        expect(await silent.heartbeat()).toBe("ok");
        if (!isLeaderSilent) expect(await other.heartbeat()).toBe("ok");
        await bench.pass(SESSION_US / 2);
      }
      expect(waiting.said).toBe(isLeaderSilent ? "REBALANCE_IN_PROGRESS" : "ok");
      expect(await silent.heartbeat()).toBe("UNKNOWN_MEMBER_ID");
      expect(bench.members).toEqual([other.id]);
      await settledGroup(bench, [other]);
    }
  });

  it("is refused in a generation that is over, while a rebalance is prepared, and in another protocol", async () => {
    const { bench, a, b } = await pair();
    const request = { ...b.stamp, protocol: "range", assignments: [] };
    const codes = async (change: Partial<typeof request>): Promise<string> => {
      const followed = follow(bench.groups.sync({ ...request, ...change }));
      await settle();
      return followed.said;
    };
    expect(await codes({ generation: request.generation - 1 })).toBe("ILLEGAL_GENERATION");
    expect(await codes({ protocol: "sticky" })).toBe("INCONSISTENT_GROUP_PROTOCOL");
    expect(await codes({ memberId: "nobody" })).toBe("UNKNOWN_MEMBER_ID");
    expect(await codes({ group: "none" })).toBe("UNKNOWN_MEMBER_ID");
    a.join();
    await settle();
    expect(await codes({})).toBe("REBALANCE_IN_PROGRESS");
  });
});

describe("staying and leaving", () => {
  it("a member whose session is over is out, and the others share what it had", async () => {
    const { bench, a, b } = await pair();
    await bench.pass(SESSION_US / 2);
    await a.heartbeat();
    await bench.pass(SESSION_US / 2);
    expect(bench.members).toEqual([a.id]);
    expect(await a.heartbeat()).toBe("REBALANCE_IN_PROGRESS");
    expect(await b.heartbeat()).toBe("UNKNOWN_MEMBER_ID");
    await settledGroup(bench, [a]);
    expect(bench.env.marks).toContain("group/session-expired");
  });

  it("a member that waits for an answer needs no heartbeats", async () => {
    const { bench, a, b } = await pair();
    const joining = a.join();
    for (let beats = 0; beats < 3; beats++) {
      await b.heartbeat();
      await bench.pass(SESSION_US - 1);
    }
    expect(joining.said).toBe("nothing");
    expect(bench.members).toContain(a.id);
  });

  it("a member that leaves is gone at once; when the last one goes, the group is empty and that is written", async () => {
    const { bench, a, b } = await pair();
    expect(await b.leave()).toBe("ok");
    expect(bench.members).toEqual([a.id]);
    expect(await b.leave()).toBe("UNKNOWN_MEMBER_ID");
    expect(await a.leave()).toBe("ok");
    expect(bench.state).toMatch(/^empty/u);
    expect(bench.shard.machine.groups.get(GROUP)).toMatchObject({ members: [], protocol: undefined });
    expect(bench.shard.machine.groups.get(GROUP)!.emptySinceMs).toBeDefined();
    bench.failOver();
    expect(bench.state).toMatch(/^empty/u);
  });

  it("a group goes on with a higher generation after it was empty", async () => {
    const { bench, a, b } = await pair();
    const { generation } = a;
    for (const member of [a, b]) await member.leave();
    const c = new TestMember(bench, "c");
    await settledGroup(bench, [c]);
    expect(c.generation).toBeGreaterThan(generation);
  });

  it("whoever waits when the coordinator ends hears so, and no timer is left to act", async () => {
    const { bench, a, b } = await pair();
    const joining = a.join();
    await settle();
    const before = bench.groups;
    bench.failOver();
    await settle();
    expect(joining.said).toBe("NOT_COORDINATOR");
    await settle();
    const seen = bench.events.length;
    expect(before.inspect()[0]!.state).toBe("preparing");
    for (const member of [a, b]) await member.heartbeat();
    await bench.pass(SESSION_US / 2);
    expect(bench.events).toHaveLength(seen);
  });

  it("a generation that could not be written before the coordinator ended is left to the next one", async () => {
    const { bench, a, b } = await pair();
    a.join();
    b.join();
    await settle();
    let open: () => void = () => undefined;
    bench.shard.gate = new Promise((resolve) => (open = resolve));
    const leader = a.sync();
    await settle();
    const before = bench.groups;
    bench.failOver();
    await settle();
    const seen = bench.events.length;
    open();
    await settle();
    expect([leader.said, before.inspect()[0]!.state]).toEqual(["NOT_COORDINATOR", "completing"]);
    expect(bench.events).toHaveLength(seen);
  });
});

describe("a coordinator that takes over", () => {
  it("knows the generation that was complete, and gives every member a whole session", async () => {
    const { bench, a, b } = await pair();
    await bench.pass(SESSION_US - 1);
    bench.failOver();
    expect(bench.state).toBe(`stable ${a.generation}`);
    await settle();
    expect(bench.events.findLast(({ kind }) => kind === "group/loaded")).toMatchObject({
      epoch: 2,
      groups: [{ group: GROUP, generation: a.generation, members: [{ client: "a" }, { client: "b" }] }],
    });
    await bench.pass(SESSION_US - 1);
    expect(await a.heartbeat()).toBe("ok");
    const again = b.sync();
    await settle();
    expect(again.value).toBe(b.id);
    await bench.pass(SESSION_US - 1);
    expect(bench.members).toEqual([a.id, b.id]);
    await bench.pass(1);
    expect(bench.members).toEqual([]);
  });

  it("knows nothing of a generation that was not complete", async () => {
    const { bench, a, b } = await pair();
    const { generation } = a;
    for (const member of [a, b]) member.join();
    await settle();
    expect(a.generation).toBe(generation + 1);
    bench.failOver();
    expect(await a.heartbeat()).toBe("ILLEGAL_GENERATION");
    await settledGroup(bench, [a, b]);
    expect(bench.members.sort()).toEqual([a.id, b.id].sort());
  });
});
