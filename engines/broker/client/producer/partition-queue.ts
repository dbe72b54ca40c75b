import { assert } from "../../../env/index.js";
import { jittered, type RpcClient } from "../../../rpc/index.js";
import { BrokerError, type BrokerErrorCode } from "../../errors.js";
import {
  INIT_PRODUCER_ID,
  PRODUCE,
  type InitProducerIdResponse,
  type ProduceResponse,
} from "../../protocol/index.js";
import { NO_PRODUCER, NONE } from "../../record/index.js";
import type { BrokerId, Offset, TopicPartition } from "../../types.js";
import { attempt, type Attempt } from "../attempt.js";
import type { ClusterView } from "../cluster-view.js";
import { Alarm } from "../waits.js";
import { Batch } from "./batch.js";
import type { ProducerSettings } from "./options.js";
import type { PendingRecord } from "./pending-record.js";
import { isSequenceMissing, isWorthRetrying, judge, type Verdict } from "./verdict.js";

/** As the format has it: 16 bits, and 31. */
const MAX_PRODUCER_EPOCH = 0x7fff;
const SEQUENCES = 0x80000000;

const OUT_OF_TIME = { code: "REQUEST_TIMED_OUT", found: "no acknowledgement in time" } as const;

type Refusal = Extract<Verdict, { readonly ok: false }>;

/** What the queues of a producer have in common. */
export interface QueueHost {
  readonly rpc: RpcClient;
  readonly cluster: ClusterView;
  readonly settings: ProducerSettings;
  /** Undefined where the producer is not idempotent. Each transaction has one, and queues of its own. */
  readonly identity: InitProducerIdResponse | undefined;
  /** Whether somebody waits for what is being filled. */
  isHurried(): boolean;
}

/**
 * The batches of one partition, in order: those that wait for their turn, and those that have a sequence (KIP-98), which
 * are sent until each is acknowledged or given up.
 *
 * The log takes a batch only right behind the one before it. So a batch that is given up and may not be in the log
 * blocks all behind it (a gap). Then no further sequences are given; those that were sent are sent on, since the
 * lost one may be in the log after all; and once all are resolved, the partition goes on in a new producer epoch
 * (KIP-360), which fences whatever is left on the way. Producer epochs are the partition's own: brokers compare them
 * within a partition only. In a transaction a gap fails all that is behind it.
 */
export class PartitionQueue {
  readonly #partition: TopicPartition;
  readonly #host: QueueHost;
  readonly #alarm: Alarm;
  #identity: InitProducerIdResponse | undefined;
  #nextSequence = 0;
  #nextOrdinal = 0;
  /** With a sequence and without an end, in order. */
  #sent: Batch[] = [];
  readonly #queue: Batch[] = [];
  /** The last one of the present epoch that was given up, and the last one that was acknowledged. */
  #lost: number = NONE;
  #acknowledged: number = NONE;
  #notBeforeUs = 0;
  #isClosed = false;

  constructor(partition: TopicPartition, host: QueueHost) {
    this.#partition = partition;
    this.#host = host;
    this.#identity = host.identity;
    this.#alarm = new Alarm(host.rpc.env.clock, () => this.pump());
  }

  /** Whether a record of that size would be one of a batch that is being filled. */
  isFilling(sizeBytes: number): boolean {
    return this.#queue.at(-1)?.accepts(sizeBytes, this.#host.settings.batchBytes) ?? false;
  }

  append(record: PendingRecord): void {
    if (!this.isFilling(record.sizeBytes)) this.#queue.push(new Batch(this.#nowUs));
    this.#queue.at(-1)!.add(record);
    this.pump();
  }

