import type { WalError } from "./errors.js";
import type { Lsn } from "./format.js";

/** A record that is made where the log wants it. It is asked during the call that appends it, and not again. */
export interface RecordSource {
  readonly sizeBytes: number;
  /** Writes so many bytes from `bytes[at]` on. Gives where they end. */
  writeTo(bytes: Uint8Array, at: number): number;
}

/** Records that went to the log together. Views and places in it are valid during the call that gets it. */
export interface WrittenBatch {
  readonly count: number;
  /** Of the records alone. */
  readonly recordBytes: number;
  /** Each record: `bytes[start, end)`, in the order of their LSNs. */
  forEachRecord(visit: (bytes: Uint8Array, start: number, end: number) => void): void;
}

/**
 * Whoever makes a state out of the log, told once for all records of a batch. Nobody has to wait for single records for
 * that, and what there is to do goes on while the device makes the batch durable.
 */
export interface WalFollower {
  /** Whether `written` has so much to do that the sync had better run beside it. */
  isBusyWith(batch: WrittenBatch): boolean;
  /**
   * The batch is written and has its LSNs. Until `acknowledged` it may not be durable: nobody may see what it says. Only
   * a failure that ends the log keeps `acknowledged` away.
   */
  written(firstLsn: Lsn, batch: WrittenBatch): void;
  /** The policy's promise holds. Those who have appended hear of it behind this call. */
  acknowledged(lastLsn: Lsn, batch: WrittenBatch): void;
  /** What those who have appended, or wanted to, are told instead of the log's error. */
  refused(error: WalError): unknown;
}
