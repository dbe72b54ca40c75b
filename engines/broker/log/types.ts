import type { ProducerStamp, TransactionMarker } from "../record/types.js";
import type { EpochEnd, LeaderEpoch, Offset, TopicPartition } from "../types.js";

export type CleanupPolicy = "delete" | "compact" | "compact,delete";

/** All sizes are bytes and all times milliseconds, as Kafka has them in its configuration. */
export interface LogConfig {
  /**
   * A new segment begins before the present one exceeds this size; a batch larger than that is refused. Appends do not
   * wait: while the file of the next segment is still being made, the present one may become larger.
   */
  readonly segmentBytes: number;
  /** And once its first record is older than this. */
  readonly segmentMs: number;
  /** Distance of the entries of the offset index and the time index. */
  readonly indexIntervalBytes: number;
  readonly cleanup: CleanupPolicy;
  /** -1: no limit. */
  readonly retentionBytes: number;
  /** -1: no limit. */
  readonly retentionMs: number;
  /** How long a tombstone stays behind a compaction that met it. */
  readonly deleteRetentionMs: number;
  /** Compaction waits until at least so many thousandths of what can be compacted are new. */
  readonly minDirtyPermille: number;
  /** A producer that appended nothing for so long, no marker either, is forgotten unless it has a transaction open. */
  readonly producerExpiryMs: number;
}

export interface LogOptions extends LogConfig {
  readonly partition: TopicPartition;
  /** The log's own directory; made where it is missing, its parent must be there. */
  readonly directory: string;
  /** Whether the broker that had this directory last closed it in order: else all above the recovery point is read. */
  readonly wasClosedCleanly: boolean;
  /**
   * What the broker's own checkpoint says: a recovery point that this log once had; 0 where nothing is known. May be
   * stale, also from before a truncation: the log knows which to believe.
   */
  readonly recoveryPoint: Offset;
  /**
   * What one compaction may use of memory for the keys that it has met, about (`log.cleaner.dedupe.buffer.size`). What
   * does not fit is for the next one; a batch always does.
   */
  readonly dedupeBufferBytes: number;
}

/** What an append as a leader did. */
export interface Appended {
  readonly firstOffset: Offset;
  readonly lastOffset: Offset;
  /** The batch was there already, at these offsets (KIP-98): nothing was appended. */
  readonly isDuplicate: boolean;
}

/** A producer's transaction that no marker in the log has ended. */
export interface OpenTransaction {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** Of its first batch. */
  readonly firstOffset: Offset;
}

/** One that has ended: the producer's batches from `firstOffset` to its marker, at `lastOffset`. */
export interface EndedTransaction {
  readonly producerId: number;
  readonly firstOffset: Offset;
  readonly lastOffset: Offset;
}

/** Offset and time of the first record that is not older than a time. */
export interface TimestampedOffset {
  readonly offset: Offset;
  readonly timestampMs: number;
}

/**
 * The log of a partition at one broker. Appends are synchronous and in the page cache; `flush` makes them
 * durable. Everything rejects or throws with `BrokerError`: STORAGE_ERROR once a write or a sync has failed (and from
 * then on always, KAFKA-10778), LOG_DAMAGED for bytes that are not what was written, CLOSED.
 */
export interface PartitionLog {
  readonly partition: TopicPartition;
  /** The first offset that can be read. */
  readonly logStartOffset: Offset;
  /** The offset that the next record gets (LEO). */
  readonly logEndOffset: Offset;
  /** Of the last batch; `NO_EPOCH` in an empty log without a known epoch. */
  readonly lastEpoch: LeaderEpoch;
  /** Everything below is durable. Never above what a sync has covered. */
  readonly recoveryPoint: Offset;
  /** Bytes of all segments. */
  readonly sizeBytes: number;
  /** Undefined while it is whole; what happened, once it is offline. */
  readonly failure: Error | undefined;

