// A small durable store for tests of what stands on one: a sorted map in memory, every batch a record of a WAL.
import { ByteReader, encodeWith, type MakeError, type Sink } from "#engines/bytes/index.js";
import type { Env } from "#engines/env/index.js";
import {
  StoreError,
  boundsOf,
  checkBatch,
  compareKeys,
  isAboveLower,
  isBelowUpper,
  toStoreError,
  type Bounds,
  type KeyValueStore,
  type MaybePromise,
  type Range,
  type ReadOptions,
  type Sequence,
  type Snapshot,
  type StoreIterator,
  type StoreLimits,
  type StoreReport,
  type StoreStats,
  type WriteOperation,
} from "#engines/store/index.js";
import { Wal, type SyncPolicy } from "#engines/wal/index.js";

export interface LogStoreOptions {
  readonly directory: string;
  readonly policy?: SyncPolicy;
  readonly limits?: Partial<StoreLimits>;
  /** Whether a read is answered later. */
  readonly isSlow?: () => boolean;
  /** How long each write takes beyond what its log does. Default 0. */
  readonly writeUs?: number;
  /** Called before each read and write; may throw what the store is to fail with. */
  readonly failing?: (operation: "get" | "next" | "write", key?: Uint8Array) => void;
}

type Entry = readonly [Uint8Array, Uint8Array];

const bad: MakeError = (expected, found, where) =>
  new StoreError("STORE_DAMAGED", { expected, found, where, todo: "none" }, "failed");

export class LogStore implements KeyValueStore {
  readonly limits: StoreLimits;
  readonly #env: Env;
  readonly #wal: Wal;
  readonly #options: LogStoreOptions;
  readonly #isSlow: () => boolean;
  readonly #failing: NonNullable<LogStoreOptions["failing"]>;
  #entries: Entry[] = [];
  #isClosed = false;
  openSnapshots = 0;

  private constructor(env: Env, wal: Wal, options: LogStoreOptions) {
    this.limits = { keyBytes: 256, valueBytes: 1 << 20, batchBytes: 8 << 20, ...options.limits };
    this.#env = env;
    this.#wal = wal;
    this.#options = options;
    this.#isSlow = options.isSlow ?? (() => false);
    this.#failing = options.failing ?? (() => undefined);
  }

  static async open(env: Env, options: LogStoreOptions): Promise<LogStore> {
    try {
      const wal = await Wal.open(env, {
        directory: `${options.directory}/wal`,
        policy: options.policy ?? { kind: "group" },
        segmentBytes: 64 * 1024,
      });
      const store = new LogStore(env, wal, options);
      for await (const { records } of wal.scan()) for (const record of records) store.#apply(decode(record));
      return store;
    } catch (error) {
      throw toStoreError(error, options.directory, "failed");
    }
  }

