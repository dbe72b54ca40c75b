import type { MaybePromise } from "./maybe-promise.js";
import type { StoreReport } from "./report.js";
import type { StoreStats } from "./stats.js";

/**
 * A place in the order of all writes of a store: every atomic batch has its own, and each is above that of the one
 * before. It is the LSN of the batch in the store's log, so it goes on where it was when the store is opened again.
 */
export type Sequence = number;

/** One change of a batch. Where a batch changes a key twice, the later change counts. */
export type WriteOperation =
  | { readonly type: "put"; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: "delete"; readonly key: Uint8Array };

/** A state of the store that doesn't change. It keeps what it needs alive: close it. */
export interface Snapshot {
  /** It holds every write up to this one, and none above. */
  readonly sequence: Sequence;
  /** A second close has no effect. Iterators that were begun on it go on. */
  close(): void;
}

export interface ReadOptions {
  /** Default: the state at the call; or a later one, where the store had to give that up before the answer was there. */
  readonly snapshot?: Snapshot;
}

/** Which keys, in which direction. Keys are ordered byte by byte, unsigned; a prefix comes before what it begins. */
export interface Range extends ReadOptions {
  /** The lower bound. At most one of the two. */
  readonly gte?: Uint8Array;
  readonly gt?: Uint8Array;
  /** The upper bound. At most one of the two. */
  readonly lt?: Uint8Array;
  readonly lte?: Uint8Array;
  /** From the upper bound down. Default false. */
  readonly reverse?: boolean;
}

/**
 * Walks the entries of one state in the order of their keys. One call at a time: a call that gave a promise has to
 * settle before the next one.
 */
export interface StoreIterator {
  /**
   * Goes to the first entry, or to the next one. False at the end, and from then on. Throws STORE_DAMAGED,
   * STORE_IO_FAILED, STORE_CLOSED; STORE_SNAPSHOT_GONE where the store had to give the state up, and behind `close`;
   * STORE_BAD_ARGUMENT while another call is under way.
   */
  next(): MaybePromise<boolean>;
  /**
   * Goes on from `key`, forward or back: the following `next` gives the first entry at or beyond it in the
   * iterator's direction, and within its bounds. Throws STORE_BAD_ARGUMENT for what is no key, and while a `next` is
   * under way.
   */
  seek(key: Uint8Array): void;
  /**
   * Of the present entry, as is `value`. Shared and valid until the next call: copy what you keep, change nothing.
   * Both throw STORE_BAD_ARGUMENT where there is none.
   */
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** Gives back what it holds. A second close has no effect. */
  close(): void;
}

/** How long keys and values may be. */
export interface StoreLimits {
  readonly keyBytes: number;
  readonly valueBytes: number;
  /** Keys and values of one batch together. */
  readonly batchBytes: number;
}

/**
 * An ordered map from byte strings to byte strings, on disk.
 *
 * Writes take effect atomically, one batch after the other, in the order of their sequences. A write is visible to
 * every read that begins after it was acknowledged, and to none before its log record is as durable as the policy
 * says. A crash leaves the writes up to some sequence, and none above; nothing that was acknowledged under the
 * policies `each` and `group` is above it (see `SyncPolicy`).
 *
 * Writes reject with a `StoreError`. Its `outcome` is `failed` where the batch has not happened and never will, and
 * `unknown` where it may be found to have happened when the store is opened again. After an `unknown` outcome, and
 * after any failure but STORE_NO_SPACE, STORE_TOO_LARGE and STORE_BAD_ARGUMENT, the store is read-only until it is
 * closed and opened again. Reads go on, and throw STORE_DAMAGED rather than serve bytes that are not what was written.
 *
 * Keys and values are copied: the caller may change them once the call has returned. What a read gives belongs to
 * the caller, but for an iterator's key and value.
 */
export interface KeyValueStore {
  readonly limits: StoreLimits;
  /**
   * The value of the key; undefined where there is none. Gives a promise only where the device has to be asked.
   * Throws, or rejects with, STORE_CLOSED, STORE_DAMAGED, STORE_IO_FAILED, STORE_SNAPSHOT_GONE.
   */
  get(key: Uint8Array, options?: ReadOptions): MaybePromise<Uint8Array | undefined>;
  put(key: Uint8Array, value: Uint8Array): Promise<Sequence>;
  /** No error where there is no such key. */
  delete(key: Uint8Array): Promise<Sequence>;
  /** All or none of them. At least one. */
  write(batch: readonly WriteOperation[]): Promise<Sequence>;
  /** The state as of now: with every write that is acknowledged. Throws STORE_CLOSED. */
  snapshot(): Snapshot;
  /** Throws STORE_BAD_ARGUMENT for bounds that make no sense, STORE_CLOSED. A range may be empty. */
  iterate(range?: Range): StoreIterator;
  /**
   * Resolves once everything acknowledged before the call is durable and stands in the store's own files, so that
   * an open needs the log no more for it. Under every policy.
   */
  flush(): Promise<void>;
  /**
   * Checks all files, and what is known of them in memory, against the store's own rules. Changes nothing. Rejects with
   * STORE_CLOSED, STORE_IO_FAILED.
   */
  verify(): Promise<StoreReport>;
  stats(): StoreStats;
  /** The state for people and checks: plain data. */
  inspect(): unknown;
  /**
   * Ends the store behind the calls so far and closes its files; what it holds is durable then. Later calls reject
   * with STORE_CLOSED. Rejects where not all could be made durable; the files are closed then too.
   */
  close(): Promise<void>;
}
