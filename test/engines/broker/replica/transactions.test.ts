// Transactions at the leader of a partition: what readers see, who is asked before the first batch, and what markers end.
import { describe, expect, it } from "vitest";
import type { BrokerErrorCode } from "#engines/broker/errors.js";
import { BrokerError } from "#engines/broker/index.js";
import type { ProduceRequest } from "#engines/broker/protocol/types.js";
import { NO_PRODUCER, batchesOf, encodeBatch, type TransactionMarker } from "#engines/broker/record/index.js";
import { listOffset } from "#engines/broker/replica/index.js";
import type { Desk } from "#engines/broker/server/desk.js";
import { serveProduce } from "#engines/broker/server/produce.js";
import type { TransactionToVerify } from "#engines/broker/server/transaction-hooks.js";
import { NO_EPOCH } from "#engines/broker/types.js";
import { settle } from "../../support/memory-env.js";
import { Bench, UNCOMMITTED, codeOf, stateOf } from "./support.js";

const COMMITTED = { replica: undefined, isolation: "read_committed" } as const;

function data(
  producerId: number,
  baseSequence: number,
  producerEpoch = 0,
  isTransactional = true,
): Uint8Array {
  const records = [{ key: null, value: new Uint8Array(1), timestampMs: 1_000 }];
  return encodeBatch(records, { producerId, producerEpoch, baseSequence }, isTransactional);
}

function marker(producerId: number, change: Partial<TransactionMarker> = {}): TransactionMarker {
  return { producerId, producerEpoch: 1, isCommit: true, coordinatorEpoch: 0, ...change };
}

async function leading(): Promise<Bench> {
  const bench = new Bench();
  await bench.partition.become(stateOf());
  return bench;
}

/** Both followers have everything. */
function commit(bench: Bench): void {
  for (const broker of ["b2", "b3"]) bench.fetch(broker, bench.log.logEndOffset);
}

async function offsets(bench: Bench, by: typeof UNCOMMITTED, from = 0): Promise<number[]> {
  const { batches } = await bench.read(from, by);
  return [...batchesOf(batches)].map(({ header }) => header.baseOffset);
}

describe("readers of committed data", () => {
  it("see nothing of a transaction before its marker is committed", async () => {
    const bench = await leading();
    const { partition } = bench;
    partition.append(data(1, 0, 0, false), "all");
    partition.append(data(7, 0), "all");
    partition.append(data(1, 1, 0, false), "all");
    commit(bench);
    expect([partition.highWatermark, partition.lastStableOffset]).toEqual([3, 1]);
    expect(await offsets(bench, COMMITTED)).toEqual([0]);
    expect(await offsets(bench, UNCOMMITTED)).toEqual([0, 1, 2]);
    let wakes = 0;
    partition.watch(() => wakes++);
    expect(partition.appendMarker(marker(7))).toEqual({ firstOffset: 3, lastOffset: 3, isDuplicate: false });
    const before = wakes;
    expect(partition.lastStableOffset).toBe(1);
    expect(await offsets(bench, COMMITTED, 1)).toEqual([]);
    commit(bench);
    expect(wakes).toBeGreaterThan(before);
    expect(partition.lastStableOffset).toBe(4);
    expect(await offsets(bench, COMMITTED)).toEqual([0, 1, 2, 3]);
    expect(bench.events.filter(({ kind }) => kind === "broker/marker")).toEqual([
      { kind: "broker/marker", partition: "t-0", producerId: 7, producerEpoch: 1, isCommit: true, offset: 3 },
    ]);
  });

  it("are told what was aborted in what they read, and no more", async () => {
    const bench = await leading();
    const { partition } = bench;
    partition.append(data(7, 0), "all");
    partition.appendMarker(marker(7, { isCommit: false }));
    partition.append(data(8, 0), "all");
    partition.appendMarker(marker(8, { isCommit: false }));
    commit(bench);
    const [first, second] = [
      { producerId: 7, firstOffset: 0, lastOffset: 1 },
      { producerId: 8, firstOffset: 2, lastOffset: 3 },
    ];
    expect((await bench.read(0, COMMITTED)).aborted).toEqual([first, second]);
    expect((await bench.read(2, COMMITTED)).aborted).toEqual([second]);
    expect((await bench.read(0, UNCOMMITTED)).aborted).toEqual([]);
  });

  it("are told the last stable offset as the end", async () => {
    const bench = await leading();
    bench.partition.append(data(1, 0, 0, false), "all");
    bench.partition.append(data(7, 0), "all");
    commit(bench);
    const query = { partition: bench.partition.partition, currentLeaderEpoch: NO_EPOCH };
    for (const at of ["latest", 5_000] as const) {
      const found = await listOffset(bench.partition, { ...query, at }, "read_committed");
      expect(found.offset).toBe(1);
      expect((await listOffset(bench.partition, { ...query, at }, "read_uncommitted")).offset).toBe(2);
    }
  });
});

