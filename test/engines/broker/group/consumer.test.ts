// KIP-848, request by request: epochs, reconciliation, and what members are told.
import { describe, expect, it } from "vitest";
import { BrokerError } from "#engines/broker/errors.js";
import type { ConsumerHeartbeatRequest } from "#engines/broker/protocol/group-types.js";
import { settle } from "../../support/memory-env.js";
import { TestConsumer, rest } from "./consumer-support.js";
import { GroupBench, REBALANCE_US, TestMember, settledGroup } from "./support.js";

const SESSION_US = 45_000_000;

async function pair(): Promise<{ bench: GroupBench; a: TestConsumer; b: TestConsumer }> {
  const bench = new GroupBench();
  const [a, b] = [new TestConsumer(bench, "a"), new TestConsumer(bench, "b")];
  await rest(bench, [a, b]);
  return { bench, a, b };
}

/** `b` has come to `a`, which has been asked to give up half of what it has, and has not said that it has. */
async function revoking(): Promise<{ bench: GroupBench; a: TestConsumer; b: TestConsumer }> {
  const bench = new GroupBench();
  const [a, b] = [new TestConsumer(bench, "a"), new TestConsumer(bench, "b")];
  await rest(bench, [a]);
  await b.beat();
  await a.beat();
  expect(a.epoch).toBe(3);
  return { bench, a, b };
}

async function answerTo(member: TestConsumer, changes: Partial<ConsumerHeartbeatRequest> = {}) {
  const sent = member.send(changes);
  await settle();
  return sent.value ?? sent.said;
}

describe("joining", () => {
  it("gives the first one everything at once", async () => {
    const bench = new GroupBench();
    const a = new TestConsumer(bench, "a");
    const sent = a.send();
    await settle();
    expect(sent.value).toMatchObject({ memberId: "a", memberEpoch: 2, heartbeatUs: 5_000_000 });
    expect(sent.value!.assignment).toHaveLength(4);
    a.take(sent);
    expect(bench.state).toBe("stable 2");
  });

  it("gives the second one only what the first has given up", async () => {
    const { bench, a, b } = await revoking();
    expect([a.has, b.has, b.epoch]).toEqual(["t-0 t-1", "", 4]);
    await b.beat();
    expect(b.has).toBe("");
    await a.beat();
    expect([a.epoch, bench.state]).toEqual([4, "reconciling 4"]);
    await b.beat();
    expect([b.has, b.epoch, bench.state]).toEqual(["t-2 t-3", 4, "stable 4"]);
  });

  it("is answered as before where the answer was lost, without an epoch more", async () => {
    const bench = new GroupBench();
    const a = new TestConsumer(bench, "a");
    const first = await answerTo(a);
    expect(await answerTo(a)).toEqual(first);
    expect(bench.state).toBe("stable 2");
  });

  it("does not take for revoked what a member has that is asked to join once more", async () => {
    const { bench, a } = await revoking();
    expect(await answerTo(a, { ...new TestConsumer(bench, "a").request(), memberEpoch: 0 })).toMatchObject({
      memberEpoch: 3,
    });
    expect(bench.shard.machine.consumers.get("g")!.currents.get("a")!.revoking).toHaveLength(2);
  });

  it("takes a topic that is not there yet, and gives its partitions once it is", async () => {
    const bench = new GroupBench();
    const a = new TestConsumer(bench, "a");
    a.topics = ["later"];
    await rest(bench, [a]);
    expect([a.has, bench.state]).toEqual(["", "stable 2"]);
    bench.topics.set("later", 2);
    await rest(bench, [a]);
    expect([a.has, bench.state]).toEqual(["later-0 later-1", "stable 4"]);
    // A coordinator whose metadata is behind takes nothing away.
    bench.failOver();
    bench.topics.set("later", 1);
    await rest(bench, [a]);
    expect([a.has, bench.state]).toEqual(["later-0 later-1", "stable 4"]);
  });

  it("refuses what makes no sense", async () => {
    const bench = new GroupBench();
    const a = new TestConsumer(bench, "a");
    const bad: Partial<ConsumerHeartbeatRequest>[] = [
      { memberId: "" },
      { instanceId: "" },
      { memberEpoch: -3 },
      { topics: undefined },
      { rebalanceTimeoutUs: undefined },
      { rebalanceTimeoutUs: 0 },
      { owned: [{ topic: "t", partition: 0 }] },
    ];
    for (const changes of bad)
      expect([changes, await answerTo(a, changes)]).toEqual([changes, "INVALID_REQUEST"]);
    expect(await answerTo(a, { assignor: "sticky" })).toBe("UNSUPPORTED_ASSIGNOR");
    expect(await answerTo(a, { memberEpoch: 1 })).toBe("UNKNOWN_MEMBER_ID");
    expect(await answerTo(a, { memberEpoch: -1 })).toBe("UNKNOWN_MEMBER_ID");
    expect(bench.log.entries).toEqual([]);
  });

  it("assigns by what most members prefer", async () => {
    const { bench, a, b } = await pair();
    const by = () => bench.shard.machine.consumers.get("g")!.head.assignor;
    expect(by()).toBe("uniform");
    a.assignor = "range";
    a.isFull = true;
    await rest(bench, [a, b]);
    expect([by(), bench.state]).toEqual(["range", "stable 6"]);
    b.assignor = "uniform";
    b.isFull = true;
    await rest(bench, [a, b]);
    expect(by()).toBe("range");
  });
});

