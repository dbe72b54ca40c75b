import { assert, type Env, type File } from "../../env/index.js";
import type { Sequence } from "../../store/index.js";
import { PUT, TOMBSTONE, type Cursor, type EntryKind } from "../cursor.js";
import { copyBytes } from "../../bytes/index.js";
import { BlockBuilder } from "./block-builder.js";
import { BloomBuilder } from "./bloom.js";
import { FOOTER_BYTES, encodeFooter, type BlockType } from "./format.js";
import type { TableOptions } from "./options.js";
import { encodeProperties, type StoredProperties, type TableProperties } from "./properties.js";
import { withRoom } from "./room.js";
import { shortestSeparator } from "./separator.js";
import { IndexBuilder } from "./table-index.js";
import { TableOutput } from "./table-output.js";

/**
 * Writes a table to an empty file. It makes nothing durable, closes nothing and renames nothing. Memory: what is
 * on its way to the file, which is 64 KiB or a block, 4 bytes for each key, and the index.
 *
 * After a `DiskError` it is of no more use, and the file holds no table.
 */
export class TableBuilder {
  /** Added so far. */
  entries: number = 0;
  readonly #env: Env;
  readonly #number: number;
  readonly #options: TableOptions;
  readonly #tag: number;
  readonly #output: TableOutput;
  readonly #block: BlockBuilder;
  readonly #index: IndexBuilder = new IndexBuilder();
  readonly #bloom: BloomBuilder | undefined;
  #blockBytes: number;
  #isUsable = true;
  #smallestKey: Uint8Array = new Uint8Array(0);
  #lastKey: Uint8Array = new Uint8Array(64);
  #lastKeyBytes = 0;
  #lastSequence: Sequence = 0;
  #tombstones = 0;
  #rawKeyBytes = 0;
  #rawValueBytes = 0;
  #smallestSequence: Sequence = Number.MAX_SAFE_INTEGER;
  #largestSequence: Sequence = 0;

  /** `number` is the table's, and stands in its footer. Throws `DiskError`. */
  constructor(env: Env, file: File, number: number, options: TableOptions) {
    assert(file.size() === 0, "a table is written to an empty file");
    assert(Number.isSafeInteger(number) && number >= 0, "a table's number is a safe integer from 0 on");
    this.#env = env;
    this.#number = number;
    this.#options = options;
    this.#tag = env.random.uint32();
    this.#output = new TableOutput(env, file, this.#tag);
    this.#block = new BlockBuilder(this.#output, options.restartInterval);
    this.#bloom = options.bloomBitsPerKey === 0 ? undefined : new BloomBuilder(options.bloomBitsPerKey);
    this.#blockBytes = this.#nextBlockBytes();
  }

  /** Of the file if it were finished now, about. */
  get estimatedBytes(): number {
    const blocks = this.#output.offset + this.#block.tailBytes;
    return blocks + this.#index.sizeBytes + (this.#bloom?.sizeBytes ?? 0) + FOOTER_BYTES;
  }