describe("a marker", () => {
  it("is written once, and where nothing was open it fences the producer", async () => {
    const { partition } = await leading();
    expect(partition.appendMarker(marker(7))).toMatchObject({ firstOffset: 0, isDuplicate: false });
    expect(partition.appendMarker(marker(7))).toMatchObject({ firstOffset: 0, isDuplicate: true });
    expect(await codeOf(() => partition.appendMarker(marker(7, { producerEpoch: 0 })))).toBe(
      "INVALID_PRODUCER_EPOCH",
    );
  });

  it("is refused while too few replicas are in sync, by who does not lead, and of a coordinator of before", async () => {
    const bench = await leading();
    const { partition } = bench;
    partition.appendMarker(marker(7, { coordinatorEpoch: 4 }));
    const old = marker(7, { producerEpoch: 2, coordinatorEpoch: 3 });
    expect(await codeOf(() => partition.appendMarker(old))).toBe("TRANSACTION_COORDINATOR_FENCED");
    await partition.become(stateOf({ isr: ["b1"], partitionEpoch: 2 }));
    expect(await codeOf(() => partition.appendMarker(marker(8)))).toBe("NOT_ENOUGH_REPLICAS");
    await partition.become(stateOf({ leader: "b2", leaderEpoch: 2, partitionEpoch: 3 }));
    expect(await codeOf(() => partition.appendMarker(marker(8)))).toBe("NOT_LEADER_OR_FOLLOWER");
  });
});

interface Outcome {
  code?: string;
  offset?: number;
}

/** A broker's desk over one partition, whose coordinator answers when it is told to. */
class Counter {
  readonly bench: Bench;
  readonly asked: TransactionToVerify[] = [];
  readonly answers: ((code?: BrokerErrorCode) => Promise<void>)[] = [];
  readonly #desk: Desk;

  constructor(bench: Bench) {
    this.bench = bench;
    const { env, lifeline, partition } = bench;
    const verify = (asked: TransactionToVerify): Promise<void> => {
      this.asked.push(asked);
      return new Promise((resolve, reject) => {
        this.answers.push(async (code) => {
          if (code === undefined) resolve();
          else reject(new BrokerError(code, { expected: "", found: "", where: "a coordinator", todo: "" }));
          await settle();
        });
      });
    };
    const transactions = { verify, markerWriter: () => undefined };
    const settings = { maxBatchBytes: 10_000, durability: "cache" };
    const image = { partitions: new Map() };
    this.#desk = { env, lifeline, settings, image, transactions, find: () => partition } as unknown as Desk;
  }

  produce(batch: Uint8Array): Outcome {
    const partitions = [{ partition: this.bench.partition.partition, batch }];
    return this.send({ acks: "all", transactionalId: "id", timeoutUs: 1_000, partitions });
  }

  /** What became of it, once it is known. */
  send(request: ProduceRequest): Outcome {
    const outcome: Outcome = {};
    void serveProduce(this.#desk, request).then(({ partitions: [result] }) => {
      if (result?.ok === true) outcome.offset = result.baseOffset;
      else outcome.code = result!.error.code;
    });
    return outcome;
  }
}