describe("a heartbeat", () => {
  it("of a group at rest writes nothing, and is told nothing", async () => {
    const { bench, a, b } = await pair();
    const written = bench.log.entries.length;
    for (const member of [a, b, a, b]) {
      expect(await answerTo(member)).toMatchObject({ memberEpoch: 4, assignment: undefined });
    }
    expect(bench.log.entries.length).toBe(written);
  });

  it("that says all is told all", async () => {
    const { a } = await pair();
    a.isFull = true;
    expect(await answerTo(a)).toMatchObject({ memberEpoch: 4, assignment: a.owned });
  });

  it("is told what it has until it has said so", async () => {
    const { bench, a } = await pair();
    bench.failOver();
    for (let times = 0; times < 2; times++) expect(await answerTo(a)).toMatchObject({ assignment: a.owned });
    expect(await answerTo(a, { owned: [] })).toMatchObject({ assignment: a.owned });
    expect(await answerTo(a, { owned: a.owned })).toMatchObject({ assignment: undefined });
    expect(await answerTo(a)).toMatchObject({ assignment: undefined });
  });

  it("one epoch behind is told what it missed, however often answers are lost", async () => {
    const { bench, a, b } = await pair();
    const has = a.owned;
    await b.leave();
    a.isFull = true;
    const missed = await answerTo(a);
    expect(missed).toMatchObject({ memberEpoch: 6 });
    const c = new TestConsumer(bench, "c");
    await c.beat();
    // The group has gone on meanwhile: nothing more happens to a member before it knows where it is.
    for (let times = 0; times < 3; times++) expect(await answerTo(a)).toEqual(missed);
    expect(await answerTo(a, { owned: undefined })).toBe("FENCED_MEMBER_EPOCH");
    const others = [...has, { topic: "u", partition: 9 }];
    expect(await answerTo(a, { owned: others })).toBe("FENCED_MEMBER_EPOCH");
    await rest(bench, [a, c]);
    expect([a.epoch, c.epoch]).toEqual([8, 8]);
  });

  it("of any other epoch is fenced, and changes nothing", async () => {
    const { bench, a } = await pair();
    const written = bench.log.entries.length;
    for (const memberEpoch of [1, 2, 3, 5]) {
      expect(await answerTo(a, { memberEpoch, owned: undefined })).toBe("FENCED_MEMBER_EPOCH");
    }
    expect(await answerTo(a, { memberEpoch: 5, owned: [] })).toBe("FENCED_MEMBER_EPOCH");
    expect(bench.log.entries.length).toBe(written);
  });

  it("that comes late is not taken for what the member has now", async () => {
    const bench = new GroupBench();
    const [a, b] = [new TestConsumer(bench, "a"), new TestConsumer(bench, "b")];
    a.topics = ["later"];
    await rest(bench, [a]);
    // It had nothing then. Now it has, at the same epoch that it is then asked to give some of it up at.
    const late = a.request({ owned: [], topics: ["later"], rebalanceTimeoutUs: REBALANCE_US });
    bench.topics.set("later", 2);
    await rest(bench, [a]);
    b.topics = ["later"];
    await b.beat();
    const early = a.request({ owned: [], topics: ["later"], rebalanceTimeoutUs: REBALANCE_US });
    await a.beat();
    for (const request of [late, early]) {
      await answerTo(a, request);
      expect(bench.shard.machine.consumers.get("g")!.currents.get("a")).toMatchObject({
        state: "unrevoked",
        epoch: 5,
        revoking: [{ epoch: 4 }],
      });
    }
  });
});

