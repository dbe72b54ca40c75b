import type { RpcClient } from "../../../rpc/index.js";
import {
  INIT_PRODUCER_ID,
  type InitProducerIdResponse,
  type MemberStamp,
  type OffsetToCommit,
} from "../../protocol/index.js";
import type { ClusterView } from "../cluster-view.js";
import type { BrokerErrorCode } from "../../errors.js";
import { invalid } from "../errors.js";
import { Alarm } from "../waits.js";
import { settingsOf, type ProducerOptions, type ProducerSettings } from "./options.js";
import type { QueueHost } from "./partition-queue.js";
import { PendingRecord, type OutgoingRecord, type RecordPlace } from "./pending-record.js";
import { TopicQueue } from "./topic-queue.js";
import { ProducerTransactions } from "./transactions.js";

/**
 * Sends records to the leaders of their partitions, in batches, and again until they are acknowledged.
 *
 * What it promises: each `send` ends by its delivery timeout. The records of a partition get into its log in the order of
 * `send`, each once where it is acknowledged and at most once in any case, if the producer is idempotent; else retries may
 * repeat it, and one whose outcome is unknown may come late. What it does not: a producer that is made anew knows nothing
 * of an earlier one's records, and with `acks` 0 nothing is sent again.
 *
 * With a `transactionalId` every record is part of a transaction, which is committed or aborted as a whole, in all of its
 * partitions, and with the offsets that were sent in it. A producer that was closed, or is gone, leaves its transaction
 * to the coordinator, who aborts it in time, or when the next producer of the id is opened.
 */
export class Producer {
  readonly #settings: ProducerSettings;
  readonly #rpc: RpcClient;
  readonly #transactions: ProducerTransactions | undefined;
  #host: QueueHost;
  readonly #topics: Map<string, TopicQueue> = new Map();
  readonly #pending: Set<PendingRecord> = new Set();
  /** Those that the buffer has no room for, in the order of their calls. */
  readonly #outside: PendingRecord[] = [];
  readonly #alarm: Alarm;
  readonly #forget: () => void;
  #usedBytes = 0;
  #flushes = 0;
  #isAdmitting = false;
  #isClosed = false;

  private constructor(
    rpc: RpcClient,
    cluster: ClusterView,
    settings: ProducerSettings,
    identity: InitProducerIdResponse | undefined,
    transactions: ProducerTransactions | undefined,
  ) {
    this.#rpc = rpc;
    this.#transactions = transactions;
    this.#settings = settings;
    const isHurried = (): boolean => this.#flushes > 0 || this.#outside.length > 0;
    this.#host = { rpc, cluster, settings, identity, isHurried };
    this.#alarm = new Alarm(rpc.env.clock, () => this.#expire());
    this.#forget = cluster.onChange(() => this.#pump());
  }

  /**
   * Resolves once the producer has its id, where it is idempotent; with a `transactionalId`, once its predecessors are
   * fenced, and their transactions have ended. Rejects with `BrokerError`: INVALID_REQUEST; REQUEST_TIMED_OUT or what else
   * was the last refusal (see `isRetriable`), where that took longer than the delivery timeout; CLOSED.
   */
  static async open(rpc: RpcClient, options: ProducerOptions): Promise<Producer> {
    const settings = settingsOf(options);
    const { cluster } = options;
    const { transactionalId } = settings;
    if (transactionalId !== undefined) {
      const transactions = await ProducerTransactions.open(rpc, cluster, { ...settings, transactionalId });
      return new Producer(rpc, cluster, settings, transactions.identity, transactions);
    }
    const identity = settings.isIdempotent
      ? await cluster.askAnyone(INIT_PRODUCER_ID, undefined, settings.deliveryTimeoutUs)
      : undefined;
    return new Producer(rpc, cluster, settings, identity, undefined);
  }

  /** Records without an end. */
  get pendingRecords(): number {
    return this.#pending.size;
  }

