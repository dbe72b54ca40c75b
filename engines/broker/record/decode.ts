import { assert } from "../../env/index.js";
import { BrokerError } from "../errors.js";
import type { BatchSeen } from "../events.js";
import { BATCH_HEADER_BYTES, batchProblem, claimedSizeBytes, readBatchHeader } from "./header.js";
import { VarintReader } from "./numbers.js";
import { NONE, type BatchHeader, type LogRecord, type RecordHeader } from "./types.js";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The records of the batch at `at`, as views. It must be whole (`batchProblem`); throws CORRUPT_MESSAGE where its
 * records make no sense all the same: then whoever made it did it wrong.
 */
export function recordsOf(bytes: Uint8Array, at: number): LogRecord[] {
  const header = readBatchHeader(bytes, at);
  const reader = new VarintReader(bytes, at + BATCH_HEADER_BYTES, at + header.sizeBytes);
  const records: LogRecord[] = [];
  for (let left = header.recordCount; left > 0; left--) {
    const record = readRecord(reader, header);
    const isInPlace =
      record !== undefined &&
      record.offset > (records.at(-1)?.offset ?? header.baseOffset - 1) &&
      record.offset <= header.lastOffset;
    if (!isInPlace) throw corrupt("a record", "bytes that are none", header.baseOffset);
    records.push(record);
  }
  if (!reader.isAtEnd) throw corrupt("the end of the batch", "more bytes", header.baseOffset);
  return records;
}

/** The batches in `bytes`, one after the other, up to the first that is cut off. They were checked before. */
export function* batchesOf(
  bytes: Uint8Array,
): Iterable<{ readonly at: number; readonly header: BatchHeader }> {
  for (let at = 0; ;) {
    const sizeBytes = claimedSizeBytes(bytes, at);
    if (sizeBytes === undefined || sizeBytes > bytes.length - at) return;
    assert(sizeBytes >= BATCH_HEADER_BYTES, "a batch that was checked is not shorter than its header");
    yield { at, header: readBatchHeader(bytes, at) };
    at += sizeBytes;
  }
}

/** The same, as events have them. */
export function batchesSeen(bytes: Uint8Array): BatchSeen[] {
  const seen: BatchSeen[] = [];
  for (const { header } of batchesOf(bytes)) seen.push(batchSeen(header));
  return seen;
}

export function batchSeen({ baseOffset, lastOffset, leaderEpoch, crc }: BatchHeader): BatchSeen {
  return { baseOffset, lastOffset, leaderEpoch, crc };
}

/**
 * What a leader checks of what a producer sent: one batch, whole, its records as many as it says, their offsets
 * counted from 0. Throws CORRUPT_MESSAGE; MESSAGE_TOO_LARGE above `maxBytes`.
 */
export function checkNewBatch(batch: Uint8Array, maxBytes: number): BatchHeader {
  if (batch.length > maxBytes) {
    throw new BrokerError("MESSAGE_TOO_LARGE", {
      expected: `a batch of at most ${maxBytes} bytes`,
      found: `${batch.length}`,
      where: "a batch of a producer",
      todo: "send fewer or smaller records at once",
    });
  }
  const problem = batchProblem(batch, 0, batch.length);
  if (problem !== undefined) throw corrupt("a whole batch", problem, 0);
  const header = readBatchHeader(batch, 0);
  if (header.sizeBytes !== batch.length) throw corrupt("one batch", "more bytes", 0);
  if (header.isControl || header.deleteHorizonMs !== NONE) throw corrupt("a batch of data", "another", 0);
  const { lastOffset, baseOffset, recordCount } = header;
  if (recordCount < 1 || lastOffset - baseOffset + 1 !== recordCount) {
    throw corrupt("as many records as offsets", `${recordCount}`, baseOffset);
  }
  const records = recordsOf(batch, 0);
  let maxTimestampMs = 0;
  for (const { timestampMs } of records) maxTimestampMs = Math.max(maxTimestampMs, timestampMs);
  if (maxTimestampMs !== header.maxTimestampMs) {
    throw corrupt(`${maxTimestampMs} as the largest timestamp`, `${header.maxTimestampMs}`, baseOffset);
  }
  checkStamp(header);
  return header;
}

/** A producer that has an id has an epoch and sequences as well (KIP-98), and a transaction has a producer. */
function checkStamp(header: BatchHeader): void {
  const { producerId, producerEpoch, baseSequence } = header;
  const isNone = producerId === NONE && producerEpoch === NONE && baseSequence === NONE;
  const isWhole =
    Number.isSafeInteger(producerId) && producerId >= 0 && producerEpoch >= 0 && baseSequence >= 0;
  if (!isWhole && (!isNone || header.isTransactional)) {
    throw corrupt(
      "a producer's id, epoch and sequence",
      `${producerId}, ${producerEpoch}, ${baseSequence}`,
      0,
    );
  }
}

function readRecord(reader: VarintReader, header: BatchHeader): LogRecord | undefined {
  const length = reader.zigzag();
  const end = reader.at + length;
  const attributes = reader.byte();
  const timestampMs = header.baseTimestampMs + reader.zigzag();
  const offset = header.baseOffset + reader.zigzag();
  const key = reader.nullable();
  const value = reader.nullable();
  const headers = readHeaders(reader);
  const isSound =
    !reader.isBad &&
    reader.at === end &&
    attributes === 0 &&
    Number.isSafeInteger(timestampMs) &&
    timestampMs >= 0;
  if (!isSound || headers === undefined) return undefined;
  return headers.length === 0
    ? { key, value, timestampMs, offset }
    : { key, value, timestampMs, offset, headers };
}

function readHeaders(reader: VarintReader): RecordHeader[] | undefined {
  const headers: RecordHeader[] = [];
  const count = reader.zigzag();
  if (count < 0) return undefined;
  for (let left = count; left > 0 && !reader.isBad; left--) {
    const key = reader.nullable();
    const value = reader.nullable();
    if (key === null) return undefined;
    try {
      headers.push({ key: UTF8.decode(key), value });
    } catch {
      return undefined;
    }
  }
  return headers;
}

function corrupt(expected: string, found: string, baseOffset: number): BrokerError {
  const where = `the batch at offset ${baseOffset}`;
  return new BrokerError("CORRUPT_MESSAGE", { expected, found, where, todo: "send it again" });
}
