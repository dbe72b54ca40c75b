import { assert, type Env, type Timer } from "../../env/index.js";
import { TRANSACTIONS_TOPIC } from "../coordinator/index.js";
import type { CoordinatorShard } from "../coordinator/types.js";
import { BrokerError, isRetriable } from "../errors.js";
import type {
  AddPartitionsToTxnRequest,
  EndTxnRequest,
  InitTransactionsRequest,
  ProducerIdentity,
  WriteTxnMarkersRequest,
} from "../protocol/transaction-types.js";
import type { Lifeline } from "../replica/index.js";
import { partitionNames } from "../partition-names.js";
import { partitionName, type TopicPartition } from "../types.js";
import type { TransactionMachine } from "./machine.js";
import { observe, reached } from "./observe.js";
import type { TransactionSettings } from "./options.js";
import { transactionRecord } from "./records.js";
import { refusal } from "./refusals.js";
import * as rules from "./rules.js";
import type { StoredTransaction } from "./types.js";

/** What the transactions of a shard are made of. */
export interface TransactionsPlan {
  readonly env: Env;
  readonly lifeline: Lifeline;
  readonly settings: TransactionSettings;
  readonly shard: CoordinatorShard<TransactionMachine>;
  /** How many partitions a topic has; undefined while it is not known here. */
  readonly partitionCount: (topic: string) => number | undefined;
  /** Rejects with `BrokerError`. */
  readonly newProducerId: () => Promise<number>;
  /** Asks the leaders of the partitions, once. Gives those where the markers are committed; never rejects. */
  readonly writeMarkers: (request: WriteTxnMarkersRequest) => Promise<readonly TopicPartition[]>;
}

type Decide = (stored: StoredTransaction | undefined) => rules.Ruling;

interface Watched {
  readonly producer: ProducerIdentity;
  readonly timer: Timer;
}

const US_PER_MS = 1_000;

/** The transactions of one shard, as long as this broker coordinates them. */
export class Transactions {
  readonly #plan: TransactionsPlan;
  /** Those that are open, and how long they may be. */
  readonly #watched: Map<string, Watched> = new Map();
  /** Those whose markers are on their way. */
  readonly #finishing: Map<string, ProducerIdentity> = new Map();
  #isOver = false;

  constructor(plan: TransactionsPlan) {
    this.#plan = plan;
    plan.shard.onUnload(() => this.#end());
    for (const [transactionalId, stored] of this.#machine.transactions) {
      if (rules.isEnding(stored)) reached(plan.env, "transaction/resumed");
      this.#attend(transactionalId);
    }
  }

  /** Lets a new producer in, once nothing of its predecessors is open: CONCURRENT_TRANSACTIONS until then. */
  async init({ transactionalId, timeoutUs }: InitTransactionsRequest): Promise<ProducerIdentity> {
    const { env, newProducerId, settings } = this.#plan;
    if (timeoutUs < 1 || timeoutUs > settings.timeoutMaxUs) {
      throw refusal("INVALID_REQUEST", `a timeout of ${timeoutUs} us`, transactionalId);
    }
    const found = this.#machine.transactions.get(transactionalId);
    if (found?.state === "ongoing") {
      reached(env, "transaction/predecessor-aborted");
      await this.#abort(transactionalId, found.producer);
      throw refusal("CONCURRENT_TRANSACTIONS", "a transaction that is being aborted", transactionalId);
    }
    const isUsedUp = found !== undefined && rules.isUsedUp(rules.identityOf(found));
    if (isUsedUp) reached(env, "transaction/epochs-used-up");
    const freshId = found === undefined || isUsedUp ? await newProducerId() : undefined;
    const { producer } = await this.#change(transactionalId, (stored) =>
      rules.begin(stored, timeoutUs, freshId),
    );
    return producer;
  }

