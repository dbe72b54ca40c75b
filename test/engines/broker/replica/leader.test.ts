import { describe, expect, it } from "vitest";
import { listOffset } from "#engines/broker/replica/index.js";
import { NO_EPOCH } from "#engines/broker/types.js";
import { settle } from "../../support/memory-env.js";
import { MemoryLog } from "../support/memory-log.js";
import { Bench, LAG_US, RETRY_US, batch, codeOf, stateOf } from "./support.js";

async function leading(
  options: ConstructorParameters<typeof Bench>[0] = {},
  state: Parameters<typeof stateOf>[0] = {},
): Promise<Bench> {
  const bench = new Bench(options);
  await bench.partition.become(stateOf(state));
  return bench;
}

describe("the high watermark", () => {
  it("moves with the slowest, and never back", async () => {
    const bench = await leading();
    const { partition } = bench;
    partition.append(batch(3), "all");
    bench.fetch("b2", 3);
    expect(partition.highWatermark).toBe(0);
    bench.fetch("b3", 3);
    expect(partition.highWatermark).toBe(3);
    bench.fetch("b3", 1);
    partition.append(batch(), "all");
    expect(partition.highWatermark).toBe(3);
  });

  it("counts both ISRs while nobody knows which is in force, and moves once that is answered", async () => {
    const bench = await leading();
    const { partition, env } = bench;
    partition.append(batch(), "all");
    bench.fetch("b2", 1);
    env.clock.advance(LAG_US + 1);
    partition.checkIsr();
    expect(bench.asked[0]!.request.isr.map(({ broker }) => broker)).toEqual(["b1", "b2"]);
    expect(partition.highWatermark).toBe(0);
    await bench.asked[0]!.grant();
    expect(partition.highWatermark).toBe(1);
    expect(env.marks).toContain("broker/isr-shrunk");
  });

  it("counts who was proposed and not yet agreed to", async () => {
    const bench = await leading({}, { isr: ["b1", "b2"] });
    const { partition } = bench;
    bench.fetch("b2", 0);
    bench.fetch("b3", 0);
    expect(bench.asked).toHaveLength(1);
    bench.env.clock.advance(LAG_US + 1);
    partition.append(batch(), "all");
    bench.fetch("b2", 1);
    expect(partition.highWatermark).toBe(0);
    bench.fetch("b3", 1);
    expect(partition.highWatermark).toBe(1);
  });

  it("stands still below the minimum (KIP-966)", async () => {
    const bench = await leading({}, { isr: ["b1"] });
    bench.partition.append(batch(), 1);
    expect(bench.partition.highWatermark).toBe(0);
    await bench.partition.become(stateOf({ isr: ["b1", "b2"], partitionEpoch: 2 }));
    expect(bench.partition.highWatermark).toBe(0);
    bench.fetch("b2", 1);
    expect(bench.partition.highWatermark).toBe(1);
  });

  it("waits for who is about to join the ISR, but not for ever", async () => {
    const bench = await leading(
      { config: { minInsyncReplicas: 1 } },
      { isr: ["b1"], replicas: ["b1", "b2"] },
    );
    bench.fetch("b2", 0);
    await bench.asked[0]!.refuse("INELIGIBLE_REPLICA");
    bench.partition.append(batch(), "all");
    expect(bench.partition.highWatermark).toBe(0);
    bench.env.clock.advance(LAG_US + 1);
    bench.partition.checkIsr();
    expect(bench.partition.highWatermark).toBe(1);
  });

  it("in profile sync counts the leader only for what is durable", async () => {
    let open: () => void = () => undefined;
    const log = new MemoryLog();
    const bench = await leading({ log, host: { durability: "sync" } });
    log.gate = new Promise((resolve) => (open = resolve));
    bench.partition.append(batch(), "all");
    bench.fetch("b2", 1);
    bench.fetch("b3", 1);
    await settle();
    expect(bench.partition.highWatermark).toBe(0);
    open();
    await settle();
    expect(bench.partition.highWatermark).toBe(1);
  });
});

