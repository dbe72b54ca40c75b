import { copyBytes, readU32, writeU32 } from "../bytes/index.js";
import { assert } from "../env/index.js";
import type { RecordSource, WrittenBatch } from "./follower.js";
import {
  BATCH_HEADER_BYTES,
  RECORD_PREFIX_BYTES,
  alignedBytes,
  describeBatch,
  stampBatch,
  type Identity,
  type Lsn,
} from "./format.js";

const FIRST_CAPACITY_BYTES = 16 * 1024;
/** A buffer that one huge record made larger than this is not kept. */
const KEPT_CAPACITY_BYTES = 4 * 1024 * 1024;
/** Nor is one whose arrays a batch of many small records made longer. */
const KEPT_WAITERS = 64 * 1024;

/**
 * A batch that is being filled: its bytes as they will stand in the file, and who waits for which record of
 * it. Used again and again, so that an append costs one copy and its promise; the arrays keep their length for that,
 * since what is cut off an array has to be allocated again.
 */
export class PendingBatch implements WrittenBatch {
  #bytes = new Uint8Array(FIRST_CAPACITY_BYTES);
  #end = BATCH_HEADER_BYTES;
  #count = 0;
  /** For each who waits: the place of the last record in the batch, and what to call. */
  #waiters = 0;
  readonly #places: number[] = [];
  readonly #resolves: ((lsn: Lsn) => void)[] = [];
  readonly #rejects: ((error: unknown) => void)[] = [];

  get count(): number {
    return this.#count;
  }

  get payloadBytes(): number {
    return this.#end - BATCH_HEADER_BYTES;
  }

  get recordBytes(): number {
    return this.payloadBytes - this.#count * RECORD_PREFIX_BYTES;
  }

  get sizeBytes(): number {
    return alignedBytes(this.#end);
  }

  get isReusable(): boolean {
    return this.#bytes.length <= KEPT_CAPACITY_BYTES && this.#places.length <= KEPT_WAITERS;
  }

  /** Makes room for records that take so much, prefixes included. Throws RangeError without memory; nothing has changed then. */
  reserve(payloadBytes: number): void {
    const needed = alignedBytes(this.#end + payloadBytes);
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = larger;
  }

  /** Copies the record to the end of the batch, which has room for it. */
  add(record: Uint8Array): void {
    const start = this.#begin(record.length);
    this.#finish(copyBytes(this.#bytes, start, record, 0, record.length));
  }

  /** Has the record made at the end of the batch, which has room for it. */
  addFrom(source: RecordSource): void {
    const { sizeBytes } = source;
    const start = this.#begin(sizeBytes);
    const end = source.writeTo(this.#bytes, start);
    assert(end - start === sizeBytes, "a record is as long as what was counted");
    this.#finish(end);
  }

  /** Who added the last record waits for it: `resolve` gets its LSN. */
  expect(resolve: (lsn: Lsn) => void, reject: (error: unknown) => void): void {
    this.#places[this.#waiters] = this.#count - 1;
    this.#resolves[this.#waiters] = resolve;
    this.#rejects[this.#waiters] = reject;
    this.#waiters++;
  }

  /** The finished bytes, for this place only. Valid until `clear`. */
  seal(identity: Identity, offset: number, firstLsn: Lsn, durableLsn: Lsn): Uint8Array {
    assert(this.#count > 0, "a batch holds records");
    assert(durableLsn < firstLsn, "what is not written is not durable");
    const sizeBytes = this.sizeBytes;
    this.#bytes.fill(0, this.#end, sizeBytes);
    describeBatch(this.#bytes, this.payloadBytes, this.#count, firstLsn);
    stampBatch(this.#bytes, 0, sizeBytes, { identity, offset, durableLsn });
    return this.#bytes.subarray(0, sizeBytes);
  }

  forEachRecord(visit: (bytes: Uint8Array, start: number, end: number) => void): void {
    for (let at = BATCH_HEADER_BYTES; at < this.#end;) {
      const start = at + RECORD_PREFIX_BYTES;
      at = start + readU32(this.#bytes, at);
      visit(this.#bytes, start, at);
    }
  }

  resolve(firstLsn: Lsn): void {
    for (let i = 0; i < this.#waiters; i++) this.#resolves[i]!(firstLsn + this.#places[i]!);
  }

  reject(error: unknown): void {
    for (let i = 0; i < this.#waiters; i++) this.#rejects[i]!(error);
  }

  clear(): void {
    this.#end = BATCH_HEADER_BYTES;
    this.#count = 0;
    this.#waiters = 0;
  }

  /** Where the bytes of a record begin that is as long as this. */
  #begin(sizeBytes: number): number {
    const start = this.#end + RECORD_PREFIX_BYTES;
    assert(alignedBytes(start + sizeBytes) <= this.#bytes.length, "there is room, see reserve");
    writeU32(this.#bytes, this.#end, sizeBytes);
    return start;
  }

  #finish(end: number): void {
    this.#end = end;
    this.#count++;
  }
}
