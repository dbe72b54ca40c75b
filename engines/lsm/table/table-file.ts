import { readFully } from "../../bytes/index.js";
import { assert, isDiskError, type Env, type File } from "../../env/index.js";
import { StoreDamagedError } from "../../store/index.js";
import { BloomFilter, isBloomFilter } from "./bloom.js";
import { DataBlock } from "./data-block.js";
import {
  FOOTER_BYTES,
  TRAILER_BYTES,
  decodeFooter,
  whyNoBlock,
  type BlockType,
  type Layout,
} from "./format.js";
import { decodeProperties, type TableProperties } from "./properties.js";
import { TableIndex } from "./table-index.js";

/** Read at once from the end of the file: the footer and, but for long keys, the properties. */
const TAIL_BYTES = 512;
/** The four integers of an entry, one restart point, how many there are, and the trailer. */
const MIN_DATA_BLOCK_BYTES = 4 + 4 + 4 + TRAILER_BYTES;

/** What footer and properties say. */
export interface TableDescription {
  readonly layout: Layout;
  readonly properties: TableProperties;
}

/** The file of a table: reads its parts, each one checked. Keeps nothing of them but footer and properties. */
export class TableFile {
  readonly path: string;
  readonly number: number;
  readonly layout: Layout;
  readonly properties: TableProperties;
  readonly #file: File;
  #reading = 0;
  #isClosed = false;

  private constructor(file: File, number: number, description: TableDescription) {
    this.path = file.path;
    this.number = number;
    this.layout = description.layout;
    this.properties = description.properties;
    this.#file = file;
  }

  /** Rejects with STORE_DAMAGED, `DiskError`; nothing is open then. */
  static async open(env: Env, path: string, number: number): Promise<TableFile> {
    const file = await env.disk.open(path, "existing");
    try {
      return new TableFile(file, number, await describe(file, number));
    } catch (error) {
      // What went wrong first is what the caller has to know.
      await file.close().catch(() => undefined);
      throw error;
    }
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Reads footer and properties again. Rejects as `open` does. */
  async describe(): Promise<TableDescription> {
    assert(!this.#isClosed, "a table that was closed is not read");
    this.#reading++;
    try {
      return await describe(this.#file, this.number);
    } finally {
      this.#reading--;
    }
  }

  async readIndex(): Promise<TableIndex> {
    const { indexOffset, propertiesOffset, filterOffset } = this.layout;
    const bytes = await this.#readBlock("index", indexOffset, propertiesOffset);
    const content = bytes.subarray(0, bytes.length - TRAILER_BYTES);
    return new TableIndex(content, this.properties.dataBlocks, filterOffset, (expected, found, where) =>
      this.damaged(indexOffset, `${expected}, at ${where}`, found),
    );
  }

  get hasFilter(): boolean {
    return this.layout.filterOffset < this.layout.indexOffset;
  }

  async readFilter(): Promise<BloomFilter> {
    assert(this.hasFilter, "a filter is read where there is one");
    const { filterOffset, indexOffset } = this.layout;
    const bytes = await this.#readBlock("filter", filterOffset, indexOffset);
    const end = bytes.length - TRAILER_BYTES;
    if (!isBloomFilter(bytes, end)) throw this.damaged(filterOffset, "a filter", "other bytes");
    return new BloomFilter(bytes, end);
  }

  /** The data block that was read at `offset`. Throws STORE_DAMAGED where `bytes` are none. */
  toData(bytes: Uint8Array, offset: number): DataBlock {
    this.#check(bytes, "data", offset);
    return new DataBlock(bytes, this.path, offset);
  }

  /** All of the bytes, unchecked, which have to be within the file. */
  async readBytes(offset: number, length: number): Promise<Uint8Array> {
    assert(!this.#isClosed, "a table that was closed is not read");
    assert(offset + length <= this.layout.footerOffset, "only what the footer bounds is read");
    this.#reading++;
    let bytes: Uint8Array;
    try {
      bytes = await readRange(this.#file, offset, length);
    } finally {
      this.#reading--;
    }
    if (bytes.length < length) throw this.damaged(offset, `${length} bytes`, `the end after ${bytes.length}`);
    return bytes;
  }

  /** No call may be under way, and none may follow. */
  async close(): Promise<void> {
    assert(this.#reading === 0, "a table is closed when nobody reads it");
    assert(!this.#isClosed, "a table is closed once");
    this.#isClosed = true;
    await this.#file.close();
  }

  damaged(offset: number, expected: string, found: string): StoreDamagedError {
    return new StoreDamagedError(this.path, offset, expected, found);
  }

  async #readBlock(type: BlockType, offset: number, end: number): Promise<Uint8Array> {
    const bytes = await this.readBytes(offset, end - offset);
    this.#check(bytes, type, offset);
    return bytes;
  }

  #check(bytes: Uint8Array, type: BlockType, offset: number): void {
    const why = whyNoBlock(bytes, type, { tag: this.layout.tag, offset });
    if (why !== undefined) throw this.damaged(offset, `a block of ${type}`, why);
  }
}

/** As `readFully`, but a place that the device can't read is damage, as it is in the log. */
async function readRange(file: File, offset: number, length: number): Promise<Uint8Array> {
  try {
    return await readFully(file, offset, length);
  } catch (error) {
    if (!isDiskError(error, "EIO")) throw error;
    throw new StoreDamagedError(file.path, offset, "bytes that can be read", "an I/O error", error);
  }
}

async function describe(file: File, number: number): Promise<TableDescription> {
  const fileBytes = file.size();
  const tailOffset = Math.max(0, fileBytes - TAIL_BYTES);
  const tail = await readRange(file, tailOffset, fileBytes - tailOffset);
  const footerAt = tail.length - FOOTER_BYTES;
  const footerOffset = tailOffset + footerAt;
  if (footerAt < 0) throw new StoreDamagedError(file.path, 0, "a table", `a file of ${fileBytes} bytes`);
  const layout = decodeFooter(tail.subarray(footerAt), footerOffset, number);
  if ("bad" in layout) {
    throw new StoreDamagedError(file.path, footerOffset, `the footer of table ${number}`, layout.bad);
  }
  const offset = layout.propertiesOffset;
  const block =
    offset >= tailOffset
      ? tail.subarray(offset - tailOffset, footerAt)
      : await readRange(file, offset, footerOffset - offset);
  const why = whyNoBlock(block, "properties", { tag: layout.tag, offset });
  if (why !== undefined) throw new StoreDamagedError(file.path, offset, "a block of properties", why);
  const content = block.subarray(0, block.length - TRAILER_BYTES);
  const stored = decodeProperties(
    content,
    (expected, found) => new StoreDamagedError(file.path, offset, expected, found),
  );
  if (stored.dataBlocks * MIN_DATA_BLOCK_BYTES > layout.filterOffset) {
    const found = `${stored.dataBlocks} of them in ${layout.filterOffset} bytes`;
    throw new StoreDamagedError(file.path, offset, "as many data blocks as there is room for", found);
  }
  return { layout, properties: { ...stored, fileBytes, tag: layout.tag } };
}
