import { copyBytes } from "../../bytes/index.js";
import { assert } from "../../env/index.js";
import { BrokerError } from "../errors.js";
import { BATCH_HEADER_BYTES, writeBatchHeader } from "./header.js";
import { writeZigzag, zigzagLength } from "./numbers.js";
import type { Offset } from "../types.js";
import { NONE, type BatchHeader, type LogRecord, type NewRecord, type ProducerStamp } from "./types.js";

/** Of a batch that may be appended more than once. */
export const NO_PRODUCER: ProducerStamp = { producerId: NONE, producerEpoch: NONE, baseSequence: NONE };

const UTF8 = new TextEncoder();

/**
 * A batch of these records, at least one, for a leader to give offset and epoch (here both 0). `isTransactional`: they
 * count once a marker says so (KIP-98); then `stamp` says whose. Throws INVALID_REQUEST for a timestamp that is not a
 * whole number of milliseconds from 0 on.
 */
export function encodeBatch(
  records: readonly NewRecord[],
  stamp: ProducerStamp = NO_PRODUCER,
  isTransactional = false,
): Uint8Array {
  assert(!isTransactional || stamp.producerId !== NONE, "a transaction is somebody's");
  return encodeNew(records, stamp, { isTransactional, isControl: false });
}

/** A batch that is not data but says something of it: see `marker.ts`. */
export function encodeControl(record: NewRecord, stamp: ProducerStamp): Uint8Array {
  return encodeNew([record], stamp, { isTransactional: true, isControl: true });
}

function encodeNew(
  records: readonly NewRecord[],
  stamp: ProducerStamp,
  kind: Pick<BatchHeader, "isTransactional" | "isControl">,
): Uint8Array {
  assert(records.length > 0, "a batch holds records");
  let maxTimestampMs = 0;
  for (const { timestampMs } of records) {
    if (!(Number.isSafeInteger(timestampMs) && timestampMs >= 0)) throw badTimestamp(timestampMs);
    maxTimestampMs = Math.max(maxTimestampMs, timestampMs);
  }
  return encode(
    {
      baseOffset: 0,
      leaderEpoch: 0,
      ...kind,
      lastOffset: records.length - 1,
      baseTimestampMs: records[0]!.timestampMs,
      maxTimestampMs,
      deleteHorizonMs: NONE,
      ...stamp,
    },
    records,
    (at) => at,
  );
}

/**
 * The batch of `header` with only `kept` of its records, none perhaps, as compaction leaves it: offsets, epoch and
 * sequence stay. With a `deleteHorizonMs` but `NONE` that is noted as well (KIP-534).
 */
export function keepRecords(
  header: BatchHeader,
  kept: readonly LogRecord[],
  deleteHorizonMs: number,
): Uint8Array {
  let maxTimestampMs = kept.length === 0 ? header.maxTimestampMs : 0;
  for (const record of kept) maxTimestampMs = Math.max(maxTimestampMs, record.timestampMs);
  const baseTimestampMs = deleteHorizonMs === NONE ? header.baseTimestampMs : deleteHorizonMs;
  const frame = { ...header, baseTimestampMs, maxTimestampMs, deleteHorizonMs };
  return encode(frame, kept, (at) => kept[at]!.offset);
}

type Frame = Omit<BatchHeader, "crc" | "recordCount" | "sizeBytes">;

/** A record on its way into a batch. */
interface Body {
  readonly record: NewRecord;
  readonly timestampDelta: number;
  readonly offsetDelta: number;
  /** Of its headers, as they are written. */
  readonly keys: readonly Uint8Array[];
  /** Without the length that goes before it. */
  readonly length: number;
}

const NO_KEYS: readonly Uint8Array[] = [];

/** Measured first, so that each record is written once, where it is to be. */
function encode(frame: Frame, records: readonly NewRecord[], offsetOf: (at: number) => Offset): Uint8Array {
  const bodies = records.map((record, at) => bodyOf(record, offsetOf(at), frame));
  let sizeBytes = BATCH_HEADER_BYTES;
  for (const { length } of bodies) sizeBytes += zigzagLength(length) + length;
  const bytes = new Uint8Array(sizeBytes);
  let at = BATCH_HEADER_BYTES;
  for (const body of bodies) at = writeBody(bytes, at, body);
  assert(at === sizeBytes, "what is written is as long as what was counted");
  writeBatchHeader(bytes, { ...frame, sizeBytes, recordCount: records.length });
  return bytes;
}

function bodyOf(record: NewRecord, offset: Offset, frame: Frame): Body {
  const { headers = [] } = record;
  const keys = headers.length === 0 ? NO_KEYS : headers.map(({ key }) => UTF8.encode(key));
  const timestampDelta = record.timestampMs - frame.baseTimestampMs;
  const offsetDelta = offset - frame.baseOffset;
  let length = 1 + zigzagLength(timestampDelta) + zigzagLength(offsetDelta) + zigzagLength(headers.length);
  length += fieldLength(record.key) + fieldLength(record.value);
  for (const [at, { value }] of headers.entries()) length += fieldLength(keys[at]!) + fieldLength(value);
  return { record, timestampDelta, offsetDelta, keys, length };
}

/** Gives where it ends. */
function writeBody(
  bytes: Uint8Array,
  start: number,
  { record, timestampDelta, offsetDelta, keys, length }: Body,
): number {
  const { key, value, headers = [] } = record;
  // The first byte is the record's attributes: none is in use.
  let at = writeZigzag(bytes, start, length) + 1;
  at = writeZigzag(bytes, at, timestampDelta);
  at = writeZigzag(bytes, at, offsetDelta);
  at = writeField(bytes, at, key);
  at = writeField(bytes, at, value);
  at = writeZigzag(bytes, at, headers.length);
  for (const [index, header] of headers.entries()) {
    at = writeField(bytes, writeField(bytes, at, keys[index]!), header.value);
  }
  return at;
}

function fieldLength(field: Uint8Array | null): number {
  return field === null ? 1 : zigzagLength(field.length) + field.length;
}

function writeField(bytes: Uint8Array, at: number, field: Uint8Array | null): number {
  if (field === null) return writeZigzag(bytes, at, NONE);
  return copyBytes(bytes, writeZigzag(bytes, at, field.length), field, 0, field.length);
}

function badTimestamp(timestampMs: number): BrokerError {
  return new BrokerError("INVALID_REQUEST", {
    expected: "a timestamp of whole milliseconds from 0 on",
    found: String(timestampMs),
    where: "a record to be sent",
    todo: "give milliseconds since 1970",
  });
}