  async addPartitions({ transactionalId, partitions, ...asked }: AddPartitionsToTxnRequest): Promise<void> {
    // Neither there nor where nothing is could a marker be written, so the transaction would never be complete.
    if (partitions.some(({ topic }) => topic === TRANSACTIONS_TOPIC)) {
      throw refusal("INVALID_REQUEST", `partitions of ${TRANSACTIONS_TOPIC}`, transactionalId);
    }
    const missing = partitions.find(
      ({ topic, partition }) => partition >= (this.#plan.partitionCount(topic) ?? 0),
    );
    if (missing !== undefined) {
      const found = `${partitionName(missing)}, which is not known here`;
      throw refusal("UNKNOWN_TOPIC_OR_PARTITION", found, transactionalId);
    }
    await this.#change(transactionalId, (stored) => rules.add(stored, asked, partitions));
  }

  /** Resolves once it is decided for good how the transaction ends, with the identity of the next one. */
  async end({ transactionalId, ...asked }: EndTxnRequest): Promise<ProducerIdentity> {
    const { env, newProducerId } = this.#plan;
    const found = this.#machine.transactions.get(transactionalId);
    if (found !== undefined && rules.isRepeated(found, asked)) reached(env, "transaction/end-repeated");
    const isUsedUp =
      found !== undefined && rules.isSame(rules.identityOf(found), asked) && rules.isUsedUp(asked);
    if (isUsedUp) reached(env, "transaction/epochs-used-up");
    const freshId = isUsedUp ? await newProducerId() : undefined;
    const stored = await this.#change(transactionalId, (before) => rules.end(before, asked, freshId));
    return rules.identityOf(stored);
  }

  /** The next coordinator sees to the rest. */
  get #hasEnded(): boolean {
    return this.#isOver || this.#plan.lifeline.isCut;
  }