describe("the ISR", () => {
  it("keeps who asks for what was the end a fetch ago, however much comes meanwhile", async () => {
    const bench = await leading();
    for (let round = 0; round < 5; round++) {
      bench.partition.append(batch(), "all");
      for (const broker of ["b2", "b3"]) bench.fetch(broker, round);
      bench.env.clock.advance(LAG_US / 2);
      bench.partition.checkIsr();
    }
    expect(bench.asked).toEqual([]);
  });

  it("is asked for once at a time", async () => {
    const bench = await leading();
    bench.partition.append(batch(), "all");
    bench.env.clock.advance(LAG_US + 1);
    bench.partition.checkIsr();
    bench.partition.checkIsr();
    expect(bench.asked).toHaveLength(1);
    expect(bench.asked[0]!.request.isr).toEqual([{ broker: "b1", epoch: 1 }]);
  });

  it("takes in who has the high watermark and the epoch's start (KAFKA-7128)", async () => {
    const log = new MemoryLog();
    log.appendAsLeader(batch(4), 0);
    const bench = await leading({ log }, { isr: ["b1", "b2"] });
    bench.fetch("b3", 3);
    expect(bench.asked).toEqual([]);
    bench.fetch("b3", 4);
    expect(bench.asked[0]!.request.isr.map(({ broker }) => broker)).toEqual(["b1", "b2", "b3"]);
    await bench.asked[0]!.grant();
    expect(bench.partition.state!.isr).toEqual(["b1", "b2", "b3"]);
    expect(bench.env.marks).toContain("broker/isr-expanded");
  });

  it("takes in nobody who is fenced, going, or of another life (KIP-841, KIP-903)", async () => {
    const bench = await leading({}, { isr: ["b1", "b2"] });
    bench.know("b3", { isFenced: true });
    bench.fetch("b3", 0);
    bench.know("b3", { isFenced: false, isShuttingDown: true });
    bench.fetch("b3", 0);
    bench.know("b3", { isShuttingDown: false, epoch: 9 });
    bench.fetch("b3", 0, { epoch: 3 });
    expect(bench.asked).toEqual([]);
    bench.fetch("b3", 0, { epoch: 9 });
    expect(bench.asked[0]!.request.isr).toContainEqual({ broker: "b3", epoch: 9 });
    expect(await codeOf(() => bench.fetch("b3", 0, { epoch: 3 }))).toBe("STALE_BROKER_EPOCH");
  });

  it("counts a refused member no more, unless an earlier copy of the proposal may still be agreed to", async () => {
    const bench = await leading({}, { isr: ["b1", "b2"] });
    const { partition } = bench;
    bench.fetch("b3", 0);
    bench.know("b3", { isFenced: true });
    partition.append(batch(), "all");
    bench.fetch("b2", 1);
    await bench.asked[0]!.refuse("INELIGIBLE_REPLICA");
    expect(partition.highWatermark).toBe(1);

    bench.know("b3", { isFenced: false });
    bench.env.clock.advance(RETRY_US);
    bench.fetch("b3", 1);
    await bench.asked[1]!.refuse("REQUEST_TIMED_OUT");
    bench.know("b3", { isFenced: true });
    partition.append(batch(), "all");
    bench.fetch("b2", 2);
    bench.env.clock.advance(RETRY_US);
    await settle();
    await bench.asked[2]!.refuse("INELIGIBLE_REPLICA");
    expect(partition.highWatermark).toBe(1);
    bench.env.clock.advance(RETRY_US);
    await settle();
    expect(bench.asked[3]!.request.isr.map(({ broker }) => broker)).toEqual(["b1", "b2"]);
    await bench.asked[3]!.grant();
    expect(partition.highWatermark).toBe(2);
  });

  it("asks again for the life that had caught up, not for one that came since (KIP-903)", async () => {
    const bench = await leading({}, { isr: ["b1", "b2"] });
    bench.partition.append(batch(2), "all");
    bench.fetch("b2", 2);
    bench.fetch("b3", 2);
    expect(bench.partition.highWatermark).toBe(2);
    await bench.asked[0]!.refuse("REQUEST_TIMED_OUT");
    bench.know("b3", { epoch: 9 });
    bench.fetch("b3", 0, { epoch: 9 });
    bench.env.clock.advance(RETRY_US);
    await settle();
    expect(bench.asked[1]!.request.isr).toContainEqual({ broker: "b3", epoch: 3 });
  });

  it("waits for the metadata where the partition has changed", async () => {
    const bench = await leading({}, { isr: ["b1", "b2"] });
    bench.fetch("b3", 0);
    await bench.asked[0]!.refuse("INVALID_UPDATE_VERSION");
    bench.env.clock.advance(10 * RETRY_US);
    await settle();
    bench.fetch("b3", 0);
    expect(bench.asked).toHaveLength(1);
    expect(bench.partition.inspect().maximalIsr).toEqual(["b1", "b2", "b3"]);
    await bench.partition.become(stateOf({ isr: ["b1"], partitionEpoch: 2 }));
    expect(bench.partition.inspect().maximalIsr).toEqual(["b1"]);
  });
});

