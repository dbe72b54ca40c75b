import { assert, isDiskError, type Env } from "../../env/index.js";
import type { ProducerStamp, TransactionMarker } from "../record/index.js";
import type { EpochEnd, LeaderEpoch, Offset, TopicPartition } from "../types.js";
import { appendAsFollower, appendAsLeader, appendMarker } from "./append.js";
import { replaceChecked } from "./checked-file.js";
import { compact } from "./cleaner/compact.js";
import { LogCore } from "./core.js";
import { advanceLogStart, restartAt, truncateTo } from "./cut.js";
import { closed, storageError } from "./errors.js";
import { flushNow } from "./flush.js";
import { SNAPSHOT_SUFFIX, fileName } from "./names.js";
import { offsetForTime, read } from "./read.js";
import { recover, type Recovery } from "./recovery/recover.js";
import { applyRetention, sizeOf } from "./retention.js";
import { Roller, openNext, writeIndexes } from "./roller.js";
import type {
  Appended,
  EndedTransaction,
  LogInspection,
  LogOptions,
  LogProblem,
  OpenTransaction,
  PartitionLog,
  TimestampedOffset,
} from "./types.js";
import { verify } from "./verify.js";

/**
 * Opens the log in a directory, or makes one. Throws LOG_DAMAGED where what was durable is not there as it was written;
 * STORAGE_ERROR.
 */
export async function openPartitionLog(env: Env, options: LogOptions): Promise<PartitionLog> {
  assert(options.segmentBytes > 0 && options.indexIntervalBytes >= 0, "sizes are not negative");
  try {
    const recovery = await recover(env, options);
    const core = new LogCore(env, options, recovery);
    const log = new DiskPartitionLog(core, new Roller(core, await openNext(env, options.directory)));
    observeOpened(core, recovery);
    return log;
  } catch (error) {
    if (isDiskError(error)) throw storageError(options.directory, error);
    throw error;
  }
}

function observeOpened(core: LogCore, { found }: Recovery): void {
  core.observe({
    kind: "broker/log-opened",
    partition: core.name,
    logStartOffset: core.state.logStartOffset,
    logEndOffset: core.logEndOffset,
    recoveryPoint: core.recoveryPoint,
    readFrom: found.readFrom,
    batches: found.batches,
  });
}

class DiskPartitionLog implements PartitionLog {
  readonly #core: LogCore;
  readonly #roller: Roller;
  #nextFlush: Promise<void> | undefined;

  constructor(core: LogCore, roller: Roller) {
    this.#core = core;
    this.#roller = roller;
  }

  get partition(): TopicPartition {
    return this.#core.options.partition;
  }

  get logStartOffset(): Offset {
    return this.#core.state.logStartOffset;
  }

  get logEndOffset(): Offset {
    return this.#core.logEndOffset;
  }

  get lastEpoch(): LeaderEpoch {
    return this.#core.epochs.lastEpoch;
  }

  get recoveryPoint(): Offset {
    return this.#core.recoveryPoint;
  }

