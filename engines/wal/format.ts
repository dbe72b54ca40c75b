/** The bytes of a segment, encoded and checked. FORMAT.md has the picture; this is the only code that knows it. */

import { crc32c, readU32, readU64, writeU32, writeU64 } from "../bytes/index.js";
import type { Random } from "../env/index.js";

/** The number of a record: 1 for the first ever written, then dense. A safe integer. */
export type Lsn = number;

export const SEGMENT_HEADER_BYTES = 64;
export const BATCH_HEADER_BYTES = 40;
export const RECORD_PREFIX_BYTES = 4;
/** Batches begin at multiples of this, so that a search behind a hole has few places to look at. */
export const BATCH_ALIGNMENT = 8;
/** A batch, header and padding included, is at most this long: it has to fit into memory, twice. */
export const MAX_BATCH_BYTES: number = 0x4000_0000;

const SEGMENT_MAGIC = 0x4c415753; // "SWAL"
const FORMAT_VERSION = 1;
const RECORDS_BATCH = 1;

/**
 * What a segment's beginning does to those with smaller numbers: `continue` goes on behind them, `truncate`
 * supersedes their records at and above its first LSN, `restart` supersedes all of them.
 */
export type SegmentKind = "continue" | "truncate" | "restart";
const KINDS: readonly SegmentKind[] = ["continue", "truncate", "restart"];

/** 64 random bits that only this segment has, so that no other segment's bytes pass for its batches. */
export interface Identity {
  /** Stands in each batch. Never 0, so that zeros are no batch. */
  readonly tag: number;
  /** Goes into each batch's CRC, together with the batch's offset. */
  readonly salt: number;
}

export interface SegmentHeader {
  readonly number: number;
  readonly kind: SegmentKind;
  readonly firstLsn: Lsn;
  /** Every record up to this one was durable when the segment got its name, those in the segment included. */
  readonly durableLsn: Lsn;
  readonly identity: Identity;
}

/** A batch that was found valid. `at` is where it begins in the bytes it was checked in. */
export interface Batch {
  readonly at: number;
  readonly offset: number;
  readonly sizeBytes: number;
  readonly payloadBytes: number;
  readonly count: number;
  readonly firstLsn: Lsn;
  readonly lastLsn: Lsn;
  /** Every record up to this one was known to be durable when the batch was written. */
  readonly durableLsn: Lsn;
}

/** What stands at a place: a batch, the beginning of one that needs more bytes to be checked, or neither. */
export type BatchCheck = Batch | { readonly needBytes: number } | { readonly bad: string };

export function alignedBytes(length: number): number {
  return Math.ceil(length / BATCH_ALIGNMENT) * BATCH_ALIGNMENT;
}

export function newIdentity(random: Random): Identity {
  return { tag: random.below(0xffff_ffff) + 1, salt: random.uint32() };
}

export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES);
  writeU32(bytes, 4, SEGMENT_MAGIC);
  writeU32(bytes, 8, FORMAT_VERSION);
  writeU32(bytes, 12, KINDS.indexOf(header.kind));
  writeU64(bytes, 16, header.number);
  writeU64(bytes, 24, header.firstLsn);
  writeU64(bytes, 32, header.durableLsn);
  writeU32(bytes, 40, header.identity.tag);
  writeU32(bytes, 44, header.identity.salt);
  writeU32(bytes, 0, crc32c(bytes, 4, SEGMENT_HEADER_BYTES));
  return bytes;
}

/** The header at the start of `bytes`, or why there is none. */
export function decodeSegmentHeader(bytes: Uint8Array): SegmentHeader | { readonly bad: string } {
  if (bytes.length < SEGMENT_HEADER_BYTES) return { bad: `a file of ${bytes.length} bytes` };
  if (readU32(bytes, 4) !== SEGMENT_MAGIC) return { bad: "another magic number" };
  if (readU32(bytes, 0) !== crc32c(bytes, 4, SEGMENT_HEADER_BYTES))
    return { bad: "a header with a wrong CRC" };
  const version = readU32(bytes, 8);
  if (version !== FORMAT_VERSION) return { bad: `format version ${version}` };
  const kind = KINDS[readU32(bytes, 12)];
  const [number, firstLsn, durableLsn] = [readU64(bytes, 16), readU64(bytes, 24), readU64(bytes, 32)];
  const identity = { tag: readU32(bytes, 40), salt: readU32(bytes, 44) };
  const isSound = Number.isSafeInteger(number) && Number.isSafeInteger(durableLsn) && firstLsn >= 1;
  if (kind === undefined || !isSound || durableLsn < firstLsn - 1 || identity.tag === 0) {
    return { bad: "a header that was never written so" };
  }
  return { number, kind, firstLsn, durableLsn, identity };
}

