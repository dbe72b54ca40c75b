import { crc32c } from "../../bytes/index.js";
import { assert } from "../../env/index.js";
import type { LeaderEpoch, Offset } from "../types.js";
import { readI16, readI32, readI64, writeI16, writeI32, writeI64 } from "./numbers.js";
import { NONE, type BatchHeader } from "./types.js";

/** Where the fields of a batch are; see FORMAT.md. */
const AT_BASE_OFFSET = 0;
const AT_LENGTH = 8;
const AT_LEADER_EPOCH = 12;
const AT_MAGIC = 16;
const AT_CRC = 17;
const AT_ATTRIBUTES = 21;
const AT_LAST_OFFSET_DELTA = 23;
const AT_BASE_TIMESTAMP = 27;
const AT_MAX_TIMESTAMP = 35;
const AT_PRODUCER_ID = 43;
const AT_PRODUCER_EPOCH = 51;
const AT_BASE_SEQUENCE = 53;
const AT_RECORD_COUNT = 57;
export const BATCH_HEADER_BYTES = 61;
/** Base offset and length: what has to be there to know how long a batch is. */
export const LOG_OVERHEAD_BYTES = 12;

const MAGIC = 2;
const IS_TRANSACTIONAL = 0x10;
const IS_CONTROL = 0x20;
const HAS_DELETE_HORIZON = 0x40;
const KNOWN_ATTRIBUTES = IS_TRANSACTIONAL | IS_CONTROL | HAS_DELETE_HORIZON;

/** The header of the batch at `at`. All of it must be there, and sound: see `batchProblem`. */
export function readBatchHeader(bytes: Uint8Array, at: number): BatchHeader {
  assert(bytes.length - at >= BATCH_HEADER_BYTES, "the header of a batch is there whole");
  const baseOffset = readI64(bytes, at + AT_BASE_OFFSET);
  const attributes = readI16(bytes, at + AT_ATTRIBUTES);
  const baseTimestampMs = readI64(bytes, at + AT_BASE_TIMESTAMP);
  return {
    baseOffset,
    sizeBytes: readI32(bytes, at + AT_LENGTH) + LOG_OVERHEAD_BYTES,
    leaderEpoch: readI32(bytes, at + AT_LEADER_EPOCH),
    crc: readI32(bytes, at + AT_CRC) >>> 0,
    isTransactional: (attributes & IS_TRANSACTIONAL) !== 0,
    isControl: (attributes & IS_CONTROL) !== 0,
    lastOffset: baseOffset + readI32(bytes, at + AT_LAST_OFFSET_DELTA),
    baseTimestampMs,
    maxTimestampMs: readI64(bytes, at + AT_MAX_TIMESTAMP),
    deleteHorizonMs: (attributes & HAS_DELETE_HORIZON) === 0 ? NONE : baseTimestampMs,
    producerId: readI64(bytes, at + AT_PRODUCER_ID),
    producerEpoch: readI16(bytes, at + AT_PRODUCER_EPOCH),
    baseSequence: readI32(bytes, at + AT_BASE_SEQUENCE),
    recordCount: readI32(bytes, at + AT_RECORD_COUNT),
  };
}

/** Gives the batch its place in a log, as its leader does. Its checksum covers neither. */
export function stampBatch(
  bytes: Uint8Array,
  at: number,
  baseOffset: Offset,
  leaderEpoch: LeaderEpoch,
): void {
  assert(Number.isSafeInteger(baseOffset) && baseOffset >= 0, "offsets are safe integers from 0 on");
  writeI64(bytes, at + AT_BASE_OFFSET, baseOffset);
  writeI32(bytes, at + AT_LEADER_EPOCH, leaderEpoch);
}

/** Writes a header and its checksum in front of records that are in their place already. `crc` is worked out. */
export function writeBatchHeader(bytes: Uint8Array, header: Omit<BatchHeader, "crc">): void {
  assert(header.sizeBytes === bytes.length, "a header says how long its batch is");
  assert(
    header.deleteHorizonMs === NONE || header.deleteHorizonMs === header.baseTimestampMs,
    "a delete horizon stands in place of the base timestamp (KIP-534)",
  );
  writeI32(bytes, AT_LENGTH, header.sizeBytes - LOG_OVERHEAD_BYTES);
  bytes[AT_MAGIC] = MAGIC;
  const attributes =
    (header.isTransactional ? IS_TRANSACTIONAL : 0) |
    (header.isControl ? IS_CONTROL : 0) |
    (header.deleteHorizonMs === NONE ? 0 : HAS_DELETE_HORIZON);
  writeI16(bytes, AT_ATTRIBUTES, attributes);
  writeI32(bytes, AT_LAST_OFFSET_DELTA, header.lastOffset - header.baseOffset);
  writeI64(bytes, AT_BASE_TIMESTAMP, header.baseTimestampMs);
  writeI64(bytes, AT_MAX_TIMESTAMP, header.maxTimestampMs);
  writeI64(bytes, AT_PRODUCER_ID, header.producerId);
  writeI16(bytes, AT_PRODUCER_EPOCH, header.producerEpoch);
  writeI32(bytes, AT_BASE_SEQUENCE, header.baseSequence);
  writeI32(bytes, AT_RECORD_COUNT, header.recordCount);
  writeI32(bytes, AT_CRC, crc32c(bytes, AT_ATTRIBUTES, bytes.length));
  stampBatch(bytes, 0, header.baseOffset, header.leaderEpoch);
}

/** How long the batch at `at` says it is; undefined where `bytes` ends before it says so. */
export function claimedSizeBytes(bytes: Uint8Array, at: number): number | undefined {
  if (bytes.length - at < LOG_OVERHEAD_BYTES) return undefined;
  return readI32(bytes, at + AT_LENGTH) + LOG_OVERHEAD_BYTES;
}

/**
 * Why the bytes from `at` on are not a whole batch that ends at `end` or before; undefined where they are. No length
 * is believed before it is bounded, nothing of the header before the checksum fits; base offset and leader epoch are
 * outside of it, so only their range is checked.
 */
export function batchProblem(bytes: Uint8Array, at: number, end: number): string | undefined {
  const left = end - at;
  if (left < BATCH_HEADER_BYTES) return `${left} bytes, less than a header`;
  const sizeBytes = readI32(bytes, at + AT_LENGTH) + LOG_OVERHEAD_BYTES;
  if (sizeBytes < BATCH_HEADER_BYTES || sizeBytes > left)
    return `a size of ${sizeBytes} where ${left} are left`;
  if (bytes[at + AT_MAGIC] !== MAGIC) return `magic ${bytes[at + AT_MAGIC]!}`;
  const crc = crc32c(bytes, at + AT_ATTRIBUTES, at + sizeBytes);
  if (crc !== readI32(bytes, at + AT_CRC) >>> 0) return "a checksum that does not fit";
  const header = readBatchHeader(bytes, at);
  const attributes = readI16(bytes, at + AT_ATTRIBUTES);
  if ((attributes & ~KNOWN_ATTRIBUTES) !== 0) return `attributes ${attributes}`;
  if (!Number.isSafeInteger(header.lastOffset) || header.baseOffset < 0) return "an offset out of range";
  if (header.lastOffset < header.baseOffset) return "a last offset before the first";
  if (header.leaderEpoch < NONE) return `leader epoch ${header.leaderEpoch}`;
  if (header.recordCount < 0 || header.recordCount > header.lastOffset - header.baseOffset + 1) {
    return `${header.recordCount} records in ${header.lastOffset - header.baseOffset + 1} offsets`;
  }
  return undefined;
}