  /** Does what can be done now, and sets the alarm for the rest. */
  pump(): void {
    if (this.#isClosed) return;
    // One time for all of it: what falls due meanwhile is still to come for the alarm.
    const nowUs = this.#nowUs;
    this.#expire(nowUs);
    if (this.#sent.length === 0 && this.#hasGap) this.#leaveGap();
    if (this.#sent.length + this.#queue.length === 0) return this.#alarm.cancel();
    this.#send(nowUs);
    this.#setAlarm(nowUs);
  }

  /** Ends everything: what may be in the log as unknown. */
  close(code: BrokerErrorCode, found: string): void {
    this.#isClosed = true;
    this.#alarm.cancel();
    for (const batch of this.#sent) {
      batch.isUncertain ||= batch.attempt !== undefined;
      batch.cancel();
    }
    for (const batch of [...this.#sent, ...this.#queue]) batch.fail(code, found);
  }

  get #nowUs(): number {
    return this.#host.rpc.env.clock.nowUs();
  }

  get #transactionalId(): string | undefined {
    return this.#host.settings.transactionalId;
  }

  /** Something of this epoch may be missing in the log, and nothing shows that it is not. */
  get #hasGap(): boolean {
    return this.#lost > this.#acknowledged;
  }

  /** What is under way has a timeout of its own, which ends at the deadline at the latest. */
  #expire(nowUs: number): void {
    const isOver = (batch: Batch): boolean => batch.attempt === undefined && batch.deadlineUs <= nowUs;
    // Each may take others along.
    for (let batch = this.#sent.find(isOver); batch !== undefined; batch = this.#sent.find(isOver)) {
      this.#giveUp(batch, OUT_OF_TIME);
    }
    while (this.#queue[0] !== undefined && this.#queue[0].deadlineUs <= nowUs) {
      this.#queue.shift()!.fail(OUT_OF_TIME.code, OUT_OF_TIME.found);
    }
  }

  #send(nowUs: number): void {
    const { cluster, settings } = this.#host;
    if (nowUs < this.#notBeforeUs) return;
    const leader = cluster.leader(this.#partition)?.broker;
    if (leader === undefined) return this.#backOff();
    for (const batch of this.#sent) if (batch.attempt === undefined) this.#attempt(batch, leader);
    while (this.#mayNumber(nowUs)) {
      const batch = this.#queue.shift()!;
      this.#number(batch);
      this.#sent.push(batch);
      this.#attempt(batch, leader);
      // Where nobody waits, the record has had its end.
      if (settings.acks === 0) batch.acknowledge(this.#partition.partition, undefined);
    }
  }

  #mayNumber(nowUs: number): boolean {
    const [next, another] = this.#queue;
    if (next === undefined || this.#hasGap || this.#isRenewing) return false;
    const { lingerUs, maxInFlight } = this.#host.settings;
    // Counted from the oldest that is unresolved: brokers remember so many batches of a producer, acknowledged or not.
    const oldest = this.#sent[0]?.numbered.ordinal ?? this.#nextOrdinal;
    if (this.#nextOrdinal - oldest >= maxInFlight) return false;
    return (
      next.isFull || another !== undefined || nowUs >= next.createdAtUs + lingerUs || this.#host.isHurried()
    );
  }

  get #isRenewing(): boolean {
    return this.#host.settings.isIdempotent && this.#identity === undefined;
  }

  #number(batch: Batch): void {
    const stamp =
      this.#identity === undefined ? NO_PRODUCER : { ...this.#identity, baseSequence: this.#nextSequence };
    batch.number(this.#nextOrdinal++, stamp, this.#transactionalId !== undefined);
    this.#nextSequence = (this.#nextSequence + batch.records.length) % SEQUENCES;
  }

  #attempt(batch: Batch, leader: BrokerId): void {
    const { rpc, settings } = this.#host;
    const { acks, requestTimeoutUs } = settings;
    const timeoutUs = Math.max(1, Math.min(requestTimeoutUs, batch.deadlineUs - this.#nowUs));
    batch.wasFirst = this.#sent[0] === batch;
    const partitions = [{ partition: this.#partition, batch: batch.numbered.bytes }];
    const request = { acks, timeoutUs, partitions };
    const transactionalId = this.#transactionalId;
    const asked = transactionalId === undefined ? request : { ...request, transactionalId };
    batch.attempt = attempt(rpc, leader, PRODUCE, asked, timeoutUs);
    void this.#follow(batch, batch.attempt);
  }

  async #follow(batch: Batch, sending: Attempt<ProduceResponse>): Promise<void> {
    const verdict = judge(await sending.result);
    if (batch.attempt !== sending) return;
    batch.attempt = undefined;
    if (verdict.ok) this.#acknowledge(batch, verdict.baseOffset);
    else this.#refused(batch, verdict);
    this.pump();
  }

  #acknowledge(batch: Batch, baseOffset: Offset | undefined): void {
    this.#remove(batch);
    this.#acknowledged = Math.max(this.#acknowledged, batch.numbered.ordinal);
    this.#notBeforeUs = 0;
    batch.acknowledge(this.#partition.partition, baseOffset);
  }

  #refused(batch: Batch, refusal: Refusal): void {
    if (refusal.mayBeAppended) batch.isUncertain = true;
    if (this.#host.settings.acks === 0) this.#remove(batch);
    else if (isSequenceMissing(refusal.code)) {
      if (batch.wasFirst) return this.#missSequence(batch, refusal);
      // Behind one that is missing, a batch is refused until that one has come: nothing is wrong.
    } else if (!isWorthRetrying(refusal.code)) return this.#giveUp(batch, refusal);
    this.#backOff();
    // Another leader than the one that refused is asked at once (KIP-951).
    const { leader } = refusal;
    if (leader !== undefined && this.#host.cluster.heard(this.#partition, leader)) this.#notBeforeUs = 0;
  }

  #backOff(): void {
    const { cluster, rpc, settings } = this.#host;
    this.#notBeforeUs = this.#nowUs + jittered(rpc.env.random, settings.retryBackoffUs);
    cluster.refresh();
  }

  /** The log has lost what was acknowledged, or never got what was given up (KIP-360). */
  #missSequence(batch: Batch, refusal: Refusal): void {
    if (batch.isUncertain) this.#giveUp(batch, refusal);
    else this.#withdrawFrom(this.#sent.indexOf(batch), batch.numbered.ordinal);
  }

  #giveUp(batch: Batch, { code, found }: Pick<Refusal, "code" | "found">): void {
    const { ordinal } = batch.numbered;
    if (this.#identity !== undefined && batch.isUncertain && ordinal < this.#acknowledged) {
      // The log has one that came behind it, so it has this one, too.
      return this.#acknowledge(batch, undefined);
    }
    this.#lost = Math.max(this.#lost, ordinal);
    const isCertain = this.#identity !== undefined && !batch.isUncertain;
    if (isCertain) this.#withdrawFrom(this.#sent.indexOf(batch) + 1, ordinal);
    this.#remove(batch);
    batch.fail(code, found);
  }

  /**
   * The one with that ordinal is in no log and never will be, under its sequence. So none behind it is: these may all
   * be sent again, under another, without being there twice.
   */
  #withdrawFrom(index: number, missing: number): void {
    this.#lost = Math.max(this.#lost, missing);
    const withdrawn = this.#sent.splice(index);
    for (const batch of withdrawn) batch.withdraw();
    this.#queue.unshift(...withdrawn);
  }

  /** A transaction that lacks a record is aborted: its end begins a new epoch, not what goes on in one partition. */
  #leaveGap(): void {
    if (this.#transactionalId === undefined) return this.#beginEpoch();
    for (const batch of this.#queue.splice(0)) {
      batch.fail("TRANSACTION_ABORTABLE", "a transaction that lacks a record");
    }
  }

  /** From sequence 0 on, behind whatever of the epoch before is in the log; the rest of that is refused from then on. */
  #beginEpoch(): void {
    assert(this.#sent.length === 0, "an epoch ends when all of it is resolved");
    this.#lost = NONE;
    this.#nextSequence = 0;
    if (this.#identity === undefined) return;
    const { producerId, producerEpoch } = this.#identity;
    if (producerEpoch < MAX_PRODUCER_EPOCH) {
      this.#identity = { producerId, producerEpoch: producerEpoch + 1 };
      return;
    }
    this.#identity = undefined;
    void this.#renew();
  }

  async #renew(): Promise<void> {
    const { cluster, settings } = this.#host;
    while (!this.#isClosed && this.#identity === undefined) {
      try {
        this.#identity = await cluster.askAnyone(INIT_PRODUCER_ID, undefined, settings.requestTimeoutUs);
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
        if (error.code === "CLOSED") return;
      }
    }
    this.pump();
  }

  #remove(batch: Batch): void {
    const index = this.#sent.indexOf(batch);
    if (index >= 0) this.#sent.splice(index, 1);
  }

  /** For what comes after `nowUs`, which all before has been done by. */
  #setAlarm(nowUs: number): void {
    const [next] = this.#queue;
    const timesUs = this.#sent
      .filter((batch) => batch.attempt === undefined)
      .map((batch) => batch.deadlineUs);
    if (next !== undefined) timesUs.push(next.deadlineUs, next.createdAtUs + this.#host.settings.lingerUs);
    timesUs.push(this.#notBeforeUs);
    const comingUs = timesUs.filter((timeUs) => timeUs > nowUs);
    if (comingUs.length > 0) this.#alarm.setTo(Math.min(...comingUs));
  }
}
