/**
 * Reads the records of a write-ahead log out of the bytes of its files, as engines/wal/FORMAT.md has it and
 * without the log's own recovery: what a check believes must not come from the code that it checks.
 */
import { readU32 } from "#engines/bytes/index.js";
import {
  BATCH_ALIGNMENT,
  BATCH_HEADER_BYTES,
  SEGMENT_HEADER_BYTES,
  checkBatch,
  decodeSegmentHeader,
  pushRecords,
  type Lsn,
  type SegmentHeader,
} from "#engines/wal/format.js";

interface Segment {
  readonly header: SegmentHeader;
  readonly bytes: Uint8Array;
}

/** The records that count, the first of which has the LSN `firstLsn`. */
export interface ScannedRecords {
  readonly firstLsn: Lsn;
  readonly records: readonly Uint8Array[];
}

/** Undefined where a record is damaged that was durable, by what the log itself says. */
export function scanWal(files: readonly Uint8Array[]): ScannedRecords | undefined {
  const segments: Segment[] = [];
  for (const bytes of files) {
    const header = decodeSegmentHeader(bytes.subarray(0, SEGMENT_HEADER_BYTES));
    if ("bad" in header) return undefined;
    segments.push({ header, bytes });
  }
  const live = liveSegments(segments.toSorted((a, b) => a.header.number - b.header.number));
  const records: Uint8Array[] = [];
  for (const [i, segment] of live.entries()) {
    const next = live[i + 1];
    const isWhole =
      next === undefined
        ? scanLast(segment, records)
        : scanUpTo(segment, next.header.firstLsn - 1, records).lsn >= next.header.firstLsn;
    if (!isWhole) return undefined;
  }
  return { firstLsn: live[0]?.header.firstLsn ?? 1, records };
}

/** A segment counts unless a later one begins at or below its first record, or begins the log anew. */
function liveSegments(segments: readonly Segment[]): Segment[] {
  const live: Segment[] = [];
  for (const segment of segments.toReversed()) {
    const later = live[0];
    if (later !== undefined && segment.header.firstLsn >= later.header.firstLsn) continue;
    live.unshift(segment);
    if (segment.header.kind === "restart") break;
  }
  return live;
}

interface ScanEnd {
  readonly offset: number;
  /** Of the record that would come next. */
  readonly lsn: Lsn;
  /** Up to here the batches themselves say that the log is durable. */
  readonly provenLsn: Lsn;
}

function scanUpTo({ header, bytes }: Segment, lastLsn: Lsn, records: Uint8Array[]): ScanEnd {
  let offset = SEGMENT_HEADER_BYTES;
  let lsn = header.firstLsn;
  let provenLsn = header.durableLsn;
  while (lsn <= lastLsn) {
    const batch = checkBatch(bytes, offset, offset, bytes.length, header.identity);
    if (!("offset" in batch) || batch.firstLsn !== lsn) break;
    pushRecords(bytes, batch, batch.firstLsn, lastLsn, records);
    offset += batch.sizeBytes;
    lsn = batch.lastLsn + 1;
    provenLsn = Math.max(provenLsn, batch.durableLsn);
  }
  return { offset, lsn, provenLsn };
}

/** The last segment ends at its first bad place; false where something proves that more was durable. */
function scanLast(segment: Segment, records: Uint8Array[]): boolean {
  const { header, bytes } = segment;
  const end = scanUpTo(segment, Number.MAX_SAFE_INTEGER, records);
  let { provenLsn } = end;
  for (let at = end.offset; at < bytes.length; at += BATCH_ALIGNMENT) {
    if (at + BATCH_HEADER_BYTES > bytes.length || readU32(bytes, at + 4) !== header.identity.tag) continue;
    const batch = checkBatch(bytes, at, at, bytes.length, header.identity);
    if ("offset" in batch) provenLsn = Math.max(provenLsn, batch.durableLsn);
  }
  return provenLsn < end.lsn;
}
