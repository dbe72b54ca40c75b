import { assert, type Env } from "../../env/index.js";
import { isPromise, type MaybePromise, type Sequence, type StoreProblem } from "../../store/index.js";
import type { Cursor, Found } from "../cursor.js";
import type { BlockCache } from "./block-cache.js";
import type { BloomFilter } from "./bloom.js";
import type { DataBlock } from "./data-block.js";
import { EntryReader } from "./entry-reader.js";
import type { TableProperties } from "./properties.js";
import { ScanBlocks, TableBlocks } from "./table-blocks.js";
import { TableCursor } from "./table-cursor.js";
import { TableFile } from "./table-file.js";
import type { TableIndex } from "./table-index.js";
import { verifyTable } from "./verify-table.js";

/**
 * An open table. It doesn't change. Every read may throw, or reject with, STORE_DAMAGED (`StoreDamagedError`) or a
 * `DiskError`; the table can be read on after it.
 */
export class Table {
  readonly number: number;
  readonly path: string;
  readonly properties: TableProperties;
  readonly #env: Env;
  readonly #file: TableFile;
  readonly #blocks: TableBlocks;
  readonly #hasFilter: boolean;
  /** Look-ups in a block are synchronous, so one is enough. */
  readonly #entry: EntryReader = new EntryReader();

  private constructor(env: Env, file: TableFile, cache: BlockCache) {
    this.number = file.number;
    this.path = file.path;
    this.properties = file.properties;
    this.#env = env;
    this.#file = file;
    this.#blocks = new TableBlocks(file, cache);
    this.#hasFilter = file.hasFilter;
  }

  /** Reads footer and properties. `number` is the one it was written with. Rejects with STORE_DAMAGED, `DiskError`. */
  static async open(env: Env, path: string, number: number, cache: BlockCache): Promise<Table> {
    return new Table(env, await TableFile.open(env, path, number), cache);
  }

  /**
   * The newest version of `key` up to `sequence`; undefined: none in this table. A promise only where a block is not
   * in memory: only then is the key copied, which is the caller's again once this has returned.
   */
  get(key: Uint8Array, sequence: Sequence): MaybePromise<Found | undefined> {
    assert(!this.#file.isClosed, "a table that was closed is not read");
    if (!this.#hasFilter) return this.#getFromIndex(key, sequence);
    const filter = this.#blocks.filter();
    if (isPromise(filter)) {
      const kept = key.slice();
      return filter.then((loaded) => this.#getBehindFilter(loaded, kept, sequence));
    }
    return this.#getBehindFilter(filter, key, sequence);
  }

  cursor(): Cursor {
    return new TableCursor(this.#blocks);
  }

  /**
   * For who reads all of it once, upwards: in pieces of `readAheadBytes` or of a block, whichever is more. The cache is
   * neither asked nor filled.
   */
  scanCursor(readAheadBytes: number): Cursor {
    return new TableCursor(new ScanBlocks(this.#file, readAheadBytes));
  }

  /**
   * Reads all of the file, past the cache: the CRC of every block, the order of the entries, that index and properties
   * agree with them, that the filter denies none, and that each can be found. Rejects with `DiskError` where the device
   * fails.
   */
  verify(): Promise<StoreProblem[]> {
    return verifyTable(this.#env, this.#file);
  }

  /** Takes its blocks out of the cache. No read may be under way (asserted), and none may follow. */
  async close(): Promise<void> {
    this.#blocks.drop();
    await this.#file.close();
  }

  #getBehindFilter(
    filter: BloomFilter,
    key: Uint8Array,
    sequence: Sequence,
  ): MaybePromise<Found | undefined> {
    return filter.mayContain(key, 0, key.length) ? this.#getFromIndex(key, sequence) : undefined;
  }

  #getFromIndex(key: Uint8Array, sequence: Sequence): MaybePromise<Found | undefined> {
    const index = this.#blocks.index();
    if (isPromise(index)) {
      const kept = key.slice();
      return index.then((loaded) => this.#getByIndex(loaded, kept, sequence));
    }
    return this.#getByIndex(index, key, sequence);
  }

  #getByIndex(index: TableIndex, key: Uint8Array, sequence: Sequence): MaybePromise<Found | undefined> {
    const block = index.find(key, sequence);
    if (block === index.count) return undefined;
    const data = this.#blocks.data(index, block);
    if (isPromise(data)) {
      const kept = key.slice();
      return data.then((loaded) => this.#getFromBlock(loaded, kept, sequence));
    }
    return this.#getFromBlock(data, key, sequence);
  }

  #getFromBlock(data: DataBlock, key: Uint8Array, sequence: Sequence): Found | undefined {
    return data.get(key, sequence, this.#entry);
  }
}
