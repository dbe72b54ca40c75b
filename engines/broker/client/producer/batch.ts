import { assert } from "../../../env/index.js";
import type { BrokerErrorCode } from "../../errors.js";
import type { ProduceResponse } from "../../protocol/index.js";
import { BATCH_HEADER_BYTES, encodeBatch, type ProducerStamp } from "../../record/index.js";
import type { Offset } from "../../types.js";
import type { Attempt } from "../attempt.js";
import type { PendingRecord } from "./pending-record.js";

/** What a batch is once it may be in a log: its bytes stay the same in all attempts, so that brokers see that they are one. */
interface Numbered {
  /** Counts the batches of the partition in the order in which they got their sequences. */
  readonly ordinal: number;
  readonly bytes: Uint8Array;
}

/** Records of one partition that are sent, and end, together. */
export class Batch {
  readonly records: PendingRecord[] = [];
  readonly createdAtUs: number;
  sizeBytes: number = BATCH_HEADER_BYTES;
  /** It takes no more records. */
  isFull = false;
  attempt: Attempt<ProduceResponse> | undefined;
  /** Whether the attempt under way, or the last one, was sent with nothing unresolved before it. */
  wasFirst = false;
  /** Whether an attempt was made whose answer, or whose lack of one, does not exclude that it was or will be appended. */
  isUncertain = false;
  #numbered: Numbered | undefined;

  constructor(createdAtUs: number) {
    this.createdAtUs = createdAtUs;
  }

  /** When its oldest record has been waited for long enough. */
  get deadlineUs(): number {
    return this.records[0]!.deadlineUs;
  }

  get numbered(): Numbered {
    assert(this.#numbered !== undefined, "what is sent has a sequence");
    return this.#numbered;
  }

  accepts(sizeBytes: number, batchBytes: number): boolean {
    return !this.isFull && (this.records.length === 0 || this.sizeBytes + sizeBytes <= batchBytes);
  }

  add(record: PendingRecord): void {
    assert(!this.isFull && this.#numbered === undefined, "a batch grows only until it is sent");
    this.records.push(record);
    this.sizeBytes += record.sizeBytes;
  }

  number(ordinal: number, stamp: ProducerStamp, isTransactional: boolean): void {
    assert(this.#numbered === undefined, "a batch has one place in the order at a time");
    this.isFull = true;
    const records = this.records.map(({ record }) => record);
    this.#numbered = { ordinal, bytes: encodeBatch(records, stamp, isTransactional) };
  }

  /** It is in no log, and what was sent of it will be in none: it may get another sequence. */
  withdraw(): void {
    this.cancel();
    this.isUncertain = false;
    this.#numbered = undefined;
  }

  cancel(): void {
    const { attempt } = this;
    this.attempt = undefined;
    attempt?.cancel();
  }

  acknowledge(partition: number, baseOffset: Offset | undefined): void {
    for (const [index, record] of this.records.entries()) {
      record.acknowledge(partition, baseOffset === undefined ? undefined : baseOffset + index);
    }
  }

  fail(code: BrokerErrorCode, found: string): void {
    for (const record of this.records) record.fail(code, this.isUncertain ? "unknown" : "failed", found);
  }
}
