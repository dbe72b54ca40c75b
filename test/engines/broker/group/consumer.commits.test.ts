// Whose offsets count in a group of KIP-848, and the places of its static members.
import { describe, expect, it } from "vitest";
import { settle } from "../../support/memory-env.js";
import { TestConsumer, rest } from "./consumer-support.js";
import { GROUP, GroupBench, at, follow } from "./support.js";

const SESSION_US = 45_000_000;

describe("a commit", () => {
  it("counts at the member's epoch, and at those since it was given the partition (KIP-1251)", async () => {
    const bench = new GroupBench();
    const [a, b] = [new TestConsumer(bench, "a"), new TestConsumer(bench, "b")];
    await rest(bench, [a]);
    await rest(bench, [a, b]);
    // It has t-0 since epoch 2, and is at 4 by now.
    for (const epoch of [2, 3, 4]) expect([epoch, await a.commitAt(0, epoch)]).toEqual([epoch, "ok"]);
    for (const epoch of [-1, 0, 1, 5]) {
      expect([epoch, await a.commitAt(0, epoch)]).toEqual([epoch, "STALE_MEMBER_EPOCH"]);
    }
    // Not since then: it was another's at 2 and 3.
    for (const epoch of [2, 3])
      expect([epoch, await b.commitAt(2, epoch)]).toEqual([epoch, "STALE_MEMBER_EPOCH"]);
    expect(await b.commitAt(2)).toBe("ok");
  });

  it("counts while the partition is given up, and not after, at whatever epoch (G02)", async () => {
    const bench = new GroupBench();
    const [a, b] = [new TestConsumer(bench, "a"), new TestConsumer(bench, "b")];
    await rest(bench, [a]);
    await b.beat();
    await a.beat();
    expect(await a.commitAt(3)).toBe("ok");
    expect(await a.commitAt(3, 2)).toBe("ok");
    await a.beat();
    for (const epoch of [2, 3, 4]) expect(await a.commitAt(3, epoch)).toBe("STALE_MEMBER_EPOCH");
    // All or nothing.
    expect(await a.commit(4, at(0, 9), at(3, 9))).toBe("STALE_MEMBER_EPOCH");
    await b.beat();
    expect(await b.commitAt(3)).toBe("ok");
    expect(await bench.offsets()).toEqual(["3:1"]);
  });

  it("of a partition that comes back does not count at an epoch before it went", async () => {
    const bench = new GroupBench();
    const [a, b] = [new TestConsumer(bench, "a"), new TestConsumer(bench, "b")];
    await rest(bench, [a]);
    await rest(bench, [a, b]);
    await b.leave();
    await rest(bench, [a]);
    expect(a.has).toBe("t-0 t-1 t-2 t-3");
    expect(await a.commitAt(0, 2)).toBe("ok");
    expect(await a.commitAt(3, 4)).toBe("STALE_MEMBER_EPOCH");
    expect(await a.commitAt(3, 6)).toBe("ok");
  });

  it("in a transaction goes by the same rules", async () => {
    const bench = new GroupBench();
    const [a, b] = [new TestConsumer(bench, "a"), new TestConsumer(bench, "b")];
    await rest(bench, [a]);
    await rest(bench, [a, b]);
    const commit = async (generation: number, partition: number): Promise<string> => {
      const transaction = { transactionalId: "x", producerId: 1, producerEpoch: 0 };
      const stamp = { group: GROUP, memberId: "a", instanceId: undefined, generation };
      const request = { ...stamp, ...transaction, offsets: [at(partition, 5)] };
      const sent = follow(bench.groups.commitInTransaction(request, () => Promise.resolve()));
      await settle();
      return sent.said;
    };
    expect(await commit(4, 3)).toBe("STALE_MEMBER_EPOCH");
    expect(await commit(1, 0)).toBe("STALE_MEMBER_EPOCH");
    expect(await commit(2, 0)).toBe("ok");
  });

  it("of nobody counts while there are no members", async () => {
    const bench = new GroupBench();
    const a = new TestConsumer(bench, "a");
    await rest(bench, [a]);
    const nobody = async (): Promise<string> => {
      const stamp = { group: GROUP, memberId: "", instanceId: undefined, generation: -1 };
      const sent = follow(bench.groups.commit({ ...stamp, offsets: [at(0, 5)] }));
      await settle();
      return sent.said;
    };
    expect(await nobody()).toBe("UNKNOWN_MEMBER_ID");
    await a.leave();
    expect(await nobody()).toBe("ok");
    expect(await new TestConsumer(bench, "z").commitAt(0, 4)).toBe("UNKNOWN_MEMBER_ID");
  });
});

