// A producer's transactions: what it says to coordinators and leaders, and what it makes of their answers.
import { expect, test } from "vitest";
import { ClusterView, Producer, type ProducerOptions } from "#engines/broker/client/index.js";
import type { BrokerErrorCode } from "#engines/broker/index.js";
import {
  END_TXN,
  FIND_COORDINATOR,
  INIT_TRANSACTIONS,
  TXN_OFFSET_COMMIT,
  type CoordinatorAnswer,
  type EndTxnRequest,
  type ProducerIdentity,
  type TxnOffsetCommitRequest,
} from "#engines/broker/protocol/index.js";
import { RpcClient, type RpcServer } from "#engines/rpc/index.js";
import type { World } from "#sim/world.js";
import { boot, forever, inWorld, withTimerCount } from "../../rpc/support.js";
import { FakeCluster } from "../support/fake-broker.js";
import { NAMES, failureOf, utf8 } from "./support.js";

const S = 1_000_000;
const ID = "payments";
const MEMBER = { group: "g", memberId: "m", instanceId: undefined, generation: 3 };

type Mishap = { readonly refuse: BrokerErrorCode } | "silent";

/** One that believes everything, and counts epochs. */
class FakeCoordinator {
  epoch = 0;
  readonly ends: EndTxnRequest[] = [];
  readonly offsets: TxnOffsetCommitRequest[] = [];
  /** What happens to a call instead, by how many of its kind came before. */
  onInit: (count: number) => Mishap | undefined = () => undefined;
  onEnd: (count: number) => Mishap | undefined = () => undefined;
  onOffsets: (count: number) => Mishap | undefined = () => undefined;
  #inits = 0;

  serve(server: RpcServer): void {
    server.serve(FIND_COORDINATOR, () => ({ ok: true, value: { broker: "b2" } }) as const);
    if (server.env.node !== "b2") return;
    server.serve(INIT_TRANSACTIONS, () => this.#answer(this.onInit(this.#inits++), () => this.#identity));
    server.serve(END_TXN, (request) => {
      const mishap = this.onEnd(this.ends.length);
      this.ends.push(request);
      return this.#answer(mishap, () => {
        if (request.producerEpoch === this.epoch) this.epoch++;
        return this.#identity;
      });
    });
    server.serve(TXN_OFFSET_COMMIT, (request) => {
      const mishap = this.onOffsets(this.offsets.length);
      this.offsets.push(request);
      return this.#answer(mishap, () => undefined);
    });
  }

  get #identity(): ProducerIdentity {
    return { producerId: 7, producerEpoch: this.epoch };
  }

  async #answer<T>(mishap: Mishap | undefined, work: () => T): Promise<CoordinatorAnswer<T>> {
    if (mishap === "silent") return forever();
    if (mishap !== undefined) return { ok: false, code: mishap.refuse, found: "a fake refusal" };
    return { ok: true, value: work() };
  }
}

interface Setting {
  readonly brokers: FakeCluster;
  readonly coordinator: FakeCoordinator;
  readonly open: (options?: Partial<ProducerOptions>) => Promise<Producer>;
  readonly cluster: ClusterView;
  readonly timers: () => number;
}

async function settle(world: World): Promise<Setting> {
  const coordinator = new FakeCoordinator();
  const brokers = await FakeCluster.boot(world, NAMES, { t: 2 }, (server) => coordinator.serve(server));
  const { env, timers } = withTimerCount(await boot(world, "c"));
  const rpc = new RpcClient(env);
  const cluster = new ClusterView(rpc, { bootstrap: ["b1"] });
  const open = (options: Partial<ProducerOptions> = {}): Promise<Producer> =>
    Producer.open(rpc, { cluster, transactionalId: ID, requestTimeoutUs: 200_000, ...options });
  return { brokers, coordinator, open, cluster, timers };
}

const record = (value: string, partition = 0) =>
  ({ topic: "t", partition, key: null, value: utf8(value) }) as const;

const at = (offset: number) =>
  ({ partition: { topic: "in", partition: 0 }, offset, leaderEpoch: 0, metadata: "" }) as const;

