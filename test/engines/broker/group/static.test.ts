// Static members (KIP-345): an instance that comes back keeps its place, and only one process is the instance.
import { describe, expect, it } from "vitest";
import { settle } from "../../support/memory-env.js";
import {
  GROUP,
  GroupBench,
  REBALANCE_US,
  SESSION_US,
  TestMember,
  at,
  follow,
  settledGroup,
} from "./support.js";

async function pair(): Promise<{ bench: GroupBench; a: TestMember; b: TestMember }> {
  const bench = new GroupBench();
  const [a, b] = await settledGroup(bench, [
    new TestMember(bench, "a", "ia"),
    new TestMember(bench, "b", "ib"),
  ]);
  return { bench, a: a!, b: b! };
}

/** Another process of the same instance. */
function successorOf({ bench, name, instanceId }: TestMember): TestMember {
  return new TestMember(bench, `${name}2`, instanceId);
}

describe("an instance that comes back", () => {
  it("has the place of the one before, in the same generation, and the group goes on", async () => {
    const { bench, b } = await pair();
    const before = bench.state;
    const next = successorOf(b);
    const joining = next.join();
    await settle();
    expect(joining.value).toMatchObject({ generation: b.generation, skipsAssignment: false, members: [] });
    expect([next.id === b.id, bench.state]).toEqual([false, before]);
    const synced = next.sync();
    await settle();
    expect(synced.value).toBe(b.id);
    // A successor knows it by its new name.
    bench.failOver();
    expect(await next.heartbeat()).toBe("ok");
    expect(await b.heartbeat()).toBe("FENCED_INSTANCE_ID");
  });

  it("as a leader need not assign anew, but knows for whom it would (KIP-814)", async () => {
    const { bench, a, b } = await pair();
    const next = successorOf(a);
    const joining = next.join();
    await settle();
    const { value } = joining;
    expect(value).toMatchObject({ skipsAssignment: true, leaderId: next.id });
    expect(value!.members.map(({ memberId }) => memberId).sort()).toEqual([next.id, b.id].sort());
    expect(bench.state).toMatch(/^stable/u);
  });

  it("is answered only when that is committed", async () => {
    const { bench, b } = await pair();
    let open: () => void = () => undefined;
    bench.shard.gate = new Promise((resolve) => (open = resolve));
    const joining = successorOf(b).join();
    await settle();
    expect(joining.said).toBe("nothing");
    open();
    await settle();
    expect(joining.said).toBe("ok");
  });

  it("starts the group over where it wants something else", async () => {
    const { bench, b } = await pair();
    const next = successorOf(b);
    next.metadata = new Uint8Array([9]);
    const joining = next.join();
    await settle();
    expect([joining.said, bench.state]).toEqual(["nothing", `preparing ${b.generation}`]);
  });
});

describe("the process before", () => {
  it("is fenced at once in every state, not only in a stable group (KAFKA-8500)", async () => {
    for (const state of ["stable", "preparing", "completing"]) {
      const { bench, a, b } = await pair();
      if (state !== "stable") a.join();
      if (state === "completing") b.join();
      await settle();
      expect(bench.state).toContain(state);
      const waiting = state === "completing" ? b.sync() : undefined;
      await settle();
      const next = successorOf(b);
      next.join();
      await settle();
      if (waiting !== undefined) expect(waiting.said).toBe("FENCED_INSTANCE_ID");
      expect(await b.heartbeat()).toBe("FENCED_INSTANCE_ID");
      expect(await b.commit(at(0, 1))).toBe("FENCED_INSTANCE_ID");
      expect(await b.leave()).toBe("FENCED_INSTANCE_ID");
      const again = [b.join(), b.sync()];
      await settle();
      expect(again.map(({ said }) => said)).toEqual(["FENCED_INSTANCE_ID", "FENCED_INSTANCE_ID"]);
      expect(bench.members.filter((id) => id.startsWith("ib"))).toHaveLength(1);
      expect(await bench.offsets()).toEqual([]);
    }
  });

  it("that waits for a rebalance hears that it is fenced", async () => {
    const { bench, a, b } = await pair();
    b.metadata = new Uint8Array([2]);
    const waiting = b.join();
    await settle();
    const next = successorOf(b);
    const joining = next.join();
    await settle();
    expect([waiting.said, joining.said]).toEqual(["FENCED_INSTANCE_ID", "nothing"]);
    a.join();
    await settle();
    expect(joining.said).toBe("ok");
    expect(bench.members).toEqual(expect.arrayContaining([a.id, next.id]));
  });
});

describe("a static member", () => {
  it("keeps its place through a rebalance that it does not come to, until its session is over", async () => {
    const bench = new GroupBench();
    const [a, b] = [new TestMember(bench, "a", "ia"), new TestMember(bench, "b", "ib")];
    const long = 2 * REBALANCE_US;
    const request = b.request();
    b.request = () => ({ ...request, memberId: b.id, sessionTimeoutUs: long });
    await settledGroup(bench, [a, b]);
    const joining = a.join();
    await bench.pass(REBALANCE_US);
    expect(joining.value?.members.map(({ instanceId }) => instanceId).sort()).toEqual(["ia", "ib"]);
    a.sync();
    await settle();
    expect(bench.state).toMatch(/^stable/u);
    for (let passedUs = REBALANCE_US; passedUs < long; passedUs += SESSION_US / 2) {
      expect(bench.members).toContain(b.id);
      await a.heartbeat();
      await bench.pass(SESSION_US / 2);
    }
    expect(bench.members).toEqual([a.id]);
  });

  it("is taken out by its instance, without its member id", async () => {
    const { bench, a, b } = await pair();
    const out = follow(bench.groups.leave({ group: GROUP, memberId: "", instanceId: "ib" }));
    await settle();
    expect([out.said, bench.members]).toEqual(["ok", [a.id]]);
    expect(await b.heartbeat()).toBe("UNKNOWN_MEMBER_ID");
    const unknown = follow(bench.groups.leave({ group: GROUP, memberId: "", instanceId: "ic" }));
    await settle();
    expect(unknown.said).toBe("UNKNOWN_MEMBER_ID");
  });
});
