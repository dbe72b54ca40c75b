import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LeaderEpoch } from "#engines/broker/types.js";
import { admitFetch, readFor } from "#engines/broker/replica/index.js";
import { settle } from "../../support/memory-env.js";
import { MemoryLog } from "../support/memory-log.js";
import { Bench, UNCOMMITTED, answerOf, batch, codeOf, stateOf } from "./support.js";

/** A log with a batch of one record for each of the epochs. */
function logOf(epochs: readonly LeaderEpoch[]): MemoryLog {
  const log = new MemoryLog();
  for (const epoch of epochs) log.appendAsLeader(batch(), epoch);
  return log;
}

async function following(log: MemoryLog, leaderEpoch = 5): Promise<Bench> {
  const bench = new Bench({ log });
  await bench.partition.become(stateOf({ leader: "b2", leaderEpoch }));
  return bench;
}

/** One round: what b1 asks for, b2 answers. */
async function round(follower: Bench, leader: Bench): Promise<void> {
  const role = follower.partition.following!;
  const request = role.request(1_000_000);
  const refusal = await codeOf(() => admitFetch(leader.partition, request, undefined));
  if (refusal === "OFFSET_OUT_OF_RANGE")
    return role.restartAt(request.fetchOffset, leader.log.logStartOffset);
  const admission = admitFetch(leader.partition, request, { broker: "b1", epoch: 1 });
  if (admission.kind === "diverging") {
    await role.fetched(request.fetchOffset, answerOf({ diverging: admission.end, highWatermark: 99 }));
    return;
  }
  const found = await readFor(leader.partition, request, UNCOMMITTED, admission.epoch, 1_000_000);
  const batches = await leader.log.read(request.fetchOffset, 1_000_000, leader.log.logEndOffset);
  await role.fetched(request.fetchOffset, answerOf({ ...found, batches }));
}

async function leaderOver(log: MemoryLog, leaderEpoch: LeaderEpoch): Promise<Bench> {
  const bench = new Bench({ log, host: { broker: "b2" } });
  await bench.partition.become(stateOf({ leader: "b2", leaderEpoch }));
  return bench;
}

