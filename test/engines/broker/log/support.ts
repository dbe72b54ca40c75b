import type { Env } from "#engines/env/index.js";
import { openPartitionLog, type LogOptions, type PartitionLog } from "#engines/broker/log/index.js";
import {
  batchesOf,
  encodeBatch,
  recordsOf,
  type BatchHeader,
  type LogRecord,
  type NewRecord,
  type ProducerStamp,
} from "#engines/broker/record/index.js";

/** Segments of a few batches, an index entry for each second one. */
export const SMALL: LogOptions = {
  partition: { topic: "t", partition: 0 },
  directory: "log",
  wasClosedCleanly: false,
  recoveryPoint: 0,
  dedupeBufferBytes: 1_000_000,
  segmentBytes: 400,
  segmentMs: 1_000_000,
  indexIntervalBytes: 100,
  cleanup: "delete",
  retentionBytes: -1,
  retentionMs: -1,
  deleteRetentionMs: 100,
  minDirtyPermille: 0,
  producerExpiryMs: 1_000_000,
};

export const COMPACTED: LogOptions = { ...SMALL, cleanup: "compact" };

export function bytes(given: string): Uint8Array {
  return new TextEncoder().encode(given);
}

export function text(given: Uint8Array | null): string | null {
  return given === null ? null : new TextDecoder().decode(given);
}

export function record(key: string, value: string | null, timestampMs = 1000): NewRecord {
  return { key: bytes(key), value: value === null ? null : bytes(value), timestampMs };
}

/** A batch of records that say which they are. */
export function batch(from: number, count = 1, stamp?: ProducerStamp): Uint8Array {
  const records = Array.from({ length: count }, (_, i) =>
    record(`k${from + i}`, `v${from + i}`, 1000 + from + i),
  );
  return encodeBatch(records, stamp);
}

export function stampOf(producerId: number, baseSequence: number, producerEpoch = 0): ProducerStamp {
  return { producerId, producerEpoch, baseSequence };
}

export function open(env: Env, options: Partial<LogOptions> = {}): Promise<PartitionLog> {
  return openPartitionLog(env, { ...SMALL, ...options });
}

/** Appends so many batches of one record as a leader, flushing now and then so that segments can be rolled. */
export async function fill(log: PartitionLog, count: number, epoch = 0): Promise<void> {
  for (let i = 0; i < count; i++) {
    log.appendAsLeader(batch(log.logEndOffset), epoch);
    if (i % 3 === 2) await log.flush();
  }
}

/** All batches the log serves below `endOffset`, read in pieces. */
export async function headersOf(
  log: PartitionLog,
  endOffset: number = log.logEndOffset,
): Promise<BatchHeader[]> {
  const headers: BatchHeader[] = [];
  for await (const part of parts(log, endOffset)) {
    for (const { header } of batchesOf(part)) headers.push(header);
  }
  return headers;
}

export async function recordsIn(
  log: PartitionLog,
  endOffset: number = log.logEndOffset,
): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const part of parts(log, endOffset)) {
    for (const { at } of batchesOf(part)) records.push(...recordsOf(part, at));
  }
  return records.filter(({ offset }) => offset >= log.logStartOffset);
}

async function* parts(log: PartitionLog, endOffset: number): AsyncGenerator<Uint8Array> {
  for (let offset = log.logStartOffset; offset < endOffset;) {
    const part = await log.read(offset, 150, endOffset);
    if (part.length === 0) return;
    yield part;
    for (const { header } of batchesOf(part)) offset = header.lastOffset + 1;
  }
}

export function values(records: readonly LogRecord[]): string[] {
  return records.map(({ offset, key, value }) => `${offset}:${text(key)}=${text(value)}`);
}

/** What `fill` appended, as `values` has it. */
export function filled(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `${from + i}:k${from + i}=v${from + i}`);
}

export function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
  return "none";
}

export async function rejectionOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
  return "none";
}