  get sizeBytes(): number {
    return sizeOf(this.#core.segments);
  }

  get failure(): Error | undefined {
    return this.#core.failure;
  }

  appendAsLeader(batch: Uint8Array, epoch: LeaderEpoch): Appended {
    return appendAsLeader(this.#core, this.#roller, batch, epoch);
  }

  appendMarker(marker: TransactionMarker, timestampMs: number, epoch: LeaderEpoch): Appended {
    return appendMarker(this.#core, this.#roller, marker, timestampMs, epoch);
  }

  appendAsFollower(batches: Uint8Array): void {
    appendAsFollower(this.#core, this.#roller, batches);
  }

  async read(offset: Offset, maxBytes: number, endOffset: Offset): Promise<Uint8Array> {
    return read(this.#core, offset, maxBytes, endOffset);
  }

  async offsetForTime(timestampMs: number, endOffset: Offset): Promise<TimestampedOffset | undefined> {
    return offsetForTime(this.#core, timestampMs, endOffset);
  }

  endOffsetForEpoch(epoch: LeaderEpoch): EpochEnd {
    return this.#core.epochs.endOffsetFor(epoch, this.#core.logEndOffset);
  }

  beginEpoch(epoch: LeaderEpoch): void {
    const core = this.#core;
    core.check();
    assert(core.cutsUnderWay === 0, "no leader begins while its log is being cut");
    assert(epoch >= core.epochs.lastEpoch, "a leader's epoch is not over when it begins");
    core.epochs.assign(epoch, core.logEndOffset);
  }

  truncateTo(offset: Offset): Promise<void> {
    return this.#cut(() => truncateTo(this.#core, this.#roller, offset));
  }

  restartAt(offset: Offset): Promise<void> {
    return this.#cut(() => restartAt(this.#core, this.#roller, offset));
  }

  /** Callers that come while one sync is under way share the next. */
  flush(): Promise<void> {
    if (this.#nextFlush !== undefined) return this.#nextFlush;
    const core = this.#core;
    const flush = core.inTurn(core.syncing, () => {
      this.#nextFlush = undefined;
      return flushNow(core, this.#roller);
    });
    this.#nextFlush = flush;
    return flush;
  }

  async advanceLogStart(offset: Offset): Promise<void> {
    this.#core.check();
    return advanceLogStart(this.#core, offset);
  }

  async applyRetention(highWatermark: Offset, nowMs: number): Promise<number> {
    this.#core.check();
    return applyRetention(this.#core, this.lastStableOffset(highWatermark), nowMs);
  }

  compact(highWatermark: Offset, nowMs: number): Promise<boolean> {
    const core = this.#core;
    // In its turn: a cut that came first may have opened a transaction again.
    return core.inTurn(core.housekeeping, () => compact(core, core.lastStableOffset(highWatermark), nowMs));
  }

  lastStableOffset(highWatermark: Offset): Offset {
    return this.#core.lastStableOffset(highWatermark);
  }

  abortedBetween(from: Offset, to: Offset): readonly EndedTransaction[] {
    return this.#core.producers.transactions.abortedBetween(from, to);
  }

  openTransaction(producerId: number): OpenTransaction | undefined {
    return this.#core.producers.transactions.openOf(producerId);
  }

  committed(highWatermark: Offset): void {
    this.#core.producers.transactions.committed(highWatermark);
  }

  producer(producerId: number): ProducerStamp | undefined {
    return this.#core.producers.last(producerId);
  }

  async close(): Promise<void> {
    const core = this.#core;
    if (core.isClosed) throw closed(core.options.directory);
    try {
      if (core.failure === undefined) await this.#inBothTurns(() => this.#saveAll());
    } finally {
      core.isClosed = true;
      for (const segment of core.segments) await segment.retire();
      await this.#roller.close();
    }
  }

  verify(): Promise<readonly LogProblem[]> {
    return this.#inBothTurns(() => verify(this.#core));
  }

  inspect(): LogInspection {
    const { state, segments, epochs, producers, recoveryPoint, logEndOffset } = this.#core;
    return {
      logStartOffset: state.logStartOffset,
      logEndOffset,
      recoveryPoint,
      segments: segments.map(({ baseOffset, sizeBytes }) => ({ baseOffset, sizeBytes })),
      epochs: [...epochs.entries],
      producers: producers.size,
      openTransactions: producers.transactions.open,
      abortedTransactions: producers.transactions.aborted,
      firstDirtyOffset: state.firstDirtyOffset,
    };
  }

  /** So that the log can be opened again without being read. */
  async #saveAll(): Promise<void> {
    const core = this.#core;
    await flushNow(core, this.#roller);
    core.isClosed = true;
    const snapshot = fileName(core.logEndOffset, SNAPSHOT_SUFFIX);
    await replaceChecked(core.env, core.options.directory, snapshot, core.producers.encode());
    await writeIndexes(core, core.active);
    assert(core.recoveryPoint === core.logEndOffset, "a closed log is durable to its end");
    await core.saveState({ recoveryPoint: core.recoveryPoint });
  }

  #inBothTurns<T>(task: () => Promise<T>): Promise<T> {
    const core = this.#core;
    return core.inTurn(core.housekeeping, () => core.inTurn(core.syncing, task));
  }

  /** From the call on nothing may be appended: it would be cut off unseen, or come before what it follows. */
  async #cut(task: () => Promise<void>): Promise<void> {
    this.#core.cutsUnderWay++;
    try {
      await this.#inBothTurns(task);
    } finally {
      this.#core.cutsUnderWay--;
    }
  }
}
