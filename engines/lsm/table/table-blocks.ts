import { assert } from "../../env/index.js";
import { StoreDamagedError, type MaybePromise } from "../../store/index.js";
import { CacheEntry, type BlockCache, type BlockOwner } from "./block-cache.js";
import type { BloomFilter } from "./bloom.js";
import type { DataBlock } from "./data-block.js";
import type { TableFile } from "./table-file.js";
import type { TableIndex } from "./table-index.js";

/** Where a cursor has its blocks from. */
export interface BlockSource {
  index(): MaybePromise<TableIndex>;
  data(index: TableIndex, block: number): MaybePromise<DataBlock>;
}

const INDEX = -1;
const FILTER = -2;

/**
 * The blocks of a table as reads see them: at once where the cache has them, else from the file. Who asks for a block
 * that somebody else is waiting for shares that read. Takes a reference for each data block, in memory or not.
 */
export class TableBlocks implements BlockSource, BlockOwner {
  readonly #file: TableFile;
  readonly #cache: BlockCache;
  readonly #data: (CacheEntry<DataBlock> | undefined)[];
  #index: CacheEntry<TableIndex> | undefined;
  #filter: CacheEntry<BloomFilter> | undefined;
  /** Reads under way, by the block's id. */
  readonly #loads: Map<number, Promise<unknown>> = new Map();

  constructor(file: TableFile, cache: BlockCache) {
    this.#file = file;
    this.#cache = cache;
    this.#data = Array.from({ length: file.properties.dataBlocks }, () => undefined);
  }

  /** Only where there is a filter. */
  filter(): MaybePromise<BloomFilter> {
    const entry = this.#filter;
    if (entry !== undefined) {
      this.#cache.touch(entry);
      return entry.content;
    }
    return this.#shared(FILTER) ?? this.#begin(FILTER, this.#loadFilter());
  }

  index(): MaybePromise<TableIndex> {
    const entry = this.#index;
    if (entry !== undefined) {
      this.#cache.touch(entry);
      return entry.content;
    }
    return this.#shared(INDEX) ?? this.#begin(INDEX, this.#loadIndex());
  }

  data(index: TableIndex, block: number): MaybePromise<DataBlock> {
    const entry = this.#data[block];
    if (entry !== undefined) {
      this.#cache.touch(entry);
      return entry.content;
    }
    return this.#shared(block) ?? this.#begin(block, this.#loadData(index, block));
  }

  evicted(id: number): void {
    if (id === INDEX) this.#index = undefined;
    else if (id === FILTER) this.#filter = undefined;
    else this.#data[id] = undefined;
  }

  /** Takes all of its blocks out of the cache. */
  drop(): void {
    assert(this.#loads.size === 0, "a table is closed when nobody reads it");
    for (const entry of [this.#filter, this.#index, ...this.#data]) {
      if (entry === undefined) continue;
      this.#cache.remove(entry);
      this.evicted(entry.id);
    }
  }

  /** The read of this block that somebody else waits for, if any. */
  #shared<T>(id: number): Promise<T> | undefined {
    this.#cache.misses++;
    // The id says which kind of block it is, and so what the other one gets.
    return this.#loads.get(id) as Promise<T> | undefined;
  }

  #begin<T>(id: number, load: Promise<T>): Promise<T> {
    this.#loads.set(id, load);
    return load;
  }

  async #loadFilter(): Promise<BloomFilter> {
    const { filterOffset, indexOffset } = this.#file.layout;
    const sizeBytes = indexOffset - filterOffset;
    this.#cache.readBytes += sizeBytes;
    try {
      const filter = await this.#file.readFilter();
      const entry = new CacheEntry(filter, sizeBytes, this, FILTER);
      if (this.#cache.admit(entry)) this.#filter = entry;
      return filter;
    } finally {
      this.#loads.delete(FILTER);
    }
  }

  async #loadIndex(): Promise<TableIndex> {
    const { indexOffset, propertiesOffset } = this.#file.layout;
    this.#cache.readBytes += propertiesOffset - indexOffset;
    try {
      const index = await this.#file.readIndex();
      const entry = new CacheEntry(index, index.sizeBytes, this, INDEX);
      if (this.#cache.admit(entry)) this.#index = entry;
      return index;
    } finally {
      this.#loads.delete(INDEX);
    }
  }

  async #loadData(index: TableIndex, block: number): Promise<DataBlock> {
    const offset = index.offsetOf(block);
    const sizeBytes = index.sizeOf(block);
    this.#cache.readBytes += sizeBytes;
    try {
      const data = this.#file.toData(await this.#file.readBytes(offset, sizeBytes), offset);
      const entry = new CacheEntry(data, sizeBytes, this, block);
      if (this.#cache.admit(entry)) this.#data[block] = entry;
      return data;
    } finally {
      this.#loads.delete(block);
    }
  }
}

/**
 * The blocks of a table one after the other, for who reads all of it once: read in long pieces, kept nowhere. Going
 * back costs a read for each block.
 */
export class ScanBlocks implements BlockSource {
  readonly #file: TableFile;
  readonly #readAheadBytes: number;
  #piece: Uint8Array = new Uint8Array(0);
  #pieceOffset = 0;

  constructor(file: TableFile, readAheadBytes: number) {
    assert(
      Number.isSafeInteger(readAheadBytes) && readAheadBytes >= 0,
      "a scan reads ahead by a whole number of bytes",
    );
    this.#file = file;
    this.#readAheadBytes = readAheadBytes;
  }

  index(): Promise<TableIndex> {
    return this.#file.readIndex();
  }

  data(index: TableIndex, block: number): MaybePromise<DataBlock> {
    const offset = index.offsetOf(block);
    const at = offset - this.#pieceOffset;
    const end = at + index.sizeOf(block);
    if (at >= 0 && end <= this.#piece.length) return this.#file.toData(this.#piece.subarray(at, end), offset);
    return this.#read(index, block);
  }

  async #read(index: TableIndex, block: number): Promise<DataBlock> {
    const offset = index.offsetOf(block);
    const sizeBytes = index.sizeOf(block);
    const isAhead = offset >= this.#pieceOffset;
    const ahead = Math.min(this.#readAheadBytes, index.offsetOf(index.count) - offset);
    this.#piece = await this.#readAhead(offset, sizeBytes, isAhead ? Math.max(sizeBytes, ahead) : sizeBytes);
    this.#pieceOffset = offset;
    return this.#file.toData(this.#piece.subarray(0, sizeBytes), offset);
  }

  /** Where a place can't be read, the blocks before it can: so only the block itself is read then. */
  async #readAhead(offset: number, sizeBytes: number, length: number): Promise<Uint8Array> {
    try {
      return await this.#file.readBytes(offset, length);
    } catch (error) {
      if (length === sizeBytes || !(error instanceof StoreDamagedError)) throw error;
      return this.#file.readBytes(offset, sizeBytes);
    }
  }
}
