/**
 * A plain store to compare with: a sorted array in memory, and a log that is read again from its beginning. Right
 * by its simplicity; it never gives up a record.
 */
import type { Env } from "#engines/env/index.js";
import {
  StoreDamagedError,
  badArgument,
  checkSeek,
  claimDirectory,
  closedIterator,
  noEntry,
  boundsOf,
  checkBatch,
  checkKey,
  closed,
  compareKeys,
  isAboveLower,
  isBelowUpper,
  snapshotGone,
  toStoreError,
  type Bounds,
  type KeyValueStore,
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
import { Wal, type SyncPolicy, type WalOptions } from "#engines/wal/index.js";

interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Entries by key upwards. Never changed: a write makes a new one. */
interface State {
  readonly sequence: Sequence;
  readonly entries: readonly Entry[];
}

export interface MemoryStoreOptions {
  readonly directory: string;
  readonly policy?: SyncPolicy;
  readonly wal?: Partial<WalOptions>;
}

export const MEMORY_LIMITS: StoreLimits = { keyBytes: 1024, valueBytes: 1 << 20, batchBytes: 1 << 21 };

export class MemoryStore implements KeyValueStore {
  readonly limits: StoreLimits = MEMORY_LIMITS;
  readonly #wal: Wal;
  readonly #directory: string;
  #state: State;
  /** Applied in the order of their sequences, whatever the order of the answers. */
  readonly #appended: Map<Sequence, readonly WriteOperation[]> = new Map();
  #isClosed = false;
  #closing: Promise<void> | undefined;

  readonly #release: () => void;

  private constructor(wal: Wal, directory: string, state: State, release: () => void) {
    this.#release = release;
    this.#wal = wal;
    this.#directory = directory;
    this.#state = state;
  }

  static async open(env: Env, { directory, policy, wal: more }: MemoryStoreOptions): Promise<MemoryStore> {
    const release = claimDirectory(env.disk, directory);
    try {
      const { disk } = env;
      if (!(await disk.list("")).includes(directory)) await disk.mkdir(directory);
      await disk.syncDir("");
      const wal = await Wal.open(env, {
        ...more,
        directory: `${directory}/wal`,
        ...(policy === undefined ? {} : { policy }),
      });
      const entries: Entry[] = [];
      let sequence: Sequence = 0;
      for await (const { records } of wal.scan()) {
        for (const record of records) apply(entries, decode(record));
        sequence += records.length;
      }
      return new MemoryStore(wal, directory, { sequence, entries }, release);
    } catch (error) {
      release();
      throw toStoreError(error, directory, "failed");
    }
  }

  get(key: Uint8Array, options: ReadOptions = {}): Uint8Array | undefined {
    this.#checkOpen();
    checkKey(key, this.limits, this.#directory);
    const { entries } = this.#stateOf(options.snapshot);
    const entry = entries[placeOf(entries, key)];
    return entry !== undefined && compareKeys(entry.key, key) === 0 ? entry.value.slice() : undefined;
  }

  put(key: Uint8Array, value: Uint8Array): Promise<Sequence> {
    return this.write([{ type: "put", key, value }]);
  }

  delete(key: Uint8Array): Promise<Sequence> {
    return this.write([{ type: "delete", key }]);
  }

  async write(batch: readonly WriteOperation[]): Promise<Sequence> {
    this.#checkOpen();
    checkBatch(batch, this.limits, this.#directory);
    const record = encode(batch);
    let sequence: Sequence;
    try {
      sequence = await this.#wal.append(record);
      this.#appended.set(sequence, decode(record));
    } catch (error) {
      throw toStoreError(error, this.#directory, "unknown");
    }
    for (;;) {
      const next = this.#appended.get(this.#state.sequence + 1);
      if (next === undefined) break;
      this.#appended.delete(this.#state.sequence + 1);
      this.#state = applied(this.#state, next);
    }
    return sequence;
  }

  snapshot(): Snapshot {
    this.#checkOpen();
    return new MemorySnapshot(this.#state);
  }

  iterate(range: Range = {}): StoreIterator {
    this.#checkOpen();
    const bounds = boundsOf(range, this.#directory);
    return new MemoryIterator(this.#stateOf(range.snapshot), bounds);
  }

  async flush(): Promise<void> {
    this.#checkOpen();
    try {
      await this.#wal.sync();
    } catch (error) {
      throw toStoreError(error, this.#directory, "failed");
    }
  }

  verify(): Promise<StoreReport> {
    if (this.#isClosed) return Promise.reject(closed(this.#directory));
    return Promise.resolve({ problems: [], entries: this.#state.entries.length, checked: 0 });
  }

  stats(): StoreStats {
    const figures = [
      "userBytes",
      "batches",
      "operations",
      "logBytes",
      "storedBytes",
      "gets",
      "steps",
      "lookups",
    ];
    const more = [
      "cacheHits",
      "cacheMisses",
      "readBytes",
      "fileBytes",
      "memoryBytes",
      "slowedWrites",
      "stalledWrites",
    ];
    const zeros = Object.fromEntries([...figures, ...more].map((name) => [name, 0]));
    return { ...(zeros as unknown as Omit<StoreStats, "levels">), levels: [] };
  }

  inspect(): unknown {
    return { sequence: this.#state.sequence, entries: this.#state.entries.length };
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      await this.#wal.close();
    } catch (error) {
      throw toStoreError(error, this.#directory, "failed");
    } finally {
      this.#release();
    }
  }

  #checkOpen(): void {
    if (this.#isClosed) throw closed(this.#directory);
  }

  #stateOf(snapshot: Snapshot | undefined): State {
    if (snapshot === undefined) return this.#state;
    const state = snapshot instanceof MemorySnapshot ? snapshot.state : undefined;
    if (state === undefined) throw snapshotGone("a closed one", this.#directory);
    return state;
  }
}

class MemorySnapshot implements Snapshot {
  readonly sequence: Sequence;
  state: State | undefined;

  constructor(state: State) {
    this.sequence = state.sequence;
    this.state = state;
  }

  close(): void {
    this.state = undefined;
  }
}

class MemoryIterator implements StoreIterator {
  readonly #entries: readonly Entry[];
  readonly #isReverse: boolean;
  #next = 0;
  #at: Entry | undefined;
  #isClosed = false;

  constructor({ entries }: State, bounds: Bounds) {
    const within = entries.filter(({ key }) => isAboveLower(bounds, key) && isBelowUpper(bounds, key));
    this.#entries = bounds.isReverse ? within.toReversed() : within;
    this.#isReverse = bounds.isReverse;
  }

  get key(): Uint8Array {
    return this.#entry.key;
  }

  get value(): Uint8Array {
    return this.#entry.value;
  }

  get #entry(): Entry {
    if (this.#at === undefined) throw noEntry("memory");
    return this.#at;
  }

  next(): boolean {
    if (this.#isClosed) throw closedIterator("memory");
    this.#at = this.#entries[this.#next];
    if (this.#at !== undefined) this.#next++;
    return this.#at !== undefined;
  }

  seek(to: Uint8Array): void {
    checkSeek(to, "memory");
    this.#at = undefined;
    const at = this.#entries.findIndex(({ key }) => {
      const order = compareKeys(key, to);
      return this.#isReverse ? order <= 0 : order >= 0;
    });
    this.#next = at === -1 ? this.#entries.length : at;
  }

  close(): void {
    this.#isClosed = true;
    this.#at = undefined;
  }
}

function applied({ sequence, entries }: State, batch: readonly WriteOperation[]): State {
  const changed = [...entries];
  apply(changed, batch);
  return { sequence: sequence + 1, entries: changed };
}

function apply(entries: Entry[], batch: readonly WriteOperation[]): void {
  for (const operation of batch) {
    const at = placeOf(entries, operation.key);
    const there = entries[at];
    const replaced = there !== undefined && compareKeys(there.key, operation.key) === 0 ? 1 : 0;
    if (operation.type === "delete") entries.splice(at, replaced);
    else entries.splice(at, replaced, { key: operation.key, value: operation.value });
  }
}

/** Of the first entry that is not below the key. */
function placeOf(entries: readonly Entry[], key: Uint8Array): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeys(entries[middle]!.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Each operation: its kind, the lengths of key and value in four bytes each, key, value. */
function encode(batch: readonly WriteOperation[]): Uint8Array {
  const parts = batch.map((operation) => {
    const value = operation.type === "put" ? operation.value : new Uint8Array(0);
    const bytes = new Uint8Array(9 + operation.key.length + value.length);
    const view = new DataView(bytes.buffer);
    view.setUint8(0, operation.type === "put" ? 1 : 0);
    view.setUint32(1, operation.key.length);
    view.setUint32(5, value.length);
    bytes.set(operation.key, 9);
    bytes.set(value, 9 + operation.key.length);
    return bytes;
  });
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function decode(record: Uint8Array): WriteOperation[] {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const batch: WriteOperation[] = [];
  for (let at = 0; at < record.length;) {
    const isPut = view.getUint8(at) === 1;
    const keyEnd = at + 9 + view.getUint32(at + 1);
    const end = keyEnd + view.getUint32(at + 5);
    if (end > record.length) throw new StoreDamagedError("wal", at, "a batch", "a part of one");
    const key = record.slice(at + 9, keyEnd);
    batch.push(isPut ? { type: "put", key, value: record.slice(keyEnd, end) } : { type: "delete", key });
    at = end;
  }
  if (batch.length === 0) throw badArgument("a batch", "none", "wal");
  return batch;
}
