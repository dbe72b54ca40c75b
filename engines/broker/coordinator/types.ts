import type { NewRecord, ProducerStamp } from "../record/types.js";
import type { Offset } from "../types.js";

/** One record of a coordinator's partition, in the order of the log. */
export interface CoordinatorRecord {
  readonly offset: Offset;
  readonly key: Uint8Array;
  /** Null is a tombstone. */
  readonly value: Uint8Array | null;
  readonly timestampMs: number;
  /** Undefined unless the record is part of a transaction: it counts from the marker on that commits it. */
  readonly transaction: { readonly producerId: number; readonly producerEpoch: number } | undefined;
}

/** A marker in a coordinator's partition: all records of this producer before it count now, or never. */
export interface CoordinatorMarker {
  readonly offset: Offset;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly isCommit: boolean;
}

/**
 * What a coordinator knows: follows from the records of its partition, and from nothing else. The same records make the
 * same machine at each leader (KIP-848 calls it a coordinator shard).
 */
export interface CoordinatorMachine {
  replay(record: CoordinatorRecord): void;
  replayMarker(marker: CoordinatorMarker): void;
}

/** What a change writes, and what is answered once that is committed. */
export interface CoordinatorWrite<T> {
  /** In one batch: all or nothing. Empty: nothing is written, and the answer waits for what was written before. */
  readonly records: readonly NewRecord[];
  /** Of the transaction that the records are part of. */
  readonly stamp?: ProducerStamp;
  readonly answer: T;
}

/**
 * One partition of a coordinator's topic at the broker that leads it, in one leader epoch. It is there once all of the
 * log has been replayed (KAFKA-5600), and gone with the leadership.
 */
export interface CoordinatorShard<M extends CoordinatorMachine> {
  readonly machine: M;
  readonly partition: number;
  /** Leader epoch of the partition: what a transaction coordinator fences its predecessors by. */
  readonly epoch: number;
  /**
   * Runs `work` at once, appends what it gives, replays that, and resolves with the answer when it is committed. What
   * `work` throws, it rejects with; else NOT_COORDINATOR when the leadership ends first, COORDINATOR_NOT_AVAILABLE where
   * too few replicas are in sync and MESSAGE_TOO_LARGE (nothing is appended then), REQUEST_TIMED_OUT where it was not committed in time, but
   * may be yet.
   */
  write<T>(work: (machine: M) => CoordinatorWrite<T>): Promise<T>;
  /** The answer of `work`, once all is committed that it was found by: nobody is told what may be taken back. */
  read<T>(work: (machine: M) => T): Promise<T>;
  /** Calls `end` when the leadership is over, at once where it is. Gives what takes that back. */
  onUnload(end: () => void): () => void;
}
