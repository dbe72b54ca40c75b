import { readFully } from "../../bytes/index.js";
import { assert, isDiskError, type File } from "../../env/index.js";
import { batchProblem, claimedSizeBytes, readBatchHeader, type BatchHeader } from "../record/index.js";
import type { Offset } from "../types.js";
import { damaged } from "./errors.js";
import { SegmentIndex, type OffsetEntry } from "./segment-index.js";

/** Offsets in an index are relative to the segment's, in 32 bits; Kafka's are signed. */
export const RELATIVE_OFFSET_MAX = 0x7fff_ffff;
const CHUNK_BYTES = 64 * 1024;

/** A batch that stands in a file, whole. */
export interface PlacedBatch {
  readonly header: BatchHeader;
  /** Where it is in the file. */
  readonly position: number;
  /** Its bytes, a view. */
  readonly bytes: Uint8Array;
}

export interface WalkEnd {
  /** Behind the last batch that was visited. */
  readonly position: number;
  /** Why there is no whole batch there; undefined at the end of the range, or where `visit` had enough. */
  readonly problem: string | undefined;
}

/** One file of the log, open, with what is known of its batches. */
export class Segment {
  readonly file: File;
  readonly index: SegmentIndex;
  /** No longer a part of the log: its file is closed, or about to be. */
  isRetired = false;

  constructor(file: File, index: SegmentIndex) {
    this.file = file;
    this.index = index;
  }

  /** Its name: no batch in it begins below. */
  get baseOffset(): Offset {
    return this.index.baseOffset;
  }

  get sizeBytes(): number {
    return this.index.sizeBytes;
  }

  /** Behind its last batch. */
  get endOffset(): Offset {
    return this.index.endOffset;
  }

  get isEmpty(): boolean {
    return this.index.sizeBytes === 0;
  }

  /** Gives the file back. Reads that are under way end as they would have. */
  async retire(): Promise<void> {
    this.isRetired = true;
    await this.file.close();
  }

  /**
   * Visits the batches from `from` on that `index` knows, until `visit` says no. Throws LOG_DAMAGED where one is not
   * what was written there, or can't be read.
   */
  async walk(from: OffsetEntry, visit: (batch: PlacedBatch) => boolean): Promise<void> {
    let expected = from.offset;
    const { position, problem } = await walkFile(this.file, from.position, this.sizeBytes, (batch) => {
      const { baseOffset, lastOffset } = batch.header;
      if (baseOffset !== expected && !this.index.holds(baseOffset, batch.position)) {
        throw damaged(`offset ${baseOffset} in place of ${expected}`, this.#where(batch.position));
      }
      expected = lastOffset + 1;
      return visit(batch);
    });
    if (problem !== undefined && !this.isRetired) throw damaged(problem, this.#where(position));
  }

  #where(position: number): string {
    return `byte ${position} of the segment ${this.baseOffset} of ${this.file.path}`;
  }
}

/**
 * Visits the batches that stand in `file[start, end)`, each checked by itself, until `visit` says no. Throws LOG_DAMAGED
 * for a read that fails.
 */
export async function walkFile(
  file: File,
  start: number,
  end: number,
  visit: (batch: PlacedBatch) => boolean,
): Promise<WalkEnd> {
  let position = start;
  let chunkBytes = CHUNK_BYTES;
  while (position < end) {
    const bytes = await readChunk(file, position, Math.min(chunkBytes, end - position));
    let at = 0;
    for (;;) {
      const size = claimedSizeBytes(bytes, at);
      // What is not whole in this chunk may be in one that begins there.
      if (size === undefined || size > bytes.length - at) break;
      const problem = batchProblem(bytes, at, bytes.length);
      if (problem !== undefined) return { position: position + at, problem };
      const header = readBatchHeader(bytes, at);
      const batch = { header, position: position + at, bytes: bytes.subarray(at, at + header.sizeBytes) };
      at += header.sizeBytes;
      if (!visit(batch)) return { position: position + at, problem: undefined };
    }
    const claimed = claimedSizeBytes(bytes, at) ?? 0;
    position += at;
    if (position === end) break;
    const isAll = bytes.length - at >= end - position;
    if (isAll || claimed > end - position) return { position, problem: "a batch that is cut off" };
    if (at === 0 && bytes.length < chunkBytes) return { position, problem: "a file that is too short" };
    chunkBytes = Math.max(CHUNK_BYTES, claimed);
  }
  return { position, problem: undefined };
}

async function readChunk(file: File, position: number, length: number): Promise<Uint8Array> {
  assert(length > 0, "nothing is read that is not there");
  try {
    return await readFully(file, position, length);
  } catch (error) {
    if (isDiskError(error, "EIO"))
      throw damaged("a read that failed", `byte ${position} of ${file.path}`, error);
    throw error;
  }
}
