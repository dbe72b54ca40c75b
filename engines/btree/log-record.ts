/** The log record of a batch: the changes of pages that it made, in order. FORMAT.md has the picture. */
import { readVarint, varintLength, writeVarint } from "../bytes/index.js";
import {
  decodePageOp,
  encodePageOp,
  pageOpBytes,
  STATE_PAGE,
  type PageId,
  type PageOp,
} from "./page/index.js";

const VERSION = 1;
const MAX_PAGE_ID = 0xffff_ffff;
const FIRST_CAPACITY_BYTES = 16 * 1024;
/** A buffer that one huge group made larger than this is not kept. */
const KEPT_CAPACITY_BYTES = 4 * 1024 * 1024;
const KEPT_RECORDS = 64 * 1024;

/** Writes the records of a group of batches, one behind the other, into a buffer that is used again. */
export class RecordWriter {
  #bytes = new Uint8Array(FIRST_CAPACITY_BYTES);
  #end = 0;
  /** Where each of the records ends; the array keeps its length, to be filled again. */
  readonly #ends: number[] = [];
  #count = 0;

  /** Begins the first record, or the next one. */
  begin(): void {
    this.#reserve(1);
    this.#bytes[this.#end++] = VERSION;
  }

  add(page: PageId, op: PageOp): void {
    this.#reserve(varintLength(page) + pageOpBytes(op));
    this.#end = encodePageOp(op, this.#bytes, writeVarint(this.#bytes, this.#end, page));
  }

  end(): void {
    this.#ends[this.#count++] = this.#end;
  }

  /** Those that were ended; views, valid until `clear`. */
  records(): Uint8Array[] {
    const records: Uint8Array[] = [];
    for (let i = 0, start = 0; i < this.#count; i++) {
      const end = this.#ends[i]!;
      records.push(this.#bytes.subarray(start, end));
      start = end;
    }
    return records;
  }

  get sizeBytes(): number {
    return this.#end;
  }

  clear(): void {
    if (this.#bytes.length > KEPT_CAPACITY_BYTES) this.#bytes = new Uint8Array(FIRST_CAPACITY_BYTES);
    if (this.#ends.length > KEPT_RECORDS) this.#ends.length = 0;
    this.#end = 0;
    this.#count = 0;
  }

  #reserve(bytes: number): void {
    const needed = this.#end + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = larger;
  }
}

/** One change of a record. */
export interface PageChange {
  readonly page: PageId;
  readonly op: PageOp;
}

/** What a record says; its bytes are views. Undefined for bytes that `RecordWriter` never writes. */
export function decodeRecord(record: Uint8Array): PageChange[] | undefined {
  if (record[0] !== VERSION) return undefined;
  const changes: PageChange[] = [];
  let at = 1;
  while (at < record.length) {
    const page = readVarint(record, at);
    if (page < STATE_PAGE || page > MAX_PAGE_ID) return undefined;
    const decoded = decodePageOp(record, at + varintLength(page));
    if (decoded === undefined) return undefined;
    changes.push({ page, op: decoded.op });
    at = decoded.next;
  }
  return changes;
}