const codeOf = async (work: Promise<unknown>): Promise<string> => (await failureOf(work)).code;

test("each has its own epoch, and sequences from 0 on in each partition", () =>
  inWorld(async (world) => {
    const { brokers, coordinator, open } = await settle(world);
    const producer = await open();
    for (const [turn, isCommit] of [true, false, true].entries()) {
      producer.beginTransaction();
      for (const partition of [0, 1, 0]) await producer.send(record(`${turn}`, partition));
      await (isCommit ? producer.commitTransaction(S) : producer.abortTransaction(S));
    }
    const seen = brokers.partition("t", 0).batches.map(({ header }) => {
      const { producerId, producerEpoch, baseSequence, isTransactional } = header;
      return [producerId, producerEpoch, baseSequence, isTransactional];
    });
    expect(seen).toEqual([0, 1, 2].flatMap((epoch) => [0, 1].map((sequence) => [7, epoch, sequence, true])));
    expect(new Set(brokers.produced.map(({ request }) => request.transactionalId))).toEqual(new Set([ID]));
    expect(coordinator.ends.map(({ producerEpoch, isCommit }) => [producerEpoch, isCommit])).toEqual([
      [0, true],
      [1, false],
      [2, true],
    ]);
  }));

test("nothing is asked for one without records and offsets", () =>
  inWorld(async (world) => {
    const { coordinator, open } = await settle(world);
    const producer = await open();
    producer.beginTransaction();
    await producer.sendOffsets([], MEMBER, S);
    await producer.commitTransaction(S);
    producer.beginTransaction();
    await producer.abortTransaction(S);
    expect(coordinator.ends).toEqual([]);
  }));

test("a producer is open once the one before it has been seen to", () =>
  inWorld(async (world) => {
    const { coordinator, open } = await settle(world);
    coordinator.onInit = (count) =>
      count === 0 ? "silent" : count < 4 ? { refuse: "CONCURRENT_TRANSACTIONS" } : undefined;
    await open();
    coordinator.onInit = () => ({ refuse: "CONCURRENT_TRANSACTIONS" });
    // The last attempt may have had no time left to be answered.
    expect(await codeOf(open({ deliveryTimeoutUs: S }))).toMatch(
      /CONCURRENT_TRANSACTIONS|REQUEST_TIMED_OUT/u,
    );
    coordinator.onInit = () => ({ refuse: "INVALID_REQUEST" });
    expect(await codeOf(open())).toBe("INVALID_REQUEST");
    expect(await codeOf(open({ acks: 1 }))).toBe("INVALID_REQUEST");
    expect(await codeOf(open({ transactionalId: "" }))).toBe("INVALID_REQUEST");
  }));

test("there is one at a time, and no record outside of it", () =>
  inWorld(async (world) => {
    const { brokers, open } = await settle(world);
    const producer = await open();
    expect(await failureOf(producer.send(record("a")))).toMatchObject({
      code: "INVALID_TXN_STATE",
      outcome: "failed",
    });
    for (const work of [producer.commitTransaction(S), producer.abortTransaction(S)]) {
      expect(await codeOf(work)).toBe("INVALID_TXN_STATE");
    }
    producer.beginTransaction();
    expect(() => producer.beginTransaction()).toThrow(/transaction/u);
    void producer.send(record("b"));
    const committing = producer.commitTransaction(S);
    // Too late: it is none of the transaction, which goes on without it.
    expect(await codeOf(producer.send(record("c")))).toBe("INVALID_TXN_STATE");
    expect(await codeOf(producer.abortTransaction(S))).toBe("INVALID_TXN_STATE");
    await committing;
    expect(brokers.partition("t", 0).values).toEqual(["b"]);
  }));

