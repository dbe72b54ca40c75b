import { writeU32 } from "../bytes/index.js";
import { assert } from "../env/index.js";
import type { WalError } from "./errors.js";
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

/**
 * A batch that is being filled: its bytes as they will stand in the file, and who waits for which record of
 * it. Used again and again, so that an append costs one copy and its promise.
 */
export class PendingBatch {
  #bytes = new Uint8Array(FIRST_CAPACITY_BYTES);
  #end = BATCH_HEADER_BYTES;
  #count = 0;
  /** For each who waits: the place of the last record in the batch, and what to call. */
  #places: number[] = [];
  #resolves: ((lsn: Lsn) => void)[] = [];
  #rejects: ((error: WalError) => void)[] = [];

  get count(): number {
    return this.#count;
  }

  get payloadBytes(): number {
    return this.#end - BATCH_HEADER_BYTES;
  }

  get sizeBytes(): number {
    return alignedBytes(this.#end);
  }

  get isReusable(): boolean {
    return this.#bytes.length <= KEPT_CAPACITY_BYTES;
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
    const start = this.#end + RECORD_PREFIX_BYTES;
    const end = start + record.length;
    assert(alignedBytes(end) <= this.#bytes.length, "there is room, see reserve");
    writeU32(this.#bytes, this.#end, record.length);
    this.#bytes.set(record, start);
    this.#end = end;
    this.#count++;
  }

  /** Who added the last record waits for it: `resolve` gets its LSN. */
  expect(resolve: (lsn: Lsn) => void, reject: (error: WalError) => void): void {
    this.#places.push(this.#count - 1);
    this.#resolves.push(resolve);
    this.#rejects.push(reject);
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

  resolve(firstLsn: Lsn): void {
    for (let i = 0; i < this.#places.length; i++) this.#resolves[i]!(firstLsn + this.#places[i]!);
  }

  reject(error: WalError): void {
    for (const reject of this.#rejects) reject(error);
  }

  clear(): void {
    this.#end = BATCH_HEADER_BYTES;
    this.#count = 0;
    this.#places.length = 0;
    this.#resolves.length = 0;
    this.#rejects.length = 0;
  }
}