  /**
   * Adds an entry, which must be behind the one before in internal order. Copies key and value. The value of a
   * tombstone is not looked at. Throws `DiskError`.
   */
  add(
    keyBytes: Uint8Array,
    keyStart: number,
    keyEnd: number,
    sequence: Sequence,
    kind: EntryKind,
    valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    assert(this.#isUsable, "a builder that finished or failed is not used again");
    assert(Number.isSafeInteger(sequence) && sequence >= 0, "a sequence is a safe integer from 0 on");
    const keyLength = keyEnd - keyStart;
    const shared = this.#sharedWithLast(keyBytes, keyStart, keyEnd);
    const isSameKey = this.entries > 0 && shared === keyLength && shared === this.#lastKeyBytes;
    assert(
      this.entries === 0 ||
        (isSameKey ? sequence < this.#lastSequence : this.#isBehindLast(shared, keyBytes, keyStart, keyEnd)),
      "entries are added in internal order, none twice",
    );
    const end = kind === PUT ? valueEnd : valueStart;
    const isFull =
      !this.#block.isEmpty && this.#block.sizeWith(keyLength - shared, end - valueStart) > this.#blockBytes;
    if (isFull) this.#endBlock(isSameKey ? undefined : keyBytes.subarray(keyStart, keyEnd));
    this.#block.add(shared, keyBytes, keyStart, keyEnd, sequence, kind, valueBytes, valueStart, end);
    if (!isSameKey) this.#bloom?.add(keyBytes, keyStart, keyEnd);
    this.#remember(shared, keyBytes, keyStart, keyEnd, sequence);
    if (kind === TOMBSTONE) this.#tombstones++;
    this.#rawValueBytes += end - valueStart;
  }

  /** The entry that the cursor stands on. */
  addFrom(cursor: Cursor): void {
    this.add(
      cursor.keyBytes,
      cursor.keyStart,
      cursor.keyEnd,
      cursor.sequence,
      cursor.kind,
      cursor.valueBytes,
      cursor.valueStart,
      cursor.valueEnd,
    );
  }

  /** Writes the rest of the file. There must be an entry. Throws `DiskError`. */
  finish(): TableProperties {
    assert(this.#isUsable, "a builder that finished or failed is not used again");
    assert(this.entries > 0, "a table holds at least one entry");
    this.#endBlock(undefined);
    this.#isUsable = false;
    const filterOffset = this.#output.offset;
    if (this.#bloom !== undefined) this.#writeBlock("filter", this.#filterContent(this.#bloom));
    const indexOffset = this.#output.offset;
    this.#writeBlock("index", this.#index.bytes.subarray(0, this.#index.sizeBytes));
    const propertiesOffset = this.#output.offset;
    const properties = this.#properties();
    this.#writeBlock("properties", encodeProperties(properties));
    const footerOffset = this.#output.offset;
    const tag = this.#tag;
    const layout = { tag, filterOffset, indexOffset, propertiesOffset, footerOffset };
    this.#put(encodeFooter(this.#number, layout));
    this.#output.flush();
    return { ...properties, fileBytes: footerOffset + FOOTER_BYTES, tag };
  }

  #sharedWithLast(keyBytes: Uint8Array, keyStart: number, keyEnd: number): number {
    const last = this.#lastKey;
    const limit = Math.min(keyEnd - keyStart, this.#lastKeyBytes);
    let shared = 0;
    while (shared < limit && last[shared] === keyBytes[keyStart + shared]) shared++;
    return shared;
  }

  /** Whether the key, which begins with `shared` bytes of the last one and is another, is above it. */
  #isBehindLast(shared: number, keyBytes: Uint8Array, keyStart: number, keyEnd: number): boolean {
    if (shared === keyEnd - keyStart) return false;
    return shared === this.#lastKeyBytes || keyBytes[keyStart + shared]! > this.#lastKey[shared]!;
  }

  #remember(
    shared: number,
    keyBytes: Uint8Array,
    keyStart: number,
    keyEnd: number,
    sequence: Sequence,
  ): void {
    const keyLength = keyEnd - keyStart;
    if (this.entries === 0) this.#smallestKey = keyBytes.slice(keyStart, keyEnd);
    this.entries++;
    this.#rawKeyBytes += keyLength;
    this.#lastKey = withRoom(this.#lastKey, keyLength);
    copyBytes(this.#lastKey, shared, keyBytes, keyStart + shared, keyEnd);
    this.#lastKeyBytes = keyLength;
    this.#lastSequence = sequence;
    if (sequence < this.#smallestSequence) this.#smallestSequence = sequence;
    if (sequence > this.#largestSequence) this.#largestSequence = sequence;
  }

  /** `nextKey`: what the next block begins with; undefined where there is none, or where it is the same key. */
  #endBlock(nextKey: Uint8Array | undefined): void {
    this.#isUsable = false;
    const sizeBytes = this.#block.finish();
    const last = this.#lastKey.subarray(0, this.#lastKeyBytes);
    // Where the versions of one key go on in the next block, only the sequence tells the two apart. Else the
    // separator is behind all versions of the last key, so that a look-up of an older one ends in this block.
    const separator = nextKey === undefined ? last : shortestSeparator(last, nextKey);
    const sequence = nextKey === undefined ? this.#lastSequence : 0;
    this.#index.add(separator, sequence, sizeBytes);
    this.#blockBytes = this.#nextBlockBytes();
    this.#isUsable = true;
  }

  /** Small blocks have the most borders, and borders are where mistakes are. */
  #nextBlockBytes(): number {
    return this.#env.buggify("lsm/end-block-early") ? 1 : this.#options.blockBytes;
  }

  #filterContent(bloom: BloomBuilder): Uint8Array {
    const content = new Uint8Array(bloom.sizeBytes);
    bloom.write(content, 0);
    return content;
  }

  #writeBlock(type: BlockType, content: Uint8Array): void {
    const start = this.#output.end;
    this.#put(content);
    this.#output.seal(start, type);
  }

  #put(content: Uint8Array): void {
    const bytes = this.#output.reserve(content.length);
    this.#output.end = copyBytes(bytes, this.#output.end, content, 0, content.length);
  }

  #properties(): StoredProperties {
    return {
      dataBlocks: this.#index.count,
      entries: this.entries,
      tombstones: this.#tombstones,
      rawKeyBytes: this.#rawKeyBytes,
      rawValueBytes: this.#rawValueBytes,
      smallestSequence: this.#smallestSequence,
      largestSequence: this.#largestSequence,
      smallestKey: this.#smallestKey,
      largestKey: this.#lastKey.slice(0, this.#lastKeyBytes),
    };
  }
}
