/** Reads batches from a segment's file, many with one read. */

import { readFully, readU32 } from "../bytes/index.js";
import type { File } from "../env/index.js";
import { BATCH_ALIGNMENT, checkBatch, type Batch, type Identity, type Lsn } from "./format.js";
import type { Position } from "./sparse-index.js";

const NO_BYTES: Uint8Array = new Uint8Array(0);

export interface BatchSource {
  readonly file: File;
  readonly identity: Identity;
}

/** Some batches that follow each other without a gap. */
export interface Chunk {
  readonly bytes: Uint8Array;
  readonly batches: readonly Batch[];
  /** Where the next batch would begin, and the LSN it must begin with. */
  readonly next: Position;
  /** Why no valid batch begins there. Undefined where the bytes read, or the batches of the file, end there. */
  readonly bad: string | undefined;
}

/**
 * Reads from `from` on, at least one batch where there is a valid one, and no more than `chunkBytes` unless the
 * first batch is longer. The batches of the file end at `endOffset`. Throws what `File.read` throws.
 */
export async function readChunk(
  source: BatchSource,
  from: Position,
  endOffset: number,
  chunkBytes: number,
): Promise<Chunk> {
  let wanted = chunkBytes;
  for (;;) {
    const chunk = await readOnce(source, from, endOffset, wanted);
    if (!("needBytes" in chunk)) return chunk;
    // Its length fits into the file's size, and yet the bytes are not there.
    if (chunk.needBytes <= wanted) return { bytes: NO_BYTES, batches: [], next: from, bad: "missing bytes" };
    wanted = chunk.needBytes;
  }
}

async function readOnce(
  source: BatchSource,
  from: Position,
  endOffset: number,
  chunkBytes: number,
): Promise<Chunk | { readonly needBytes: number }> {
  const bytes = await readFully(source.file, from.offset, Math.min(chunkBytes, endOffset - from.offset));
  const batches: Batch[] = [];
  let { offset, lsn } = from;
  let bad: string | undefined;
  while (offset < endOffset) {
    const found = checkBatch(bytes, offset - from.offset, offset, endOffset, source.identity);
    if ("needBytes" in found) {
      if (batches.length === 0) return found;
      break;
    }
    bad =
      "bad" in found ? found.bad : found.firstLsn === lsn ? undefined : `a batch with LSN ${found.firstLsn}`;
    if ("bad" in found || bad !== undefined) break;
    batches.push(found);
    offset += found.sizeBytes;
    lsn = found.lastLsn + 1;
  }
  return { bytes, batches, next: { offset, lsn }, bad };
}

/** Where a walk ended, and why: at a place that is no valid batch, or (`bad` undefined) where it was to end. */
export interface WalkEnd {
  readonly at: Position;
  readonly bad: string | undefined;
}

/**
 * Visits the valid batches from `from` on, until the first place that is none, or `endOffset`, or a batch that
 * reaches `untilLsn` (which is visited). Throws what `File.read` throws.
 */
export async function walkBatches(
  source: BatchSource,
  range: { readonly from: Position; readonly endOffset: number; readonly untilLsn: Lsn },
  chunkBytes: number,
  visit: (batch: Batch, bytes: Uint8Array) => void,
): Promise<WalkEnd> {
  let at = range.from;
  while (at.offset < range.endOffset) {
    const chunk = await readChunk(source, at, range.endOffset, chunkBytes);
    for (const batch of chunk.batches) {
      visit(batch, chunk.bytes);
      at = { offset: batch.offset + batch.sizeBytes, lsn: batch.lastLsn + 1 };
      if (batch.lastLsn >= range.untilLsn) return { at, bad: undefined };
    }
    if (chunk.bad !== undefined) return { at, bad: chunk.bad };
  }
  return { at, bad: undefined };
}

/** What stands between an offset and the end of the file. */
export interface Remains {
  /** Every valid batch, wherever it begins. */
  readonly batches: readonly Batch[];
  readonly isZero: boolean;
}

/**
 * Looks at every aligned place from `offset` on for valid batches, whatever stands between them. Throws what
 * `File.read` throws.
 */
export async function searchBatches(
  source: BatchSource,
  offset: number,
  endOffset: number,
  chunkBytes: number,
): Promise<Remains> {
  const batches: Batch[] = [];
  let isZero = true;
  let readBytes = chunkBytes;
  let at = offset;
  while (at < endOffset) {
    const wanted = Math.min(readBytes, endOffset - at);
    const bytes = await readFully(source.file, at, wanted);
    isZero &&= isAllZero(bytes);
    const searched = searchBytes(bytes, at, endOffset, source.identity);
    batches.push(...searched.batches);
    // What needs more bytes than the file has is no batch.
    if (at + wanted === endOffset || bytes.length < wanted) break;
    at += searched.consumed;
    readBytes = Math.max(chunkBytes, searched.needBytes);
  }
  return { batches, isZero };
}

/** A loop, since a preallocated segment has millions of them: `every` with its callback takes ten times as long. */
function isAllZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== 0) return false;
  return true;
}

/**
 * The valid batches in bytes that stand at `offset`, up to a place where more bytes are needed to tell. The
 * tag that each batch carries is random, so that hardly any other bytes are taken for the beginning of one.
 */
function searchBytes(
  bytes: Uint8Array,
  offset: number,
  endOffset: number,
  identity: Identity,
): { readonly batches: readonly Batch[]; readonly consumed: number; readonly needBytes: number } {
  const batches: Batch[] = [];
  let place = 0;
  while (place + BATCH_ALIGNMENT <= bytes.length) {
    if (readU32(bytes, place + 4) !== identity.tag) {
      place += BATCH_ALIGNMENT;
      continue;
    }
    const found = checkBatch(bytes, place, offset + place, endOffset, identity);
    if ("needBytes" in found) return { batches, consumed: place, needBytes: found.needBytes };
    const isBatch = !("bad" in found);
    if (isBatch) batches.push(found);
    place += isBatch ? found.sizeBytes : BATCH_ALIGNMENT;
  }
  return { batches, consumed: place, needBytes: 0 };
}
