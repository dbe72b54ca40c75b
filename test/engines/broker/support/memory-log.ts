/** A partition's log in an array: appends as the real one does, and is durable where it is told to be. */
import { assert } from "#engines/env/index.js";
import { BrokerError, type BrokerErrorCode } from "#engines/broker/errors.js";
import { ProducerStates } from "#engines/broker/log/producer-states.js";
import type {
  Appended,
  EndedTransaction,
  LogInspection,
  OpenTransaction,
  PartitionLog,
  TimestampedOffset,
} from "#engines/broker/log/types.js";
import {
  batchesOf,
  encodeMarker,
  markerOf,
  readBatchHeader,
  stampBatch,
  type ProducerStamp,
  type TransactionMarker,
} from "#engines/broker/record/index.js";
import {
  NO_EPOCH,
  type EpochEnd,
  type LeaderEpoch,
  type Offset,
  type TopicPartition,
} from "#engines/broker/types.js";

interface Held {
  readonly bytes: Uint8Array;
  readonly baseOffset: Offset;
  readonly lastOffset: Offset;
  readonly epoch: LeaderEpoch;
}

export class MemoryLog implements PartitionLog {
  readonly partition: TopicPartition;
  readonly failure: Error | undefined = undefined;
  /** What was called that changes it, in order. */
  readonly calls: string[] = [];
  logStartOffset: Offset = 0;
  recoveryPoint: Offset = 0;
  logEndOffset: Offset = 0;
  /** Truncations and flushes end when this does. */
  gate: Promise<void> = Promise.resolve();
  /** What the next call that changes it throws. */
  failing: BrokerErrorCode | undefined;
  #batches: Held[] = [];
  #epochs: { epoch: LeaderEpoch; startOffset: Offset }[] = [];
  #producers: ProducerStates = new ProducerStates();

  constructor(partition: TopicPartition = { topic: "t", partition: 0 }) {
    this.partition = partition;
  }

  get lastEpoch(): LeaderEpoch {
    return this.#batches.at(-1)?.epoch ?? NO_EPOCH;
  }

  get sizeBytes(): number {
    return this.#batches.reduce((size, { bytes }) => size + bytes.length, 0);
  }

  /** Epochs of the batches, for comparing logs. */
  get epochs(): LeaderEpoch[] {
    return this.#batches.map(({ epoch }) => epoch);
  }