describe("giving up", () => {
  it("is over when the member says so, and not before", async () => {
    const { bench, a, b } = await revoking();
    const [first] = a.owned;
    expect(await answerTo(a, { owned: undefined })).toMatchObject({ memberEpoch: 3 });
    const all = [0, 1, 2, 3].map((partition) => ({ topic: "t", partition }));
    expect(await answerTo(a, { owned: all })).toMatchObject({ memberEpoch: 3 });
    // Less than it may keep is fine, too.
    expect(await answerTo(a, { owned: [first!] })).toMatchObject({ memberEpoch: 4, assignment: a.owned });
    await a.beat({ memberEpoch: 4 });
    await rest(bench, [a, b]);
    expect(b.has).toBe("t-2 t-3");
  });

  it("that takes longer than the rebalance timeout ends the member", async () => {
    const { bench, a, b } = await revoking();
    const beats = REBALANCE_US / 15_000_000;
    for (let beat = 0; beat < beats; beat++) {
      expect(await answerTo(a, { owned: undefined })).toMatchObject({ memberEpoch: 3 });
      await b.beat();
      await bench.pass(15_000_000);
    }
    expect(bench.members).toEqual(["b"]);
    expect(bench.events).toContainEqual(
      expect.objectContaining({ kind: "group/member-left", memberId: "a", reason: "revocation-timeout" }),
    );
    await rest(bench, [b]);
    expect(b.has).toBe("t-0 t-1 t-2 t-3");
    expect(await answerTo(a)).toBe("UNKNOWN_MEMBER_ID");
  });

  it("has its whole time each time: what is to be given up after that is another matter", async () => {
    const { bench, a, b } = await revoking();
    const [c, d] = [new TestConsumer(bench, "c"), new TestConsumer(bench, "d")];
    await c.beat();
    await d.beat();
    const pass = async (durationUs: number): Promise<void> => {
      await bench.pass(durationUs);
      for (const member of [b, c, d]) await member.beat();
    };
    const isThere = (): boolean => bench.members.includes("a");
    await pass(REBALANCE_US / 2);
    await answerTo(a, { owned: undefined });
    await pass(REBALANCE_US / 3);
    // Now it has given up two, and is to give up one of the two that it has left.
    await a.beat();
    expect([a.owned.length, a.epoch]).toEqual([1, 4]);
    await pass(REBALANCE_US / 3);
    await answerTo(a, { owned: undefined });
    await pass(REBALANCE_US / 3);
    expect(isThere()).toBe(true);
    await answerTo(a, { owned: undefined });
    await pass(REBALANCE_US / 3);
    expect(isThere()).toBe(false);
  });

  it("in time ends nobody", async () => {
    const { bench, a, b } = await revoking();
    await a.beat();
    for (let passedUs = 0; passedUs < 2 * REBALANCE_US; passedUs += 15_000_000) {
      await bench.pass(15_000_000);
      for (const member of [a, b]) expect(await member.beat()).toBe("ok");
    }
    expect(bench.members).toEqual(["a", "b"]);
  });
});

