import { encodeWith, type ByteReader, type Sink } from "../../bytes/index.js";
import type { BatchHeader } from "../record/index.js";
import { NO_EPOCH, type LeaderEpoch, type Offset } from "../types.js";
import { decodeChecked, unreadable } from "./checked-file.js";

const VERSION = 1;

export interface OffsetEntry {
  /** Base offset of the batch at `position`. */
  readonly offset: Offset;
  readonly position: number;
}

export interface TimeEntry {
  /** Larger than all timestamps of the batches before this one. */
  readonly timestampMs: number;
  /** Base offset of the batch that has it. */
  readonly offset: Offset;
}

/**
 * What is known of a segment's batches without reading them: sparse, but for gaps. A batch either begins where the one
 * before it ends, or has an entry: so each offset in the file can be checked, though no checksum covers it.
 */
export class SegmentIndex {
  readonly baseOffset: Offset;
  readonly #intervalBytes: number;
  readonly #offsets: OffsetEntry[] = [];
  readonly #times: TimeEntry[] = [];
  #bytesSinceEntry = 0;
  /** How much of the file it is about. */
  sizeBytes = 0;
  /** Behind the last batch. */
  endOffset: Offset;
  lastEpoch: LeaderEpoch = NO_EPOCH;
  /** The largest of the first batch, by which segments are rolled; 0 in an empty segment. */
  firstTimestampMs = 0;
  /** 0 in an empty segment. */
  maxTimestampMs = 0;

  constructor(baseOffset: Offset, intervalBytes: number) {
    this.baseOffset = baseOffset;
    this.#intervalBytes = intervalBytes;
    this.endOffset = baseOffset;
  }

  get entries(): readonly OffsetEntry[] {
    return this.#offsets;
  }

  /** Takes note of the batch that now stands at the end. */
  note(header: BatchHeader): void {
    const isFirst = this.sizeBytes === 0;
    const isBehindGap = header.baseOffset !== this.endOffset;
    if (isFirst || isBehindGap || this.#bytesSinceEntry > this.#intervalBytes) {
      this.#offsets.push({ offset: header.baseOffset, position: this.sizeBytes });
      this.#bytesSinceEntry = 0;
    }
    if (isFirst) this.firstTimestampMs = header.maxTimestampMs;
    const isNewer = header.maxTimestampMs > this.maxTimestampMs;
    const isDue = this.#times.length === 0 || this.#bytesSinceEntry === 0;
    if (isNewer && isDue) {
      this.#times.push({ timestampMs: header.maxTimestampMs, offset: header.baseOffset });
    }
    this.maxTimestampMs = Math.max(this.maxTimestampMs, header.maxTimestampMs);
    this.#bytesSinceEntry += header.sizeBytes;
    this.sizeBytes += header.sizeBytes;
    this.endOffset = header.lastOffset + 1;
    this.lastEpoch = header.leaderEpoch;
  }

