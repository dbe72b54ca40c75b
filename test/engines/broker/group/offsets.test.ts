// Offsets: who may commit them, what a successor knows of them, when they expire, and how transactions change them.
import { describe, expect, it } from "vitest";
import { settle } from "../../support/memory-env.js";
import { GROUP, GroupBench, SESSION_US, TestMember, at, follow, settledGroup } from "./support.js";

const RETENTION_MS = 100_000;
const CHECK_US = 1_000_000;
const MS = 1_000;

async function single(): Promise<{ bench: GroupBench; a: TestMember }> {
  const bench = new GroupBench({ offsetsRetentionMs: RETENTION_MS, offsetsRetentionCheckUs: CHECK_US });
  const a = new TestMember(bench, "a");
  await settledGroup(bench, [a]);
  return { bench, a };
}

async function passWith(
  bench: GroupBench,
  member: TestMember | undefined,
  durationMs: number,
): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += 1_000) {
    await member?.heartbeat();
    await bench.pass(1_000 * MS);
  }
}

describe("committing", () => {
  it("is for members of the present generation only", async () => {
    const { bench, a } = await single();
    expect(await a.commit(at(0, 5), at(1, 7))).toBe("ok");
    const commit = async (change: object): Promise<string> => {
      const followed = follow(bench.groups.commit({ ...a.stamp, offsets: [at(0, 1)], ...change }));
      await settle();
      return followed.said;
    };
    expect(await commit({ generation: a.generation - 1 })).toBe("ILLEGAL_GENERATION");
    expect(await commit({ generation: a.generation + 1 })).toBe("ILLEGAL_GENERATION");
    expect(await commit({ memberId: "nobody" })).toBe("UNKNOWN_MEMBER_ID");
    expect(await commit({ instanceId: "nobody" })).toBe("UNKNOWN_MEMBER_ID");
    expect(await commit({ generation: -1 })).toBe("ILLEGAL_GENERATION");
    // Who is no member may, while there is none.
    expect(await commit({ memberId: "", generation: -1 })).toBe("UNKNOWN_MEMBER_ID");
    expect(await commit({ group: "other", memberId: "", generation: -1 })).toBe("ok");
    expect(await commit({ group: "third" })).toBe("UNKNOWN_MEMBER_ID");
    expect(await bench.offsets()).toEqual(["0:5", "1:7"]);
    await a.leave();
    expect(await commit({ memberId: "", generation: -1, offsets: [at(0, 2)] })).toBe("ok");
    expect(await commit({})).toBe("UNKNOWN_MEMBER_ID");
    expect(await bench.offsets()).toEqual(["0:2", "1:7"]);
  });

  it("goes on while a rebalance is prepared, and not while the assignment is awaited", async () => {
    const { bench, a } = await single();
    const b = new TestMember(bench, "b");
    b.join();
    await settle();
    expect(bench.state).toMatch(/^preparing/u);
    expect(await a.commit(at(0, 5))).toBe("ok");
    a.join();
    await settle();
    expect(bench.state).toMatch(/^completing/u);
    expect(await a.commit(at(0, 6))).toBe("REBALANCE_IN_PROGRESS");
    a.generation--;
    expect(await a.commit(at(0, 6))).toBe("ILLEGAL_GENERATION");
    expect(await bench.offsets()).toEqual(["0:5"]);
  });

  it("is a sign of life", async () => {
    const { bench, a } = await single();
    for (let i = 0; i < 4; i++) {
      await bench.pass(SESSION_US - 1);
      expect(await a.commit(at(0, i))).toBe("ok");
    }
  });

  it("takes all or nothing", async () => {
    const { bench, a } = await single();
    expect(await a.commit(at(0, 5), at(1, -1))).toBe("INVALID_REQUEST");
    expect(await bench.offsets()).toEqual([]);
  });

  it("is told when it is committed, and known to whoever takes over", async () => {
    const { bench, a } = await single();
    let open: () => void = () => undefined;
    bench.shard.gate = new Promise((resolve) => (open = resolve));
    const committing = follow(bench.groups.commit({ ...a.stamp, offsets: [at(0, 5)] }));
    await settle();
    const told = (): object[] => bench.events.filter(({ kind }) => kind === "group/offset-committed");
    expect([committing.said, told()]).toEqual(["nothing", []]);
    open();
    await settle();
    expect(told()).toMatchObject([{ group: GROUP, partition: "t-0", offset: 5, memberId: a.id }]);
    await a.commit(at(0, 6));
    bench.failOver();
    expect(await bench.offsets()).toEqual(["0:6"]);
    const some = await bench.groups.fetch({
      group: GROUP,
      partitions: [at(0, 0).partition, at(9, 0).partition],
      requiresStable: true,
    });
    expect(some.offsets).toEqual([at(0, 6)]);
  });
});