describe("a follower", () => {
  it("takes the high watermark from the leader, up to its own end", async () => {
    const bench = await following(new MemoryLog());
    const leader = logOf([5, 5]);
    const batches = await leader.read(0, 1_000, 2);
    await bench.partition.following!.fetched(0, answerOf({ batches, highWatermark: 7 }));
    expect(bench.partition.highWatermark).toBe(2);
  });

  it("does not take it from an answer that has it cut its log back (KAFKA-14704)", async () => {
    const bench = await following(logOf([1, 1, 1]));
    const diverging = { epoch: 1, endOffset: 1 };
    await bench.partition.following!.fetched(3, answerOf({ diverging, highWatermark: 3 }));
    expect(bench.partition.highWatermark).toBe(0);
    expect(bench.log.logEndOffset).toBe(1);
  });

  it("drops an answer of an epoch that is over (KAFKA-13207)", async () => {
    const bench = await following(logOf([1, 1]));
    const role = bench.partition.following!;
    await bench.partition.become(stateOf({ leader: "b1", leaderEpoch: 6, partitionEpoch: 2 }));
    await role.fetched(2, answerOf({ diverging: { epoch: 1, endOffset: 0 } }));
    await role.restartAt(2, 9);
    expect(bench.log.logEndOffset).toBe(2);
  });

  it("drops an answer to a fetch from another offset", async () => {
    const bench = await following(new MemoryLog());
    const batches = await logOf([5]).read(0, 1_000, 1);
    const role = bench.partition.following!;
    await role.fetched(0, answerOf({ batches }));
    await role.fetched(0, answerOf({ batches }));
    expect(bench.log.logEndOffset).toBe(1);
  });

  it("becomes what was said last, where more is said while its log is being cut", async () => {
    const bench = await following(logOf([1, 1]));
    let open: () => void = () => undefined;
    bench.log.gate = new Promise((resolve) => (open = resolve));
    const cut = bench.partition.following!.fetched(2, answerOf({ diverging: { epoch: 1, endOffset: 1 } }));
    const states = [
      stateOf({ leader: "b3", leaderEpoch: 6, partitionEpoch: 2 }),
      stateOf({ leader: "b1", leaderEpoch: 7, partitionEpoch: 3 }),
      stateOf({ leader: "b1", leaderEpoch: 7, partitionEpoch: 4, isr: ["b1", "b2"] }),
    ];
    const became = states.map((state) => bench.partition.become(state));
    await settle();
    expect(bench.partition.inspect().role).toBe("offline");
    open();
    await Promise.all([cut, ...became]);
    expect(bench.log.calls.filter((call) => call.startsWith("beginEpoch"))).toEqual(["beginEpoch 7"]);
    expect(bench.partition.inspect()).toMatchObject({ role: "leader", maximalIsr: ["b1", "b2"] });
    const roles = bench.events.filter(({ kind }) => /broker.became/.test(kind)).map(({ kind }) => kind);
    expect(roles).toEqual(["broker/became-follower", "broker/became-leader"]);
  });

  it("becomes nothing any more where it was stopped while its log was being cut", async () => {
    const bench = await following(logOf([1, 1]));
    let open: () => void = () => undefined;
    bench.log.gate = new Promise((resolve) => (open = resolve));
    const cut = bench.partition.following!.fetched(2, answerOf({ diverging: { epoch: 1, endOffset: 1 } }));
    const led = bench.partition.become(stateOf({ leader: "b1", leaderEpoch: 6, partitionEpoch: 2 }));
    const stopped = bench.partition.stop();
    open();
    await Promise.all([cut, led, stopped]);
    expect(bench.partition.inspect().role).toBe("offline");
    expect(bench.log.calls).not.toContain("beginEpoch 6");
  });

  it("leads only once its log has been cut", async () => {
    const bench = await following(logOf([1, 1]));
    let open: () => void = () => undefined;
    bench.log.gate = new Promise((resolve) => (open = resolve));
    const cut = bench.partition.following!.fetched(2, answerOf({ diverging: { epoch: 1, endOffset: 1 } }));
    const led = bench.partition.become(stateOf({ leader: "b1", leaderEpoch: 6, partitionEpoch: 2 }));
    await settle();
    expect(bench.log.calls).not.toContain("beginEpoch 6");
    expect(bench.partition.leadership).toBeUndefined();
    open();
    await Promise.all([cut, led]);
    expect(bench.partition.leadership!.startOffset).toBe(1);
  });

  it("cuts also where nothing goes, since epochs may (KAFKA-10706)", async () => {
    const bench = await following(logOf([1]));
    await bench.partition.following!.fetched(1, answerOf({ diverging: { epoch: 1, endOffset: 1 } }));
    expect(bench.log.calls).toContain("truncateTo 1");
  });

  it("writes a lower high watermark down before it cuts below it", async () => {
    const bench = await following(logOf([1, 1]));
    const role = bench.partition.following!;
    await role.fetched(2, answerOf({ highWatermark: 2 }));
    await role.fetched(2, answerOf({ diverging: { epoch: 1, endOffset: 1 } }));
    expect(bench.checkpoints).toEqual([1]);
    expect(bench.partition.highWatermark).toBe(1);
  });

  it("begins anew where the leader's log begins, and follows its start", async () => {
    const bench = await following(logOf([1]));
    const role = bench.partition.following!;
    await role.restartAt(1, 10);
    expect([bench.log.logEndOffset, bench.partition.highWatermark]).toEqual([10, 10]);
    await role.fetched(10, answerOf({ logStartOffset: 12, highWatermark: 12 }));
    expect(bench.log.logStartOffset).toBe(10);
  });

  it("comes to the leader's log, whatever both went through (KIP-101, KIP-279)", async () => {
    // Two logs of one partition: an epoch had one leader, so it began at one offset for all.
    const history = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(history, async (turns) => {
        const [ours, theirs]: [LeaderEpoch[], LeaderEpoch[]] = [[], []];
        turns.forEach(([mine, their], epoch) => {
          // In each epoch one of the two leads, alone: the other gets some of it, or nothing.
          const [leader, other] = epoch % 2 === 0 ? [ours, theirs] : [theirs, ours];
          const count = Math.max(mine, their);
          const begin = leader.length;
          for (let i = 0; i < count; i++) leader.push(epoch);
          const isSame =
            other.length >= begin && other.slice(0, begin).join() === leader.slice(0, begin).join();
          if (isSame && mine !== their) {
            other.length = begin;
            other.push(...leader.slice(begin, begin + Math.min(mine, their)));
          }
        });
        const follower = await following(logOf(ours), 10);
        const leader = await leaderOver(logOf(theirs), 10);
        for (let i = 0; i < 12; i++) await round(follower, leader);
        expect(follower.log.epochs).toEqual(theirs);
        expect(follower.log.logEndOffset).toBe(theirs.length);
      }),
      { seed: 4, numRuns: 300 },
    );
  });
});