test("that lacks a record can only be aborted, and what is behind that record fails", () =>
  inWorld(async (world) => {
    const { brokers, coordinator, open } = await settle(world);
    const producer = await open({ maxInFlight: 1 });
    producer.beginTransaction();
    await producer.send(record("a"));
    brokers.onProduce = (count) => (count === 1 ? { refuse: "MESSAGE_TOO_LARGE" } : undefined);
    const codes = [producer.send(record("b")), producer.send(record("c"))].map(codeOf);
    expect(await Promise.all(codes)).toEqual(["MESSAGE_TOO_LARGE", "TRANSACTION_ABORTABLE"]);
    expect(await codeOf(producer.send(record("d")))).toBe("TRANSACTION_ABORTABLE");
    expect(await codeOf(producer.commitTransaction(S))).toBe("TRANSACTION_ABORTABLE");
    expect(await codeOf(producer.sendOffsets([at(1)], MEMBER, S))).toBe("TRANSACTION_ABORTABLE");
    expect(coordinator.ends).toEqual([]);
    await producer.abortTransaction(S);
    producer.beginTransaction();
    await producer.send(record("e"));
    await producer.commitTransaction(S);
    const last = brokers.partition("t", 0).batches.at(-1)!.header;
    expect([last.producerEpoch, last.baseSequence]).toEqual([1, 0]);
  }));

test("an abort ends the records that are on their way, and what they are answered later is nothing to the next", () =>
  inWorld(async (world) => {
    const { brokers, open } = await settle(world);
    const producer = await open();
    producer.beginTransaction();
    brokers.onProduce = (count) => (count === 0 ? { delayUs: 100_000 } : undefined);
    const sending = failureOf(producer.send(record("a")));
    await world.sleep(20_000);
    await producer.abortTransaction(S);
    expect(await sending).toMatchObject({ code: "TRANSACTION_ABORTABLE", outcome: "unknown" });
    producer.beginTransaction();
    await producer.send(record("b"));
    await world.sleep(S);
    await producer.commitTransaction(S);
    expect(brokers.partition("t", 0).batches.at(-1)!.header.producerEpoch).toBe(1);
  }));

test("whose end is not answered is ended by the same request again, and in no other way", () =>
  inWorld(async (world) => {
    const { coordinator, open } = await settle(world);
    const producer = await open();
    producer.beginTransaction();
    await producer.send(record("a"));
    coordinator.onEnd = () => "silent";
    expect(await codeOf(producer.commitTransaction(S))).toBe("REQUEST_TIMED_OUT");
    expect(await codeOf(producer.abortTransaction(S))).toBe("INVALID_TXN_STATE");
    expect(await codeOf(producer.send(record("b")))).toBe("INVALID_TXN_STATE");
    expect(() => producer.beginTransaction()).toThrow(/phase committing/u);
    coordinator.onEnd = () => undefined;
    await producer.commitTransaction(S);
    expect(coordinator.ends.length).toBeGreaterThan(2);
    for (const each of coordinator.ends) expect(each).toEqual(coordinator.ends[0]);
    producer.beginTransaction();
  }));

test("a commit waits for the records, for its time at most", () =>
  inWorld(async (world) => {
    const { brokers, coordinator, open } = await settle(world);
    const producer = await open({ lingerUs: 10 * S });
    brokers.onProduce = () => ({ refuse: "NOT_ENOUGH_REPLICAS" });
    producer.beginTransaction();
    void producer.send(record("a"));
    expect(await codeOf(producer.commitTransaction(S))).toBe("REQUEST_TIMED_OUT");
    expect(coordinator.ends).toEqual([]);
    void producer.send(record("b"));
    brokers.onProduce = () => undefined;
    await producer.commitTransaction(S);
    expect(brokers.partition("t", 0).values).toEqual(["a", "b"]);
  }));

test("a producer that is fenced gets no further", () =>
  inWorld(async (world) => {
    const { brokers, coordinator, open } = await settle(world);
    const ways = [
      (producer: Producer) => {
        brokers.onProduce = () => ({ refuse: "PRODUCER_FENCED" });
        return producer.send(record("a"));
      },
      async (producer: Producer) => {
        coordinator.onEnd = () => ({ refuse: "PRODUCER_FENCED" });
        await producer.send(record("a"));
        await producer.commitTransaction(S);
      },
      (producer: Producer) => {
        coordinator.onOffsets = () => ({ refuse: "PRODUCER_FENCED" });
        return producer.sendOffsets([at(1)], MEMBER, S);
      },
    ];
    for (const way of ways) {
      brokers.onProduce = () => undefined;
      const producer = await open();
      producer.beginTransaction();
      expect(await codeOf(way(producer))).toBe("PRODUCER_FENCED");
      for (const work of [
        producer.send(record("b")),
        producer.commitTransaction(S),
        producer.abortTransaction(S),
        producer.sendOffsets([at(1)], MEMBER, S),
      ]) {
        expect(await codeOf(work)).toBe("PRODUCER_FENCED");
      }
    }
  }));