describe("offsets expire", () => {
  it("so long after the group became empty, also at another coordinator, and the group with them", async () => {
    const { bench, a } = await single();
    await a.commit(at(0, 5));
    await passWith(bench, a, RETENTION_MS + 10_000);
    expect(await bench.offsets()).toEqual(["0:5"]);
    await a.leave();
    await passWith(bench, undefined, RETENTION_MS / 2);
    bench.failOver();
    await passWith(bench, undefined, RETENTION_MS / 2 - 2_000);
    expect(await bench.offsets()).toEqual(["0:5"]);
    await passWith(bench, undefined, 4_000);
    expect(await bench.offsets()).toEqual([]);
    expect(bench.events.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(["group/offset-expired", "group/removed"]),
    );
    expect(bench.shard.machine.groups.size).toBe(0);
    bench.failOver();
    expect([bench.state, await bench.offsets()]).toEqual(["none", []]);
  });

  it("never while a rebalance is under way, nor at a coordinator that has just begun", async () => {
    const { bench, a } = await single();
    await a.commit(at(0, 5));
    await passWith(bench, a, RETENTION_MS + 10_000);
    bench.failOver();
    await bench.pass(2 * CHECK_US);
    expect(await bench.offsets()).toEqual(["0:5"]);
    new TestMember(bench, "b").join();
    await settle();
    expect(bench.state).toMatch(/^preparing/u);
    await bench.pass(2 * CHECK_US);
    expect(await bench.offsets()).toEqual(["0:5"]);
  });

  it("so long after the last commit where the group never had members", async () => {
    const bench = new GroupBench({ offsetsRetentionMs: RETENTION_MS, offsetsRetentionCheckUs: CHECK_US });
    const alone = new TestMember(bench, "alone");
    expect(await alone.commit(at(0, 1), at(1, 1))).toBe("ok");
    await passWith(bench, undefined, RETENTION_MS / 2);
    expect(await alone.commit(at(1, 2))).toBe("ok");
    await passWith(bench, undefined, RETENTION_MS / 2 + 2_000);
    expect(await bench.offsets()).toEqual(["1:2"]);
  });
});

describe("in a transaction", () => {
  const TXN = { transactionalId: "x", producerId: 7, producerEpoch: 3 };

  async function commit(
    { groups }: GroupBench,
    { stamp }: TestMember,
    verify: () => Promise<void> = () => Promise.resolve(),
    offset = 5,
  ): Promise<string> {
    const request = { ...stamp, ...TXN, offsets: [at(0, offset)] };
    const followed = follow(groups.commitInTransaction(request, verify));
    await settle();
    return followed.said;
  }

  it("offsets count with its marker, and are unstable until then", async () => {
    for (const isCommit of [true, false]) {
      for (const failsOver of [true, false]) {
        const { bench, a } = await single();
        await a.commit(at(0, 1));
        expect(await commit(bench, a)).toBe("ok");
        if (failsOver) bench.failOver();
        expect(await bench.offsets(false)).toEqual(["0:1"]);
        const fetching = follow(bench.offsets());
        await settle();
        expect(fetching.said).toBe("UNSTABLE_OFFSET_COMMIT");
        bench.shard.marker(TXN.producerId, TXN.producerEpoch + 1, isCommit);
        expect(await bench.offsets()).toEqual([isCommit ? "0:5" : "0:1"]);
        bench.failOver();
        expect(await bench.offsets()).toEqual([isCommit ? "0:5" : "0:1"]);
      }
    }
  });

  it("a commit outside that came later counts, whenever the marker comes", async () => {
    const { bench, a } = await single();
    await commit(bench, a);
    await a.commit(at(0, 9));
    bench.shard.marker(TXN.producerId, TXN.producerEpoch + 1, true);
    expect(await bench.offsets()).toEqual(["0:9"]);
  });

  it("the coordinator of transactions is asked once for each (KIP-890), and the member is checked before and after", async () => {
    const { bench, a } = await single();
    let asked = 0;
    const verify = async (): Promise<void> => void asked++;
    expect([await commit(bench, a, verify), await commit(bench, a, verify, 6)]).toEqual(["ok", "ok"]);
    expect(asked).toBe(1);
    bench.shard.marker(TXN.producerId, TXN.producerEpoch + 1, true);
    let open: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => (open = resolve));
    const late = follow(
      bench.groups.commitInTransaction({ ...a.stamp, ...TXN, offsets: [at(0, 9)] }, () => slow),
    );
    await a.leave();
    open();
    await settle();
    expect(late.said).toBe("UNKNOWN_MEMBER_ID");
    expect(await bench.offsets()).toEqual(["0:6"]);
  });

  it("that is not under way, nothing is written", async () => {
    const { bench, a } = await single();
    const written = bench.log.entries.length;
    const refuse = (): Promise<void> => bench.groups.heartbeat({ ...a.stamp, group: "none" });
    expect(await commit(bench, a, refuse)).toBe("UNKNOWN_MEMBER_ID");
    expect(bench.log.entries).toHaveLength(written);
  });
});