describe("going", () => {
  it("frees what the member had", async () => {
    const { bench, a, b } = await pair();
    expect(await b.leave()).toBe("ok");
    await rest(bench, [a]);
    expect([a.has, bench.members]).toEqual(["t-0 t-1 t-2 t-3", ["a"]]);
  });

  it("is what becomes of whoever is silent for a session, also with a new coordinator", async () => {
    const { bench, a, b } = await pair();
    await bench.pass(SESSION_US / 3);
    bench.failOver();
    await bench.pass(SESSION_US - 1_000_000);
    expect(bench.members).toEqual(["a", "b"]);
    await a.beat();
    await bench.pass(1_000_000);
    expect(bench.members).toEqual(["a"]);
    expect(await b.beat()).toBe("UNKNOWN_MEMBER_ID");
  });

  it("is tried again where it could not be written", async () => {
    const { bench, a } = await pair();
    await bench.pass(SESSION_US / 2);
    await a.beat();
    bench.shard.failing = "COORDINATOR_NOT_AVAILABLE";
    await bench.pass(SESSION_US / 2);
    expect(bench.members).toEqual(["a", "b"]);
    await bench.pass(5_000_000);
    expect(bench.members).toEqual(["a"]);
  });

  it("leaves an empty group, which knows since when", async () => {
    const { bench, a, b } = await pair();
    await bench.pass(7_000_000);
    await a.leave();
    await b.leave();
    expect(bench.state).toBe("empty 8");
    expect(bench.shard.machine.consumers.get("g")!.head.emptySinceMs).toBe(7_000);
    expect(bench.events.at(-1)).toMatchObject({ kind: "group/state", state: "empty", members: [] });
    await bench.pass(600_000_000);
    expect([bench.state, bench.events.at(-1)]).toMatchObject(["none", { kind: "group/removed" }]);
    bench.failOver();
    expect(bench.state).toBe("none");
  });
});

describe("a successor", () => {
  it("knows all of it: epochs, what members have, and what they have yet to give up", async () => {
    const { bench, a, b } = await revoking();
    const before = bench.shard.machine.consumers.get("g");
    bench.failOver();
    await settle();
    expect(bench.shard.machine.consumers.get("g")).toEqual(before);
    expect(bench.events.slice(-3)).toMatchObject([
      { kind: "group/loaded", groups: [{ group: "g", generation: 4, protocol: "uniform" }] },
      {
        kind: "group/member-epoch",
        memberId: "a",
        memberEpoch: 3,
        revoking: ["t-2", "t-3"],
        state: "unrevoked",
      },
      { kind: "group/member-epoch", memberId: "b", memberEpoch: 4, partitions: [], state: "unreleased" },
    ]);
    await b.beat();
    expect(b.has).toBe("");
    await rest(bench, [a, b]);
    expect([a.has, b.has]).toEqual(["t-0 t-1", "t-2 t-3"]);
  });
});