describe("a leadership", () => {
  it("begins anew with each epoch, though the leader is the same (KAFKA-7164)", async () => {
    const bench = await leading();
    const waits: unknown[] = [];
    bench.partition.append(batch(), "all");
    bench.partition.whenCommitted(1, (outcome) => waits.push(outcome));
    await bench.partition.become(stateOf({ leaderEpoch: 3, partitionEpoch: 3 }));
    expect(waits).toEqual(["NOT_LEADER_OR_FOLLOWER"]);
    expect(bench.log.calls).toContain("beginEpoch 3");
    expect(bench.partition.leadership!.followers.get("b2")!.logEndOffset).toBe(-1);
  });

  it("does not go back to what is known to be older", async () => {
    const bench = await leading({}, { partitionEpoch: 5, leaderEpoch: 4 });
    await bench.partition.become(stateOf({ leader: "b2", leaderEpoch: 3, partitionEpoch: 4 }));
    expect(bench.partition.leadership!.epoch).toBe(4);
  });

  it("refuses other epochs, and who is no replica", async () => {
    const bench = await leading();
    expect(await codeOf(() => bench.fetch("b2", 0, { currentLeaderEpoch: 0 }))).toBe("FENCED_LEADER_EPOCH");
    expect(await codeOf(() => bench.fetch("b2", 0, { currentLeaderEpoch: 2 }))).toBe("UNKNOWN_LEADER_EPOCH");
    expect(await codeOf(() => bench.fetch("b9", 0, { epoch: 1 }))).toBe("NOT_LEADER_OR_FOLLOWER");
    expect(await codeOf(() => bench.fetch("b2", 1))).toBe("OFFSET_OUT_OF_RANGE");
    expect(bench.env.marks).toContain("broker/fenced-fetch");
  });

  it("ends with the broker when the log fails", async () => {
    const bench = await leading();
    bench.log.failing = "STORAGE_ERROR";
    expect(await codeOf(() => bench.partition.append(batch(), "all"))).toBe("STORAGE_ERROR");
    expect(bench.failures).toHaveLength(1);
  });
});

describe("a producer", () => {
  it("is refused before the append where the ISR is below the minimum, but not with acks 1", async () => {
    const bench = await leading({}, { isr: ["b1"] });
    expect(await codeOf(() => bench.partition.append(batch(), "all"))).toBe("NOT_ENOUGH_REPLICAS");
    expect(bench.log.logEndOffset).toBe(0);
    bench.partition.append(batch(), 1);
    expect(bench.log.logEndOffset).toBe(1);
  });

  it("waits for the high watermark also where its batch was there already", async () => {
    const bench = await leading();
    const stamp = { producerId: 4, baseSequence: 0 };
    bench.partition.append(batch(1, stamp), "all");
    const again = bench.partition.append(batch(1, stamp), "all");
    expect(again).toEqual({ firstOffset: 0, lastOffset: 0, isDuplicate: true });
    const outcomes: unknown[] = [];
    bench.partition.whenCommitted(again.lastOffset + 1, (outcome) => outcomes.push(outcome ?? "committed"));
    expect(outcomes).toEqual([]);
    for (const broker of ["b2", "b3"]) bench.fetch(broker, 1);
    expect(outcomes).toEqual(["committed"]);
  });

  it("hears that the ISR is too small where it waited in vain", async () => {
    const bench = await leading();
    expect(bench.partition.lateCode).toBe("REQUEST_TIMED_OUT");
    await bench.partition.become(stateOf({ isr: ["b1"], partitionEpoch: 2 }));
    expect(bench.partition.lateCode).toBe("NOT_ENOUGH_REPLICAS_AFTER_APPEND");
  });
});

describe("a consumer", () => {
  it("sees what is committed only", async () => {
    const bench = await leading();
    bench.partition.append(batch(2), "all");
    expect(await bench.consume(0)).toHaveLength(0);
    for (const broker of ["b2", "b3"]) bench.fetch(broker, 2);
    expect((await bench.consume(0)).length).toBeGreaterThan(0);
  });

  it("is told no end before the leader knows what its predecessor committed (KIP-207)", async () => {
    const log = new MemoryLog();
    log.appendAsLeader(batch(2), 0);
    const bench = await leading({ log });
    const partition = { topic: "t", partition: 0 };
    const ask = (at: "earliest" | "latest" | number): Promise<unknown> =>
      listOffset(bench.partition, { partition, currentLeaderEpoch: NO_EPOCH, at }, "read_uncommitted");
    expect(await codeOf(() => ask("latest"))).toBe("OFFSET_NOT_AVAILABLE");
    expect(await codeOf(() => ask(1))).toBe("OFFSET_NOT_AVAILABLE");
    expect(await ask("earliest")).toEqual({ offset: 0, leaderEpoch: 1 });
    for (const broker of ["b2", "b3"]) bench.fetch(broker, 2);
    expect(await ask("latest")).toEqual({ offset: 2, leaderEpoch: 1 });
    expect(await ask(1)).toEqual({ offset: 0, leaderEpoch: 1 });
    expect(await ask(5_000)).toEqual({ offset: 2, leaderEpoch: 1 });
  });
});