describe("a static member", () => {
  async function pair(): Promise<{ bench: GroupBench; a: TestConsumer; b: TestConsumer }> {
    const bench = new GroupBench();
    const [a, b] = [new TestConsumer(bench, "a", "ia"), new TestConsumer(bench, "b", "ib")];
    await rest(bench, [a, b]);
    return { bench, a, b };
  }

  it("keeps its place while it is away, and its successor has it at once", async () => {
    const { bench, a, b } = await pair();
    const { has } = b;
    expect(await b.leave(-2)).toBe("ok");
    await a.beat();
    expect([a.has, bench.state]).toEqual(["t-0 t-1", "reconciling 4"]);
    bench.failOver();
    const next = new TestConsumer(bench, "b2", "ib");
    await next.beat();
    expect([next.has, next.epoch, bench.state]).toEqual([has, 4, "stable 4"]);
    expect(await b.beat({ memberEpoch: 4, owned: undefined })).toBe("FENCED_INSTANCE_ID");
    expect(await b.commitAt(2, 4)).toBe("FENCED_INSTANCE_ID");
    expect(await b.leave()).toBe("FENCED_INSTANCE_ID");
    expect(await next.commitAt(2)).toBe("ok");
    expect(bench.events).toContainEqual(
      expect.objectContaining({ kind: "group/member-left", memberId: "b", reason: "replaced" }),
    );
  });

  it("may come back under the same id", async () => {
    const { bench, b } = await pair();
    const { has } = b;
    await b.leave(-2);
    expect(await b.beat({ memberEpoch: 4, owned: undefined })).toBe("FENCED_MEMBER_EPOCH");
    b.isFull = false;
    expect(await b.commitAt(2, 4)).toBe("STALE_MEMBER_EPOCH");
    await b.beat({ owned: [] });
    expect([b.has, b.epoch, bench.state]).toEqual([has, 4, "stable 4"]);
  });

  it.each([
    ["under the same id", "a"],
    ["under another", "a2"],
  ])("that takes its place again %s has it anew: no commit of before counts", async (_, memberId) => {
    const bench = new GroupBench();
    const [a, b] = [new TestConsumer(bench, "a", "ia"), new TestConsumer(bench, "b")];
    await rest(bench, [a]);
    await rest(bench, [a, b]);
    expect([a.has, a.epoch]).toEqual(["t-0 t-1", 4]);
    await a.leave(-2);
    const again = new TestConsumer(bench, memberId, "ia");
    await again.beat();
    expect([again.has, again.epoch]).toEqual(["t-0 t-1", 4]);
    for (const epoch of [2, 3]) expect(await again.commitAt(0, epoch)).toBe("STALE_MEMBER_EPOCH");
    expect(await again.commitAt(0, 4)).toBe("ok");
  });

  it("loses its place when it does not come back within a session", async () => {
    const { bench, a, b } = await pair();
    await b.leave(-2);
    await bench.pass(SESSION_US / 2);
    await a.beat();
    await bench.pass(SESSION_US / 2);
    expect(bench.members).toEqual(["a"]);
    await rest(bench, [a]);
    expect(a.has).toBe("t-0 t-1 t-2 t-3");
  });

  it("is not replaced before it has gone, or its session is over", async () => {
    const { bench, a, b } = await pair();
    const next = new TestConsumer(bench, "b2", "ib");
    expect(await next.beat()).toBe("UNRELEASED_INSTANCE_ID");
    await bench.pass(SESSION_US - 1_000_000);
    expect(await next.beat()).toBe("UNRELEASED_INSTANCE_ID");
    await a.beat();
    await bench.pass(1_000_000);
    expect(await next.beat()).toBe("ok");
    expect(await b.beat()).toBe("FENCED_INSTANCE_ID");
  });

  it("that goes for a while while it gives something up has given it up", async () => {
    const bench = new GroupBench();
    const [a, b] = [new TestConsumer(bench, "a", "ia"), new TestConsumer(bench, "b")];
    await rest(bench, [a]);
    await b.beat();
    await a.beat();
    await a.leave(-2);
    await b.beat();
    expect(b.has).toBe("t-2 t-3");
    const next = new TestConsumer(bench, "a2", "ia");
    await next.beat();
    expect([next.has, next.epoch]).toEqual(["t-0 t-1", 4]);
  });

  it("gets what it is to have by now, if that has changed while it was away", async () => {
    const { bench, a, b } = await pair();
    await b.leave(-2);
    const c = new TestConsumer(bench, "c");
    await c.beat();
    const next = new TestConsumer(bench, "b2", "ib");
    await next.beat();
    await rest(bench, [a, next, c]);
    expect([a, next, c].map(({ owned }) => owned.length).toSorted((x, y) => x - y)).toEqual([1, 1, 2]);
  });

  it("alone can go for a while", async () => {
    const bench = new GroupBench();
    const a = new TestConsumer(bench, "a");
    await rest(bench, [a]);
    expect(await a.leave(-2)).toBe("INVALID_REQUEST");
    const other = new TestConsumer(bench, "a", "ia");
    expect(await other.beat()).toBe("UNKNOWN_MEMBER_ID");
  });
});