  appendAsLeader(batch: Uint8Array, epoch: LeaderEpoch): Appended {
    this.#change("appendAsLeader");
    const bytes = batch.slice();
    stampBatch(bytes, 0, this.logEndOffset, epoch);
    const { producerId, baseSequence } = readBatchHeader(batch, 0);
    const same = this.#batches.find((held) => {
      const header = readBatchHeader(held.bytes, 0);
      return producerId >= 0 && header.producerId === producerId && header.baseSequence === baseSequence;
    });
    if (same !== undefined) {
      return { firstOffset: same.baseOffset, lastOffset: same.lastOffset, isDuplicate: true };
    }
    this.#push(bytes);
    const { baseOffset: firstOffset, lastOffset } = this.#batches.at(-1)!;
    return { firstOffset, lastOffset, isDuplicate: false };
  }

  appendMarker(marker: TransactionMarker, timestampMs: number, epoch: LeaderEpoch): Appended {
    this.#change("appendMarker");
    const known = this.#producers.admitMarker(marker);
    if (known !== undefined) return { firstOffset: known, lastOffset: known, isDuplicate: true };
    const bytes = encodeMarker(marker, timestampMs);
    stampBatch(bytes, 0, this.logEndOffset, epoch);
    this.#push(bytes);
    const { baseOffset: firstOffset, lastOffset } = this.#batches.at(-1)!;
    return { firstOffset, lastOffset, isDuplicate: false };
  }

  lastStableOffset(highWatermark: Offset): Offset {
    return Math.max(this.logStartOffset, this.#producers.transactions.stableOffset(highWatermark));
  }

  abortedBetween(from: Offset, to: Offset): readonly EndedTransaction[] {
    return this.#producers.transactions.abortedBetween(from, to);
  }

  openTransaction(producerId: number): OpenTransaction | undefined {
    return this.#producers.transactions.openOf(producerId);
  }

  committed(highWatermark: Offset): void {
    this.#producers.transactions.committed(highWatermark);
  }

  appendAsFollower(batches: Uint8Array): void {
    this.#change("appendAsFollower");
    for (const { at, header } of batchesOf(batches)) {
      assert(header.baseOffset === this.logEndOffset, "a batch follows the one before");
      this.#push(batches.slice(at, at + header.sizeBytes));
    }
  }

  async read(offset: Offset, maxBytes: number, endOffset: Offset): Promise<Uint8Array> {
    const found: number[] = [];
    for (const { bytes, lastOffset } of this.#batches) {
      if (lastOffset < offset || lastOffset >= endOffset) continue;
      if (found.length > 0 && found.length + bytes.length > maxBytes) break;
      found.push(...bytes);
    }
    return Uint8Array.from(found);
  }

  async offsetForTime(timestampMs: number, endOffset: Offset): Promise<TimestampedOffset | undefined> {
    const held = this.#batches.find(
      ({ bytes, lastOffset }) =>
        lastOffset < endOffset && readBatchHeader(bytes, 0).maxTimestampMs >= timestampMs,
    );
    return held === undefined ? undefined : { offset: held.baseOffset, timestampMs };
  }

  endOffsetForEpoch(epoch: LeaderEpoch): EpochEnd {
    const above = this.#epochs.find((each) => each.epoch > epoch);
    const known = this.#epochs.findLast((each) => each.epoch <= epoch);
    if (known === undefined) return { epoch: NO_EPOCH, endOffset: above?.startOffset ?? 0 };
    return { epoch: known.epoch, endOffset: above?.startOffset ?? this.logEndOffset };
  }

  beginEpoch(epoch: LeaderEpoch): void {
    this.#change(`beginEpoch ${epoch}`);
    this.#noteEpoch(epoch, this.logEndOffset);
  }

  async truncateTo(offset: Offset): Promise<void> {
    this.#change(`truncateTo ${offset}`);
    await this.gate;
    this.#batches = this.#batches.filter(({ lastOffset }) => lastOffset < offset);
    this.#epochs = this.#epochs.filter(({ startOffset }) => startOffset < offset);
    this.logEndOffset = Math.min(offset, this.logEndOffset);
    this.recoveryPoint = Math.min(this.recoveryPoint, offset);
    this.#producers = new ProducerStates();
    for (const { bytes } of this.#batches) this.#note(bytes);
  }

  async restartAt(offset: Offset): Promise<void> {
    this.#change(`restartAt ${offset}`);
    await this.gate;
    this.#batches = [];
    this.#epochs = [];
    this.#producers = new ProducerStates();
    this.logStartOffset = offset;
    this.logEndOffset = offset;
    this.recoveryPoint = offset;
  }

  async flush(): Promise<void> {
    this.#change("flush");
    const upTo = this.logEndOffset;
    await this.gate;
    this.recoveryPoint = Math.max(this.recoveryPoint, upTo);
  }

  async advanceLogStart(offset: Offset): Promise<void> {
    this.#change(`advanceLogStart ${offset}`);
    this.logStartOffset = offset;
    this.#batches = this.#batches.filter(({ lastOffset }) => lastOffset >= offset);
  }

  async applyRetention(highWatermark: Offset): Promise<number> {
    this.#change(`applyRetention ${highWatermark}`);
    return 0;
  }

  async compact(highWatermark: Offset): Promise<boolean> {
    this.#change(`compact ${highWatermark}`);
    return false;
  }

  producer(): ProducerStamp | undefined {
    return undefined;
  }

  async close(): Promise<void> {
    this.#change("close");
  }

  async verify(): Promise<readonly []> {
    return [];
  }

  inspect(): LogInspection {
    const { logStartOffset, logEndOffset, recoveryPoint } = this;
    const { open: openTransactions, aborted: abortedTransactions } = this.#producers.transactions;
    const about = { segments: [], epochs: this.#epochs, producers: 0, firstDirtyOffset: 0 };
    const range = { logStartOffset, logEndOffset, recoveryPoint };
    return { ...range, ...about, openTransactions, abortedTransactions };
  }

  #change(call: string): void {
    this.calls.push(call);
    if (this.failing === undefined) return;
    throw new BrokerError(this.failing, { expected: "", found: "", where: "a test", todo: "" });
  }

  #push(bytes: Uint8Array): void {
    const { baseOffset, lastOffset, leaderEpoch: epoch } = readBatchHeader(bytes, 0);
    this.#noteEpoch(epoch, baseOffset);
    this.#batches.push({ bytes, baseOffset, lastOffset, epoch });
    this.logEndOffset = lastOffset + 1;
    this.#note(bytes);
  }

  #note(bytes: Uint8Array): void {
    const header = readBatchHeader(bytes, 0);
    this.#producers.note(header, header.isControl ? markerOf(bytes, 0) : undefined);
  }

  #noteEpoch(epoch: LeaderEpoch, startOffset: Offset): void {
    if ((this.#epochs.at(-1)?.epoch ?? NO_EPOCH) < epoch) this.#epochs.push({ epoch, startOffset });
  }
}