  /**
   * Appends one batch as the leader of `epoch`, which gives it its offsets. It was checked by `checkNewBatch`. Throws
   * OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH, UNKNOWN_PRODUCER_ID, MESSAGE_TOO_LARGE; INVALID_TXN_STATE
   * where the producer has a transaction open that the batch is not part of. Nothing is appended then. Whether there is
   * such a transaction is for others to know.
   */
  appendAsLeader(batch: Uint8Array, epoch: LeaderEpoch): Appended;
  /**
   * Ends the producer's transaction here, or fences the producer where it has none: from then on batches of an earlier
   * epoch are refused. The same marker again is a duplicate. Throws TRANSACTION_COORDINATOR_FENCED,
   * INVALID_PRODUCER_EPOCH where a later transaction has begun, INVALID_TXN_STATE for a commit of another transaction
   * than the one that is open; nothing is appended then.
   */
  appendMarker(marker: TransactionMarker, timestampMs: number, epoch: LeaderEpoch): Appended;
  /**
   * Appends batches as the leader sent them, offsets and epochs included. Throws CORRUPT_MESSAGE where they are not
   * whole, or do not begin at the log's end. A batch that is cut off at the end (a fetch has a size) is left out.
   */
  appendAsFollower(batches: Uint8Array): void;
  /**
   * Whole batches from the one that holds `offset` on, at most `maxBytes` (but one batch at least), none that ends
   * above `endOffset`. Empty at `endOffset`. Throws OFFSET_OUT_OF_RANGE below `logStartOffset` and above `endOffset`.
   */
  read(offset: Offset, maxBytes: number, endOffset: Offset): Promise<Uint8Array>;
  /**
   * The last stable offset (KIP-98), given the high watermark: everything below it is data of nobody's transaction, or
   * of one whose marker is committed. Never below `logStartOffset`.
   */
  lastStableOffset(highWatermark: Offset): Offset;
  /**
   * Transactions that were aborted and may have records in [from, to). To be asked before these are read: compaction
   * takes the records away first, then what is known of them.
   */
  abortedBetween(from: Offset, to: Offset): readonly EndedTransaction[];
  /** Undefined where the producer has none. */
  openTransaction(producerId: number): OpenTransaction | undefined;
  /** Everything below is committed, and stays so: what had to be known of it until then may be forgotten. */
  committed(highWatermark: Offset): void;
  /** Undefined where all records are older. Looks only below `endOffset`. Markers are no records. */
  offsetForTime(timestampMs: number, endOffset: Offset): Promise<TimestampedOffset | undefined>;
  /**
   * The largest known epoch that is not above `epoch`, and where it ends (KIP-101, KIP-279). `NO_EPOCH` and where the
   * first known one begins, if all are above it; `NO_EPOCH` and 0 if none is known.
   */
  endOffsetForEpoch(epoch: LeaderEpoch): EpochEnd;
  /** A leader's first act: notes where its epoch begins, durably before `flush` resolves next (KAFKA-7415). */
  beginEpoch(epoch: LeaderEpoch): void;
  /** Drops all from `offset` on. Resolves once that can't come back. Never below `logStartOffset`. */
  truncateTo(offset: Offset): Promise<void>;
  /** Drops everything, and goes on from `offset`: the leader has nothing below it any more. */
  restartAt(offset: Offset): Promise<void>;
  /** Everything below the log's end of now, and the epochs, are durable when it resolves. */
  flush(): Promise<void>;
  /** What the leader has deleted, a follower may, too. Whole segments go; reads below are out of range at once. */
  advanceLogStart(offset: Offset): Promise<void>;
  /** Deletes segments by size and by time, never one that is not below the last stable offset. How many went. */
  applyRetention(highWatermark: Offset, nowMs: number): Promise<number>;
  /** Compacts where the policy says so and enough is new; never at or above the last stable offset. Whether it did. */
  compact(highWatermark: Offset, nowMs: number): Promise<boolean>;
  /** What is known of a producer: of the last batch that was appended; without a sequence behind a marker. */
  producer(producerId: number): ProducerStamp | undefined;
  /** Flushes, saves what recovery would have to work out, and ends. */
  close(): Promise<void>;
  /** Every problem found in the files, compared with what is in memory; empty where all is well. */
  verify(): Promise<readonly LogProblem[]>;
  /** Plain data, for people and checks. */
  inspect(): LogInspection;
}

export interface LogProblem {
  /** Stable, such as `segment-gap` or `index-wrong`. */
  readonly rule: string;
  readonly where: string;
  readonly what: string;
}

export interface LogInspection {
  readonly logStartOffset: Offset;
  readonly logEndOffset: Offset;
  readonly recoveryPoint: Offset;
  readonly segments: readonly { readonly baseOffset: Offset; readonly sizeBytes: number }[];
  readonly epochs: readonly { readonly epoch: LeaderEpoch; readonly startOffset: Offset }[];
  readonly producers: number;
  readonly openTransactions: readonly OpenTransaction[];
  readonly abortedTransactions: readonly EndedTransaction[];
  readonly firstDirtyOffset: Offset;
}