describe("answers and events", () => {
  it("wait until all is committed that they rest on", async () => {
    const { bench, a, b } = await pair();
    let open: () => void = () => undefined;
    bench.shard.gate = new Promise((resolve) => (open = resolve));
    const told = bench.events.length;
    const c = new TestConsumer(bench, "c");
    const sent = [c.send(), a.send(), b.send({ memberEpoch: -1 })];
    await settle();
    expect(sent.map(({ said }) => said)).toEqual(["nothing", "nothing", "nothing"]);
    expect(bench.events.slice(told)).toEqual([]);
    open();
    await settle();
    expect(sent.map(({ said }) => said)).toEqual(["ok", "ok", "ok"]);
    expect(bench.events.slice(told).map(({ kind }) => kind)).toEqual([
      "group/generation",
      "group/member-epoch",
      "group/state",
      "group/member-epoch",
      "group/member-left",
      "group/generation",
    ]);
  });

  /** It leaves; that is written, and committed after it was waited for. */
  async function leaveLate(bench: GroupBench, member: TestConsumer): Promise<void> {
    const told = bench.events.length;
    let fail: (error: Error) => void = () => undefined;
    bench.shard.gate = new Promise((_, reject) => (fail = reject));
    const { shard } = bench;
    const leaving = member.send({ memberEpoch: -1 });
    await settle();
    fail(new BrokerError("REQUEST_TIMED_OUT", { expected: "", found: "", where: "", todo: "" }));
    await settle();
    expect([leaving.said, bench.events.length]).toEqual(["REQUEST_TIMED_OUT", told]);
    shard.gate = Promise.resolve();
  }

  it.each([
    ["a heartbeat", (a: TestConsumer) => a.beat(), "group/member-epoch"],
    ["a commit", (a: TestConsumer) => a.commitAt(0), "group/offset-committed"],
  ])("of what was committed late are told with what comes after: %s", async (_what, comes, kind) => {
    const { bench, a, b } = await pair();
    const told = bench.events.length;
    await leaveLate(bench, b);
    expect(await comes(a)).toBe("ok");
    const late = ["group/member-left", "group/generation", "group/state", kind];
    expect(bench.events.slice(told).map((event) => event.kind)).toEqual(
      kind === "group/member-epoch" ? [...late, "group/state"] : late,
    );
  });

  it("of a last member who left late are told before what expires then", async () => {
    const bench = new GroupBench({ offsetsRetentionMs: 10_000, offsetsRetentionCheckUs: 1_000_000 });
    const a = new TestConsumer(bench, "a");
    await rest(bench, [a]);
    expect(await a.commitAt(0)).toBe("ok");
    const told = bench.events.length;
    await leaveLate(bench, a);
    await bench.pass(12_000_000);
    expect(bench.events.slice(told).map(({ kind }) => kind)).toEqual([
      "group/member-left",
      "group/generation",
      "group/state",
      "group/offset-expired",
      "group/removed",
    ]);
  });
});

describe("a group of the other kind", () => {
  it("is refused while it has members", async () => {
    const bench = new GroupBench();
    const classic = new TestMember(bench, "x");
    await settledGroup(bench, [classic]);
    const a = new TestConsumer(bench, "a");
    expect(await answerTo(a)).toBe("INCONSISTENT_GROUP_PROTOCOL");
    await classic.leave();
    expect(await a.beat()).toBe("ok");
    const late = new TestMember(bench, "y").join();
    await settle();
    expect(late.said).toBe("INCONSISTENT_GROUP_PROTOCOL");
    expect(bench.groups.inspect()).toHaveLength(1);
  });

  it("becomes this one once it is empty, with its offsets; and its generations go on", async () => {
    const bench = new GroupBench();
    const classic = new TestMember(bench, "x");
    await settledGroup(bench, [classic]);
    expect(
      await classic.commit({
        partition: { topic: "t", partition: 0 },
        offset: 7,
        leaderEpoch: -1,
        metadata: "",
      }),
    ).toBe("ok");
    await classic.leave();
    expect(bench.state).toBe("empty 2");
    const a = new TestConsumer(bench, "a");
    await rest(bench, [a]);
    expect([bench.state, await bench.offsets()]).toEqual(["stable 4", ["0:7"]]);
    expect(await classic.heartbeat()).toBe("UNKNOWN_MEMBER_ID");
    bench.failOver();
    expect([bench.state, bench.shard.machine.groups.size]).toEqual(["stable 4", 0]);
    await a.leave();
    const back = new TestMember(bench, "x");
    await settledGroup(bench, [back]);
    expect([bench.state, await bench.offsets()]).toEqual(["stable 7", ["0:7"]]);
    bench.failOver();
    expect([bench.state, bench.shard.machine.consumers.ids]).toEqual(["stable 7", []]);
  });
});