  /**
   * Resolves once the record is acknowledged. Where the buffer is full, the record waits outside for room, behind those
   * that came before, or is refused with BUFFER_EXHAUSTED where too many do; whoever sends more than fits should wait for
   * some of it to end. Rejects with `ProducerError`; see its `outcome`. In a transaction nobody needs to handle that: what
   * has failed keeps it from being committed.
   */
  send(outgoing: OutgoingRecord): Promise<RecordPlace> {
    const { clock } = this.#rpc.env;
    const timestampMs = outgoing.timestampMs ?? Math.max(0, Math.floor(clock.wallUs() / 1_000));
    const deadlineUs = clock.nowUs() + this.#settings.deliveryTimeoutUs;
    const record = new PendingRecord(outgoing, timestampMs, deadlineUs, (ended, failure) =>
      this.#release(ended, failure),
    );
    this.#pending.add(record);
    const refusal = this.#refusal(record, timestampMs);
    if (refusal !== undefined) record.fail(refusal.code, "failed", refusal.found);
    else {
      this.#outside.push(record);
      this.#admit();
    }
    // Who looks at the end of the transaction need not look at each record: without one it does not commit.
    if (this.#transactions !== undefined && record.isInTransaction) record.promise.catch(() => undefined);
    return record.promise;
  }

  /** Resolves once every record that was sent before has ended, well or not; nothing lingers meanwhile. */
  async flush(): Promise<void> {
    const promises = [...this.#pending].map((record) => record.promise);
    this.#flushes++;
    this.#pump();
    await Promise.allSettled(promises);
    this.#flushes--;
  }

  /** Ends everything at once: what was never sent as `failed`, what may be in a log as `unknown`. `flush` first to wait. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#forget();
    this.#alarm.cancel();
    this.#transactions?.close();
    this.#discard("CLOSED", "the producer was closed");
  }

  /** What is sent from now on is part of one transaction. Throws `BrokerError`, see `commitTransaction`. */
  beginTransaction(): void {
    const transactions = this.#requireTransactions();
    transactions.begin();
    this.#topics.clear();
    this.#host = { ...this.#host, identity: transactions.identity };
  }

  /**
   * Commits offsets of a group with the transaction, if it commits (KIP-447): `member` is `GroupConsumer.stamp` of whoever
   * has read up to there. Call it once in a transaction: a second call may find that the first is still on its way, and that
   * it has to be aborted. Rejects with `BrokerError`; but for INVALID_TXN_STATE the transaction can only be aborted then.
   */
  async sendOffsets(
    offsets: readonly OffsetToCommit[],
    member: MemberStamp,
    timeoutUs: number,
  ): Promise<void> {
    await this.#requireTransactions().sendOffsets(offsets, member, timeoutUs);
  }

  /**
   * Resolves once it is decided for good that the transaction is committed: readers see it soon after. Rejects with
   * `BrokerError`: TRANSACTION_ABORTABLE where a record, or offsets, failed: abort it; a retriable one where the time is
   * over: it may be committed or not, and only the same call again tells; INVALID_TXN_STATE where there is none to commit,
   * and nothing has changed; PRODUCER_FENCED, or what else is not `isRetriable`, for good: this producer gets no further. If
   * it had no answer before that, the transaction may have been committed all the same.
   */
  async commitTransaction(timeoutUs: number): Promise<void> {
    const transactions = this.#requireTransactions();
    const deadlineUs = this.#rpc.env.clock.nowUs() + timeoutUs;
    if (transactions.beginCommit()) {
      await this.#flushFor(timeoutUs);
      if (this.#pending.size > 0) throw transactions.suspendCommit();
    }
    await transactions.commit(deadlineUs);
  }

  /**
   * Ends the records that have not ended, and resolves once it is decided for good that the transaction is aborted. Rejects
   * as `commitTransaction` does; after a retriable error only the same call again goes on.
   */
  async abortTransaction(timeoutUs: number): Promise<void> {
    const transactions = this.#requireTransactions();
    transactions.beginAbort();
    this.#discard("TRANSACTION_ABORTABLE", "a transaction that was aborted");
    await transactions.abort(this.#rpc.env.clock.nowUs() + timeoutUs);
  }

  #requireTransactions(): ProducerTransactions {
    if (this.#transactions !== undefined) return this.#transactions;
    throw invalid("a producer with a transactionalId", "one without", "a transaction");
  }

  async #flushFor(timeoutUs: number): Promise<void> {
    const flushing = this.flush();
    await new Promise<void>((resolve) => {
      const timer = this.#rpc.env.clock.setTimer(timeoutUs, resolve);
      void flushing.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** Ends all that has not ended. */
  #discard(code: BrokerErrorCode, found: string): void {
    for (const record of this.#outside.splice(0)) record.fail(code, "failed", found);
    for (const topic of this.#topics.values()) topic.close(code, found);
    this.#topics.clear();
  }

  #refusal(
    record: PendingRecord,
    timestampMs: number,
  ): { readonly code: BrokerErrorCode; readonly found: string } | undefined {
    const { sizeBytes, partition = 0 } = record;
    const { key, value } = record.record;
    if (this.#isClosed) return { code: "CLOSED", found: "a closed producer" };
    const unready = this.#transactions?.admit();
    if (unready !== undefined) return unready;
    record.isInTransaction = true;
    // From a program without types: a text would be stored as zeros.
    if (typeof record.topic !== "string") return { code: "INVALID_REQUEST", found: "no topic" };
    if (![key, value].every((bytes) => bytes === null || bytes instanceof Uint8Array)) {
      return { code: "INVALID_REQUEST", found: "a key or a value that is neither a Uint8Array nor null" };
    }
    if (!(Number.isSafeInteger(timestampMs) && timestampMs >= 0)) {
      return { code: "INVALID_REQUEST", found: `the time ${timestampMs}` };
    }
    if (!(Number.isSafeInteger(partition) && partition >= 0)) {
      return { code: "INVALID_REQUEST", found: `the partition ${partition}` };
    }
    if (sizeBytes > this.#settings.bufferBytes) {
      return { code: "MESSAGE_TOO_LARGE", found: `${sizeBytes} bytes for a buffer of fewer` };
    }
    const mayEnter = this.#outside.length === 0 && this.#hasRoomFor(record);
    if (mayEnter || this.#outside.length < this.#settings.maxWaiting) return undefined;
    return { code: "BUFFER_EXHAUSTED", found: `${this.#outside.length} records that wait for room` };
  }

  /** Takes in what there is room for. */
  #admit(): void {
    while (this.#outside[0] !== undefined && this.#hasRoomFor(this.#outside[0])) {
      const record = this.#outside.shift()!;
      this.#usedBytes += record.sizeBytes;
      record.isInside = true;
      this.#topic(record.topic).append(record);
    }
    this.#expire();
  }

  #hasRoomFor({ sizeBytes }: PendingRecord): boolean {
    return this.#usedBytes + sizeBytes <= this.#settings.bufferBytes;
  }

  #release(record: PendingRecord, failure: BrokerErrorCode | undefined): void {
    this.#pending.delete(record);
    if (failure !== undefined && record.isInTransaction) {
      this.#transactions?.failed(failure, `a record for ${record.topic}`);
    }
    if (!record.isInside) return;
    this.#usedBytes -= record.sizeBytes;
    if (this.#outside.length === 0 || this.#isAdmitting) return;
    this.#isAdmitting = true;
    void this.#admitSoon();
  }

  /** Not within what has ended a record: a queue is not appended to while it changes. */
  async #admitSoon(): Promise<void> {
    await Promise.resolve();
    this.#isAdmitting = false;
    if (!this.#isClosed) this.#admit();
  }

  #pump(): void {
    for (const topic of this.#topics.values()) topic.pump();
  }

  /** Ends what has waited too long for room or for its topic, and sets the alarm for the rest. */
  #expire(): void {
    const nowUs = this.#rpc.env.clock.nowUs();
    while (this.#outside[0] !== undefined && this.#outside[0].deadlineUs <= nowUs) {
      this.#outside.shift()!.fail("REQUEST_TIMED_OUT", "failed", "no room in the buffer in time");
    }
    if (this.#outside[0] !== undefined) this.#alarm.setTo(this.#outside[0].deadlineUs);
    for (const topic of this.#topics.values()) {
      const deadlineUs = topic.expire(nowUs);
      if (deadlineUs !== undefined) this.#alarm.setTo(deadlineUs);
    }
  }

  #topic(name: string): TopicQueue {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      topic = new TopicQueue(name, this.#host);
      this.#topics.set(name, topic);
    }
    return topic;
  }
}