  get #machine(): TransactionMachine {
    return this.#plan.shard.machine;
  }

  /**
   * Writes what the rules say, and resolves with it once it is committed. A refusal for good is proved by a write, too: a
   * coordinator that has been replaced, and knows of old or of what was never committed, must fence nobody.
   */
  async #change(transactionalId: string, decide: Decide): Promise<StoredTransaction> {
    const { env, shard } = this.#plan;
    let before: StoredTransaction | undefined;
    const writing = shard.write(({ transactions }) => {
      before = transactions.get(transactionalId);
      const ruling = decide(before);
      if (!ruling.ok && isRetriable(ruling.code)) {
        if (ruling.code === "CONCURRENT_TRANSACTIONS") reached(env, "transaction/concurrent");
        throw refusal(ruling.code, ruling.found, transactionalId);
      }
      const isWritten = !ruling.ok || ruling.stored !== before;
      const stored = ruling.ok ? ruling.stored : before;
      const records = isWritten ? [transactionRecord(transactionalId, stored, this.#nowMs())] : [];
      return { records, answer: ruling };
    });
    // It is in the machine by now, committed or not: also what nobody waits for any more goes on.
    this.#attend(transactionalId);
    const ruling = await writing;
    if (!ruling.ok) {
      if (ruling.code === "PRODUCER_FENCED") reached(env, "transaction/producer-fenced");
      throw refusal(ruling.code, ruling.found, transactionalId);
    }
    const { stored } = ruling;
    // What begins or ends an end, `#finish` tells.
    const isEnd = rules.isEnding(stored) || (before !== undefined && rules.isEnding(before));
    if (stored !== before && !isEnd) this.#tell(transactionalId, stored);
    return stored;
  }

  /** Does what the present state asks for, beside what is under way for it already. */
  #attend(transactionalId: string): void {
    const stored = this.#machine.transactions.get(transactionalId);
    if (stored === undefined || this.#isOver) return;
    this.#watch(transactionalId, stored);
    if (!rules.isEnding(stored) || this.#isFinishing(transactionalId, stored)) return;
    this.#finishing.set(transactionalId, stored.producer);
    this.#plan.lifeline.run(() => this.#finish(transactionalId, stored));
  }

  #watch(transactionalId: string, { state, producer, timeoutUs }: StoredTransaction): void {
    const watched = this.#watched.get(transactionalId);
    if (state === "ongoing" && watched !== undefined && rules.isSame(watched.producer, producer)) return;
    watched?.timer.cancel();
    this.#watched.delete(transactionalId);
    if (state !== "ongoing") return;
    const { env, lifeline } = this.#plan;
    const timer = env.clock.setTimer(timeoutUs, () => {
      reached(env, "transaction/timed-out");
      lifeline.run(() => this.#persist(() => this.#abort(transactionalId, producer)));
    });
    this.#watched.set(transactionalId, { producer, timer });
  }

  /** Ends the producer's transaction, if it is still open. */
  async #abort(transactionalId: string, producer: ProducerIdentity): Promise<void> {
    await this.#change(transactionalId, (stored) => {
      assert(stored !== undefined, "what was open is known");
      const isOpen = stored.state === "ongoing" && rules.isSame(stored.producer, producer);
      return { ok: true, stored: isOpen ? rules.abort(stored) : stored };
    });
  }

  /** Once it is committed how the transaction ends, all its partitions get to know it, then it is complete. */
  async #finish(transactionalId: string, prepared: StoredTransaction): Promise<void> {
    const { shard } = this.#plan;
    await this.#persist(() => shard.read(() => undefined));
    if (this.#hasEnded) return;
    this.#tell(transactionalId, prepared);
    await this.#mark(prepared);
    await this.#persist(async () => {
      await this.#change(transactionalId, (stored) => {
        assert(stored !== undefined, "what was decided is known");
        // A write that was not committed in time is in the machine all the same.
        const isLeft = rules.isEnding(stored) && rules.isSame(stored.producer, prepared.producer);
        return { ok: true, stored: isLeft ? rules.complete(stored) : stored };
      });
    });
    if (!this.#hasEnded) this.#tell(transactionalId, rules.complete(prepared));
    if (this.#isFinishing(transactionalId, prepared)) this.#finishing.delete(transactionalId);
  }

  #isFinishing(transactionalId: string, { producer }: StoredTransaction): boolean {
    const underWay = this.#finishing.get(transactionalId);
    return underWay !== undefined && rules.isSame(underWay, producer);
  }

  /** Whoever has been replaced goes on until it knows: it tells nobody but what is decided. */
  async #mark(prepared: StoredTransaction): Promise<void> {
    const { env, shard, writeMarkers } = this.#plan;
    const { producerId, producerEpoch } = prepared.producer;
    const marker = { producerId, producerEpoch: producerEpoch + 1, isCommit: rules.isCommitted(prepared) };
    for (let left = prepared.partitions; left.length > 0 && !this.#hasEnded;) {
      const written = await writeMarkers({ ...marker, coordinatorEpoch: shard.epoch, partitions: left });
      const names = partitionNames(written);
      left = left.filter((each) => !names.has(partitionName(each)));
      if (left.length === 0) return;
      reached(env, "transaction/markers-again");
      await this.#pause();
    }
  }

  /** Tries until it is done, or all is over. */
  async #persist(work: () => Promise<void>): Promise<void> {
    while (!this.#hasEnded) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
        await this.#pause();
      }
    }
  }

  #pause(): Promise<void> {
    return this.#plan.lifeline.pause(this.#plan.settings.retryBackoffUs);
  }

  #tell(transactionalId: string, { producer, state, partitions }: StoredTransaction): void {
    const { producerId, producerEpoch: epoch } = producer;
    observe(this.#plan.env, {
      kind: "transaction/state",
      transactionalId,
      producerId,
      epoch,
      state,
      partitions: partitions.map(partitionName),
    });
  }

  #end(): void {
    this.#isOver = true;
    for (const { timer } of this.#watched.values()) timer.cancel();
    this.#watched.clear();
  }

  #nowMs(): number {
    return Math.floor(this.#plan.env.clock.wallUs() / US_PER_MS);
  }
}