describe("the first batch of a transaction", () => {
  it("waits for the coordinator, and those behind it in their order", async () => {
    const counter = new Counter(await leading());
    const outcomes = [0, 1, 2].map((sequence) => counter.produce(data(7, sequence)));
    await settle();
    expect(counter.asked).toEqual([
      { transactionalId: "id", producerId: 7, producerEpoch: 0, partition: { topic: "t", partition: 0 } },
    ]);
    expect(counter.bench.log.logEndOffset).toBe(0);
    await counter.answers[0]!();
    commit(counter.bench);
    await settle();
    expect(outcomes).toEqual([{ offset: 0 }, { offset: 1 }, { offset: 2 }]);
    // It is open now.
    counter.produce(data(7, 3));
    await settle();
    expect(counter.asked).toHaveLength(1);
    expect(counter.bench.log.logEndOffset).toBe(4);
  });

  it("is not appended where the coordinator says no, and asked about again then", async () => {
    const counter = new Counter(await leading());
    const outcomes = [counter.produce(data(7, 0)), counter.produce(data(7, 1))];
    await counter.answers[0]!("CONCURRENT_TRANSACTIONS");
    expect(outcomes.map(({ code }) => code)).toEqual(["CONCURRENT_TRANSACTIONS", "CONCURRENT_TRANSACTIONS"]);
    counter.produce(data(7, 0));
    expect(counter.asked).toHaveLength(2);
    expect(counter.bench.log.logEndOffset).toBe(0);
  });

  it("is not appended where a marker came meanwhile (KIP-890)", async () => {
    const counter = new Counter(await leading());
    const late = counter.produce(data(7, 0));
    counter.bench.partition.appendMarker(marker(7, { isCommit: false }));
    await counter.answers[0]!();
    expect(late.code).toBe("INVALID_TXN_STATE");
    // The marker again says nothing of the next transaction.
    const next = counter.produce(data(7, 0, 1));
    counter.bench.partition.appendMarker(marker(7, { isCommit: false }));
    await counter.answers[1]!();
    commit(counter.bench);
    await settle();
    expect(next).toEqual({ offset: 1 });
    expect(counter.bench.env.marks.has("broker/verification-void")).toBe(true);
  });

  it("is not appended in another leadership than it was asked about in", async () => {
    const counter = new Counter(await leading());
    const outcome = counter.produce(data(7, 0));
    await counter.bench.partition.become(stateOf({ leader: "b2", leaderEpoch: 2, partitionEpoch: 2 }));
    await counter.bench.partition.become(stateOf({ leaderEpoch: 3, partitionEpoch: 3 }));
    await counter.answers[0]!();
    expect(outcome.code).toBe("NOT_LEADER_OR_FOLLOWER");
  });

  it("is given up in time, though the coordinator takes longer", async () => {
    const counter = new Counter(await leading());
    const outcome = counter.produce(data(7, 0));
    counter.bench.env.clock.advance(2_000);
    await counter.answers[0]!();
    expect(outcome.code).toBe("REQUEST_TIMED_OUT");
  });

  it("is refused without a transactional id, and with other acks than all", async () => {
    const counter = new Counter(await leading());
    const batch = data(7, 0);
    const partitions = [{ partition: counter.bench.partition.partition, batch }];
    const nameless = counter.send({ acks: "all", timeoutUs: 1_000, partitions });
    const hasty = counter.send({ acks: 1, transactionalId: "id", timeoutUs: 1_000, partitions });
    await settle();
    expect([nameless.code, hasty.code]).toEqual(["INVALID_REQUEST", "INVALID_REQUEST"]);
    expect(counter.asked).toEqual([]);
  });

  it("does without, if it is of no transaction", async () => {
    const counter = new Counter(await leading());
    counter.produce(encodeBatch([{ key: null, value: null, timestampMs: 1 }], NO_PRODUCER));
    await settle();
    expect([counter.asked.length, counter.bench.log.logEndOffset]).toEqual([0, 1]);
  });
});
