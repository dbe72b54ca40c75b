import { assert, isDiskError, type File } from "../env/index.js";
import { readChunk, walkBatches, type BatchSource, type Chunk } from "./batch-reader.js";
import { WalDamagedError } from "./errors.js";
import { SEGMENT_HEADER_BYTES, type Batch, type Identity, type Lsn, type SegmentHeader } from "./format.js";
import { SparseIndex, type Position } from "./sparse-index.js";

/** One file of the log, open, with what is known of its batches. */
export class Segment implements BatchSource {
  readonly file: File;
  readonly path: string;
  readonly header: SegmentHeader;
  #endOffset = SEGMENT_HEADER_BYTES;
  #lastLsn: Lsn;
  readonly #index: SparseIndex;
  #readers = 0;
  #isRetired = false;

  constructor(file: File, path: string, header: SegmentHeader, indexEveryBytes: number) {
    this.file = file;
    this.path = path;
    this.header = header;
    this.#lastLsn = header.firstLsn - 1;
    this.#index = new SparseIndex(indexEveryBytes);
  }

  get identity(): Identity {
    return this.header.identity;
  }

  get firstLsn(): Lsn {
    return this.header.firstLsn;
  }

  /** The last record that counts: one less than `firstLsn` in an empty segment. */
  get lastLsn(): Lsn {
    return this.#lastLsn;
  }

  /** Where the next batch goes. */
  get endOffset(): number {
    return this.#endOffset;
  }

  get isEmpty(): boolean {
    return this.#endOffset === SEGMENT_HEADER_BYTES;
  }

  /** Takes note of a batch that now stands at the end. */
  extend(offset: number, sizeBytes: number, lastLsn: Lsn): void {
    assert(offset === this.#endOffset, "a batch begins where the one before it ends");
    assert(lastLsn > this.#lastLsn, "a batch holds records");
    this.#index.note(offset, this.#lastLsn + 1);
    this.#endOffset += sizeBytes;
    this.#lastLsn = lastLsn;
  }

  /** Takes note that a later segment supersedes the records above `lsn`. */
  clip(lsn: Lsn): void {
    assert(lsn >= this.firstLsn, "a segment that keeps no record is removed, not clipped");
    this.#lastLsn = Math.min(this.#lastLsn, lsn);
  }

  /** A place at or before the batch that holds `lsn`, from which to walk to it. */
  near(lsn: Lsn): Position {
    return this.#index.floor(lsn) ?? { offset: SEGMENT_HEADER_BYTES, lsn: this.firstLsn };
  }

  /** Some batches from `from` on. Throws WAL_DAMAGED where there should be one and is none. */
  async read(from: Position, chunkBytes: number): Promise<Chunk> {
    const chunk = await this.#readable(from, () => readChunk(this, from, this.#endOffset, chunkBytes));
    if (chunk.batches.length > 0) return chunk;
    throw this.damageAt(from, chunk.bad ?? "the end of the segment");
  }

  /** The batch that holds `lsn`, and its bytes. Throws WAL_DAMAGED where it can't be found. */
  async find(lsn: Lsn, chunkBytes: number): Promise<{ readonly batch: Batch; readonly bytes: Uint8Array }> {
    assert(lsn >= this.firstLsn && lsn <= this.#lastLsn, "the record is in this segment");
    let found: { batch: Batch; bytes: Uint8Array } | undefined;
    const range = { from: this.near(lsn), endOffset: this.#endOffset, untilLsn: lsn };
    const end = await this.#readable(range.from, () =>
      walkBatches(this, range, chunkBytes, (batch, bytes) => {
        found = { batch, bytes };
      }),
    );
    if (found === undefined || found.batch.lastLsn < lsn) {
      throw this.damageAt(end.at, end.bad ?? "the end of the segment");
    }
    return found;
  }

  damageAt(place: Position, found: string, cause?: unknown): WalDamagedError {
    return new WalDamagedError({ segment: this.path, offset: place.offset, lsn: place.lsn }, found, cause);
  }

  /** Runs `read` with the file kept open, even where the segment is retired meanwhile. */
  async hold<T>(read: () => Promise<T>): Promise<T> {
    this.#readers++;
    try {
      return await read();
    } finally {
      this.#readers--;
      await this.#closeIfUnused();
    }
  }

  /** Closes the file once nobody reads it any more. The segment is no longer part of the log. */
  async retire(): Promise<void> {
    this.#isRetired = true;
    await this.#closeIfUnused();
  }

  /** A place that the device can't read is damage. */
  async #readable<T>(from: Position, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (!isDiskError(error, "EIO")) throw error;
      throw this.damageAt(from, "a place that can't be read", error);
    }
  }

  async #closeIfUnused(): Promise<void> {
    if (this.#isRetired && this.#readers === 0) await this.file.close();
  }
}
