import type { LeaderEpoch, Offset } from "../types.js";

export interface RecordHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** What a producer sends. */
export interface NewRecord {
  readonly key: Uint8Array | null;
  /** Null is a tombstone where the topic is compacted. */
  readonly value: Uint8Array | null;
  /** Milliseconds since 1970. */
  readonly timestampMs: number;
  readonly headers?: readonly RecordHeader[];
}

/** What a consumer gets. */
export interface LogRecord extends NewRecord {
  readonly offset: Offset;
}

/** In a batch without a producer's id, and wherever a number is not there. */
export const NONE = -1;

/** Who produced a batch, so that it is appended once only (KIP-98). All are `NONE` where nobody asked for that. */
export interface ProducerStamp {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** Of its first record; counts the records of this producer in this partition, and goes from 2^31 - 1 to 0. */
  readonly baseSequence: number;
}

/** How a transaction has ended, as its coordinator has it written into each partition of it (KIP-98). */
export interface TransactionMarker {
  readonly producerId: number;
  /** One above that of the batches it ends (KIP-890): so none of these can come later. */
  readonly producerEpoch: number;
  readonly isCommit: boolean;
  /** Leader epoch of the coordinator's own partition. */
  readonly coordinatorEpoch: number;
}

/** What stands before the records of a batch, magic 2 (KIP-98). */
export interface BatchHeader extends ProducerStamp {
  readonly baseOffset: Offset;
  /** Of the whole batch, its first 12 bytes included. */
  readonly sizeBytes: number;
  /** Of the leader that appended it. */
  readonly leaderEpoch: LeaderEpoch;
  /** Of all that follows it: it stays the same when a leader gives the batch its offset and epoch. */
  readonly crc: number;
  readonly isTransactional: boolean;
  /** It holds a marker of a transaction, not data: see `markerOf`. */
  readonly isControl: boolean;
  /** Of the last record that was ever in it: compaction may have taken that away. */
  readonly lastOffset: Offset;
  /** Of the first record that was ever in it, but for a batch with a delete horizon. */
  readonly baseTimestampMs: number;
  readonly maxTimestampMs: number;
  /**
   * When its tombstones may go (KIP-534): `NONE` until compaction has met it behind everything they delete. Stands in
   * place of the base timestamp.
   */
  readonly deleteHorizonMs: number;
  /** How many records are in it. */
  readonly recordCount: number;
}