  get(key: Uint8Array, options: ReadOptions = {}): MaybePromise<Uint8Array | undefined> {
    this.#checkOpen();
    this.#failing("get", key);
    const found = entriesOf(options.snapshot, this.#entries).find(([each]) => compareKeys(each, key) === 0);
    return this.#maybeLater(found?.[1].slice());
  }

  put(key: Uint8Array, value: Uint8Array): Promise<Sequence> {
    return this.write([{ type: "put", key, value }]);
  }

  delete(key: Uint8Array): Promise<Sequence> {
    return this.write([{ type: "delete", key }]);
  }

  async write(batch: readonly WriteOperation[]): Promise<Sequence> {
    this.#checkOpen();
    checkBatch(batch, this.limits, this.#options.directory);
    this.#failing("write");
    if (this.#options.writeUs !== undefined) await this.#env.clock.sleep(this.#options.writeUs);
    const record = encode(batch);
    try {
      const lsn = await this.#wal.append(record);
      this.#apply(decode(record));
      return lsn;
    } catch (error) {
      throw toStoreError(error, this.#options.directory, "unknown");
    }
  }

  snapshot(): Snapshot {
    this.#checkOpen();
    this.openSnapshots++;
    let isOpen = true;
    const close = (): void => {
      if (isOpen) this.openSnapshots--;
      isOpen = false;
    };
    const snapshot = { sequence: this.#wal.lastLsn, close, entries: this.#entries };
    return snapshot;
  }

  iterate(range: Range = {}): StoreIterator {
    this.#checkOpen();
    const bounds = boundsOf(range, "iterate");
    return new LogStoreIterator(entriesOf(range.snapshot, this.#entries), bounds, (step) => {
      this.#failing("next");
      return this.#maybeLater(step);
    });
  }

  async flush(): Promise<void> {
    await this.#wal.sync();
  }

  async verify(): Promise<StoreReport> {
    return { problems: [], entries: this.#entries.length, checked: 1 };
  }

  stats(): StoreStats {
    throw new Error("not for this one");
  }

  inspect(): unknown {
    return { entries: this.#entries.length };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    try {
      await this.#wal.close();
    } catch (error) {
      throw toStoreError(error, this.#options.directory, "unknown");
    }
  }

  #checkOpen(): void {
    if (!this.#isClosed) return;
    const parts = { expected: "an open store", found: "a closed one", where: "test", todo: "none" };
    throw new StoreError("STORE_CLOSED", parts, "failed");
  }

  #maybeLater<T>(value: T): MaybePromise<T> {
    return this.#isSlow() ? this.#env.clock.sleep(200).then(() => value) : value;
  }

  #apply(batch: readonly WriteOperation[]): void {
    const entries = [...this.#entries];
    for (const operation of batch) {
      const at = entries.findIndex(([each]) => compareKeys(each, operation.key) >= 0);
      const place = at < 0 ? entries.length : at;
      const isThere = at >= 0 && compareKeys(entries[at]![0], operation.key) === 0;
      if (operation.type === "put") entries.splice(place, isThere ? 1 : 0, [operation.key, operation.value]);
      else if (isThere) entries.splice(place, 1);
    }
    this.#entries = entries;
  }
}

function entriesOf(snapshot: Snapshot | undefined, now: readonly Entry[]): readonly Entry[] {
  return snapshot === undefined ? now : (snapshot as unknown as { entries: readonly Entry[] }).entries;
}

class LogStoreIterator implements StoreIterator {
  readonly #entries: readonly Entry[];
  readonly #answer: (step: boolean) => MaybePromise<boolean>;
  #at = -1;

  constructor(entries: readonly Entry[], bounds: Bounds, answer: (step: boolean) => MaybePromise<boolean>) {
    const within = entries.filter(([key]) => isAboveLower(bounds, key) && isBelowUpper(bounds, key));
    this.#entries = bounds.isReverse ? within.toReversed() : within;
    this.#answer = answer;
  }

  next(): MaybePromise<boolean> {
    return this.#answer(++this.#at < this.#entries.length);
  }

  seek(): void {
    throw new Error("not for this one");
  }

  get key(): Uint8Array {
    return this.#entries[this.#at]![0];
  }

  get value(): Uint8Array {
    return this.#entries[this.#at]![1];
  }

  close(): void {}
}

function encode(batch: readonly WriteOperation[]): Uint8Array {
  return encodeWith(
    (sink: Sink, operations: readonly WriteOperation[]) => {
      sink.integer(operations.length);
      for (const operation of operations) {
        sink.byte(operation.type === "put" ? 1 : 0);
        sink.bytes(operation.key);
        if (operation.type === "put") sink.bytes(operation.value);
      }
    },
    batch,
    bad,
  );
}

function decode(record: Uint8Array): WriteOperation[] {
  const reader = new ByteReader(record, "a batch", bad);
  const batch: WriteOperation[] = [];
  for (let left = reader.integer(); left > 0; left--) {
    const isPut = reader.byte() === 1;
    const key = reader.bytes().slice();
    batch.push(isPut ? { type: "put", key, value: reader.bytes().slice() } : { type: "delete", key });
  }
  return batch;
}