test("offsets are sent until they are taken; where an attempt may still come, no others follow it", () =>
  inWorld(async (world) => {
    const { coordinator, open } = await settle(world);
    const producer = await open();
    producer.beginTransaction();
    coordinator.onOffsets = (count) => (count === 0 ? { refuse: "COORDINATOR_LOAD_IN_PROGRESS" } : undefined);
    await producer.sendOffsets([at(1)], MEMBER, S);
    const sending = producer.sendOffsets([at(2)], MEMBER, S);
    // Which the commit must not overtake.
    expect(await codeOf(producer.commitTransaction(S))).toBe("INVALID_TXN_STATE");
    await sending;
    coordinator.onOffsets = (count) => (count === 3 ? "silent" : undefined);
    await producer.sendOffsets([at(3)], MEMBER, S);
    expect(await codeOf(producer.sendOffsets([at(4)], MEMBER, S))).toBe("TRANSACTION_ABORTABLE");
    await producer.abortTransaction(S);
    producer.beginTransaction();
    await producer.sendOffsets([at(4)], MEMBER, S);
    await producer.commitTransaction(S);
    const { transactionalId, producerEpoch, generation, offsets } = coordinator.offsets.at(-1)!;
    expect({ transactionalId, producerEpoch, generation, offsets }).toEqual({
      transactionalId: ID,
      producerEpoch: 1,
      generation: 3,
      offsets: [at(4)],
    });
  }));

test("offsets that are refused leave nothing but to abort", () =>
  inWorld(async (world) => {
    const { coordinator, open } = await settle(world);
    const producer = await open();
    for (const [refuse, code] of [
      ["ILLEGAL_GENERATION", "ILLEGAL_GENERATION"],
      ["NOT_COORDINATOR", "NOT_COORDINATOR"],
    ] as const) {
      producer.beginTransaction();
      coordinator.onOffsets = () => ({ refuse });
      expect(await codeOf(producer.sendOffsets([at(1)], MEMBER, S))).toBe(code);
      expect(await codeOf(producer.commitTransaction(S))).toBe("TRANSACTION_ABORTABLE");
      await producer.abortTransaction(S);
    }
  }));

test("once it is closed, everything is refused, and no timer is left", () =>
  inWorld(async (world) => {
    const { coordinator, open, cluster, timers } = await settle(world);
    const producer = await open();
    producer.beginTransaction();
    await producer.send(record("a"));
    coordinator.onEnd = () => "silent";
    const committing = codeOf(producer.commitTransaction(10 * S));
    await world.sleep(100_000);
    producer.close();
    expect(await committing).toBe("CLOSED");
    expect(() => producer.beginTransaction()).toThrow(/closed/u);
    expect(await codeOf(producer.abortTransaction(S))).toBe("CLOSED");
    cluster.close();
    expect(timers()).toBe(0);
  }));

test("nobody needs to look at its records: what fails keeps it from being committed", () =>
  inWorld(async (world) => {
    const { open } = await settle(world);
    const producer = await open();
    // A rejection that nobody handles would be a finding of this world.
    producer.beginTransaction();
    void producer.send(record("a"));
    await producer.abortTransaction(S);
    producer.beginTransaction();
    void producer.send({ ...record("b"), topic: "nowhere" });
    expect(await codeOf(producer.commitTransaction(60 * S))).toBe("TRANSACTION_ABORTABLE");
    await producer.abortTransaction(S);
    // Nothing is said in place of what is no part of a transaction.
    expect(await codeOf(producer.send(record("c")))).toBe("INVALID_TXN_STATE");
    producer.close();
  }));
