/** The transactions of one shard over a log in an array, with leaders that take markers when a test wants it. */
import type { TransactionEvent } from "#engines/broker/transaction/index.js";
import { transactionSettingsOf } from "#engines/broker/transaction/index.js";
import { TransactionMachine } from "#engines/broker/transaction/machine.js";
import { Transactions } from "#engines/broker/transaction/transactions.js";
import type { ProducerIdentity, WriteTxnMarkersRequest } from "#engines/broker/protocol/index.js";
import { Lifeline } from "#engines/broker/replica/index.js";
import { partitionName, type TopicPartition } from "#engines/broker/types.js";
import { MemoryEnv, settle } from "../../support/memory-env.js";
import { FakeLog, FakeShard, follow } from "../support/fake-shard.js";

export const ID = "payments";
export const TIMEOUT_US = 10_000_000;
export const RETRY_US = 100_000;
export const P0: TopicPartition = { topic: "t", partition: 0 };
export const P1: TopicPartition = { topic: "t", partition: 1 };
const PARTITIONS = 2;

export class TransactionBench {
  readonly env: MemoryEnv = new MemoryEnv();
  readonly log: FakeLog = new FakeLog();
  readonly asked: WriteTxnMarkersRequest[] = [];
  /** Partitions whose leaders take no markers now. */
  readonly down: Set<string> = new Set();
  shard: FakeShard<TransactionMachine> = new FakeShard(this.log, 1, new TransactionMachine());
  transactions: Transactions;
  #ids = 100;

  constructor() {
    this.transactions = this.#open();
  }

  /** Another coordinator takes over: it knows what was written, and nothing else. */
  failOver(): void {
    this.shard.unload();
    this.shard = new FakeShard(this.log, this.shard.epoch + 1, new TransactionMachine());
    this.transactions = this.#open();
  }

  async pass(durationUs: number): Promise<void> {
    this.env.clock.advance(durationUs);
    await settle();
  }

  /** What was said so far: the answer, or the code of the refusal. */
  async init(): Promise<string> {
    return said(this.transactions.init({ transactionalId: ID, timeoutUs: TIMEOUT_US }));
  }

  async add(producer: string, ...partitions: TopicPartition[]): Promise<string> {
    return said(this.transactions.addPartitions({ ...identity(producer), transactionalId: ID, partitions }));
  }

  async end(producer: string, isCommit: boolean): Promise<string> {
    return said(this.transactions.end({ ...identity(producer), transactionalId: ID, isCommit }));
  }

  /** Those that were told of, with their epochs. */
  get states(): string[] {
    return (this.env.events as TransactionEvent[]).map(({ state, epoch }) => `${state} ${epoch}`);
  }

  /** As `isCommit producer/epoch by coordinator: partitions`. */
  get markers(): string[] {
    return this.asked.map(({ isCommit, producerId, producerEpoch, coordinatorEpoch, partitions }) => {
      const names = partitions.map(partitionName).join();
      return `${isCommit ? "commit" : "abort"} ${producerId}/${producerEpoch} by ${coordinatorEpoch}: ${names}`;
    });
  }

  #open(): Transactions {
    const { env, shard } = this;
    return new Transactions({
      env,
      shard,
      lifeline: new Lifeline(env),
      settings: transactionSettingsOf({ retryBackoffUs: RETRY_US }),
      partitionCount: (topic) => (topic === P0.topic ? PARTITIONS : undefined),
      newProducerId: async () => this.#ids++,
      writeMarkers: async (request) => {
        this.asked.push(request);
        return request.partitions.filter((each) => !this.down.has(partitionName(each)));
      },
    });
  }
}

function identity(producer: string): ProducerIdentity {
  const [producerId, producerEpoch] = producer.split("/").map(Number);
  return { producerId: producerId!, producerEpoch: producerEpoch! };
}

async function said(promise: Promise<ProducerIdentity | void>): Promise<string> {
  const followed = follow(promise);
  await settle();
  const { value } = followed;
  return value === undefined ? followed.said : `${value.producerId}/${value.producerEpoch}`;
}