/** Fills in the part of a batch's header that does not depend on where the batch goes. */
export function describeBatch(bytes: Uint8Array, payloadBytes: number, count: number, firstLsn: Lsn): void {
  writeU32(bytes, 8, payloadBytes);
  writeU32(bytes, 12, count);
  writeU32(bytes, 16, RECORDS_BATCH);
  writeU32(bytes, 20, 0);
  writeU64(bytes, 24, firstLsn);
}

/**
 * Fills in the rest for a batch of `sizeBytes` that begins at `bytes[at]` and goes to `offset` of a segment:
 * last of all the CRC, which covers everything behind itself.
 */
export function stampBatch(
  bytes: Uint8Array,
  at: number,
  sizeBytes: number,
  place: { readonly identity: Identity; readonly offset: number; readonly durableLsn: Lsn },
): void {
  writeU32(bytes, at + 4, place.identity.tag);
  writeU64(bytes, at + 32, place.durableLsn);
  writeU32(bytes, at, crc32c(bytes, at + 4, at + sizeBytes, seedOf(place.identity, place.offset)));
}

/**
 * Checks whether a batch of the segment with this identity stands at `bytes[at]`, which is `offset` of a file
 * whose batches end at `endOffset`. Nothing is believed, and no length followed, before it is bounded.
 */
export function checkBatch(
  bytes: Uint8Array,
  at: number,
  offset: number,
  endOffset: number,
  identity: Identity,
): BatchCheck {
  const fileBytes = endOffset - offset;
  if (fileBytes < BATCH_HEADER_BYTES) return { bad: `${fileBytes} bytes, too few for a batch header` };
  const available = bytes.length - at;
  if (available < BATCH_HEADER_BYTES) return { needBytes: BATCH_HEADER_BYTES };
  if (readU32(bytes, at + 4) !== identity.tag) return { bad: "bytes that are no batch of this segment" };
  const payloadBytes = readU32(bytes, at + 8);
  const sizeBytes = alignedBytes(BATCH_HEADER_BYTES + payloadBytes);
  if (sizeBytes > fileBytes) return { bad: `a batch of ${sizeBytes} bytes where ${fileBytes} are left` };
  if (sizeBytes > available) return { needBytes: sizeBytes };
  const crc = crc32c(bytes, at + 4, at + sizeBytes, seedOf(identity, offset));
  if (readU32(bytes, at) !== crc) return { bad: "a batch with a wrong CRC" };
  const count = readU32(bytes, at + 12);
  const [firstLsn, durableLsn] = [readU64(bytes, at + 24), readU64(bytes, at + 32)];
  const lastLsn = firstLsn + count - 1;
  const isSound = count >= 1 && firstLsn >= 1 && Number.isSafeInteger(lastLsn) && durableLsn < firstLsn;
  if (!isSound || readU32(bytes, at + 16) !== RECORDS_BATCH || !recordsFit(bytes, at, payloadBytes, count)) {
    return { bad: "a batch that was never written so" };
  }
  return { at, offset, sizeBytes, payloadBytes, count, firstLsn, lastLsn, durableLsn };
}

/** The records of a valid batch with LSNs in [from, to], as views of `bytes`, appended to `records`. */
export function pushRecords(
  bytes: Uint8Array,
  batch: Batch,
  from: Lsn,
  to: Lsn,
  records: Uint8Array[],
): void {
  let at = batch.at + BATCH_HEADER_BYTES;
  for (let lsn = batch.firstLsn; lsn <= batch.lastLsn && lsn <= to; lsn++) {
    const start = at + RECORD_PREFIX_BYTES;
    at = start + readU32(bytes, at);
    if (lsn >= from) records.push(bytes.subarray(start, at));
  }
}

/** True where `count` records fill the payload exactly. */
function recordsFit(bytes: Uint8Array, batchAt: number, payloadBytes: number, count: number): boolean {
  let at = batchAt + BATCH_HEADER_BYTES;
  const end = at + payloadBytes;
  for (let record = 0; record < count; record++) {
    if (at + RECORD_PREFIX_BYTES > end) return false;
    at += RECORD_PREFIX_BYTES + readU32(bytes, at);
  }
  return at === end;
}

/**
 * What a batch's CRC starts from. The offset is in it so that a batch which a device wrote to, or read from,
 * another place of the file is not taken for a record: for equal bytes, unequal seeds give unequal CRCs.
 */
function seedOf(identity: Identity, offset: number): number {
  return (identity.salt ^ Math.floor(offset / BATCH_ALIGNMENT)) >>> 0;
}