  /** Where a walk to `offset` begins. */
  floor(offset: Offset): OffsetEntry {
    const at = lastWhere(this.#offsets, (entry) => entry.offset <= offset);
    return this.#offsets[at] ?? this.#start;
  }

  /** Whether a batch that does not follow the one before it belongs there all the same. */
  holds(offset: Offset, position: number): boolean {
    const at = lastWhere(this.#offsets, (entry) => entry.position <= position);
    const entry = this.#offsets[at];
    return entry !== undefined && entry.position === position && entry.offset === offset;
  }

  /** Where a walk to the first record that is not older than this begins. */
  before(timestampMs: number): OffsetEntry {
    const at = lastWhere(this.#times, (entry) => entry.timestampMs < timestampMs);
    const entry = this.#times[at];
    return entry === undefined ? this.#start : this.floor(entry.offset);
  }

  encodeOffsets(): Uint8Array {
    return encodeWith(putOffsets, { index: this, entries: this.#packedOffsets() }, unreadable);
  }

  encodeTimes(): Uint8Array {
    return encodeWith(putTimes, { sizeBytes: this.sizeBytes, entries: this.#packedTimes() }, unreadable);
  }

  /** Of both files; undefined where they are not whole, not of one state, or not possible. */
  static decode(
    baseOffset: Offset,
    intervalBytes: number,
    offsets: Uint8Array | undefined,
    times: Uint8Array | undefined,
  ): SegmentIndex | undefined {
    const index = new SegmentIndex(baseOffset, intervalBytes);
    const isRead = decodeChecked(offsets, "an offset index", (reader) => {
      index.#getOffsets(reader);
      return true;
    });
    const sizeBytes = decodeChecked(times, "a time index", (reader) => index.#getTimes(reader));
    return isRead === true && sizeBytes === index.sizeBytes ? index : undefined;
  }

  get #start(): OffsetEntry {
    return this.#offsets[0] ?? { offset: this.baseOffset, position: 0 };
  }

  #packedOffsets(): Uint8Array {
    const bytes = new DataView(new ArrayBuffer(this.#offsets.length * 8));
    this.#offsets.forEach(({ offset, position }, at) => {
      bytes.setUint32(at * 8, offset - this.baseOffset);
      bytes.setUint32(at * 8 + 4, position);
    });
    return new Uint8Array(bytes.buffer);
  }

  #packedTimes(): Uint8Array {
    const bytes = new DataView(new ArrayBuffer(this.#times.length * 12));
    this.#times.forEach(({ timestampMs, offset }, at) => {
      bytes.setBigInt64(at * 12, BigInt(timestampMs));
      bytes.setUint32(at * 12 + 8, offset - this.baseOffset);
    });
    return new Uint8Array(bytes.buffer);
  }

  #getOffsets(reader: ByteReader): void {
    if (reader.integer() !== VERSION) reader.fail(`version ${VERSION}`, "another");
    this.sizeBytes = reader.integer();
    this.endOffset = this.baseOffset + reader.integer();
    this.lastEpoch = reader.integer() - 1;
    this.firstTimestampMs = reader.integer();
    this.maxTimestampMs = reader.integer();
    const packed = reader.rest();
    const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
    if (packed.length % 8 !== 0) reader.fail("whole entries", `${packed.length} bytes`);
    for (let at = 0; at < packed.length; at += 8) {
      const offset = this.baseOffset + view.getUint32(at);
      this.#offsets.push({ offset, position: view.getUint32(at + 4) });
    }
    const last = this.#offsets.at(-1);
    this.#bytesSinceEntry = this.sizeBytes - (last?.position ?? 0);
  }

  #getTimes(reader: ByteReader): number {
    if (reader.integer() !== VERSION) reader.fail(`version ${VERSION}`, "another");
    const sizeBytes = reader.integer();
    const packed = reader.rest();
    const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
    if (packed.length % 12 !== 0) reader.fail("whole entries", `${packed.length} bytes`);
    for (let at = 0; at < packed.length; at += 12) {
      const timestampMs = Number(view.getBigInt64(at));
      this.#times.push({ timestampMs, offset: this.baseOffset + view.getUint32(at + 8) });
    }
    return sizeBytes;
  }
}

/** The last place in an ascending list at which `test` holds; -1 where it never does. */
function lastWhere<T>(entries: readonly T[], test: (entry: T) => boolean): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (test(entries[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function putOffsets(sink: Sink, { index, entries }: { index: SegmentIndex; entries: Uint8Array }): void {
  sink.integer(VERSION);
  sink.integer(index.sizeBytes);
  sink.integer(index.endOffset - index.baseOffset);
  sink.integer(index.lastEpoch + 1);
  sink.integer(index.firstTimestampMs);
  sink.integer(index.maxTimestampMs);
  sink.rest(entries);
}

function putTimes(sink: Sink, { sizeBytes, entries }: { sizeBytes: number; entries: Uint8Array }): void {
  sink.integer(VERSION);
  sink.integer(sizeBytes);
  sink.rest(entries);
}
