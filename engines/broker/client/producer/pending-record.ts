import type { BrokerErrorCode } from "../../errors.js";
import type { NewRecord, RecordHeader } from "../../record/index.js";
import type { Offset } from "../../types.js";
import { ProducerError, type ProducerOutcome } from "../errors.js";

/** What `Producer.send` takes. */
export interface OutgoingRecord {
  readonly topic: string;
  /** Undefined: by the key; without one, wherever a batch is being filled. */
  readonly partition?: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: readonly RecordHeader[];
  /** Milliseconds since 1970; this machine's time unless given. */
  readonly timestampMs?: number;
}

/** Where a record is. */
export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  /** Undefined where nobody says: with `acks` 0, and where only what came behind it was acknowledged. */
  readonly offset: Offset | undefined;
}

/** At most so many bytes of a record are not its key, its value or its headers. */
const RECORD_OVERHEAD_BYTES = 40;
const HEADER_OVERHEAD_BYTES = 10;
/** Of a UTF-16 unit in UTF-8. */
const MAX_UNIT_BYTES = 3;

/** Where sending it again, or reading the partition, helps nobody. */
const REMEDIES: ReadonlyMap<BrokerErrorCode, string> = new Map<BrokerErrorCode, string>([
  ["UNKNOWN_TOPIC_OR_PARTITION", "create the topic, or correct its name"],
  ["MESSAGE_TOO_LARGE", "send less at a time"],
  ["INVALID_REQUEST", "correct the call"],
  ["INVALID_TXN_STATE", "begin a transaction first"],
  ["TRANSACTION_ABORTABLE", "abort the transaction, and do all of it again"],
  ["PRODUCER_FENCED", "leave it to the producer that was opened since"],
  ["CLOSED", "open another producer"],
]);

/** Never less than the record takes in a batch. */
function sizeOf({ key, value, headers = [] }: OutgoingRecord): number {
  let sizeBytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const header of headers) {
    sizeBytes += HEADER_OVERHEAD_BYTES + MAX_UNIT_BYTES * header.key.length + (header.value?.length ?? 0);
  }
  return sizeBytes;
}

/** A record from `send` to its end. */
export class PendingRecord {
  readonly topic: string;
  /** As the caller wishes. */
  readonly partition: number | undefined;
  readonly record: NewRecord;
  readonly sizeBytes: number;
  readonly deadlineUs: number;
  readonly promise: Promise<RecordPlace>;
  /** Whether it takes room in the buffer. */
  isInside = false;
  /** Whether the transaction that is open lacks a record where this one fails. */
  isInTransaction = false;
  readonly #onEnd: (record: PendingRecord, failure: BrokerErrorCode | undefined) => void;
  #resolve!: (place: RecordPlace) => void;
  #reject!: (error: ProducerError) => void;
  #hasEnded = false;

  constructor(
    outgoing: OutgoingRecord,
    timestampMs: number,
    deadlineUs: number,
    onEnd: (record: PendingRecord, failure: BrokerErrorCode | undefined) => void,
  ) {
    const { topic, partition, key, value, headers } = outgoing;
    this.topic = topic;
    this.partition = partition;
    this.record = { key, value, timestampMs, ...(headers === undefined ? {} : { headers }) };
    this.sizeBytes = sizeOf(outgoing);
    this.deadlineUs = deadlineUs;
    this.#onEnd = onEnd;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  acknowledge(partition: number, offset: Offset | undefined): void {
    if (this.#end(undefined)) this.#resolve({ topic: this.topic, partition, offset });
  }

  fail(code: BrokerErrorCode, outcome: ProducerOutcome, found: string): void {
    if (!this.#end(code)) return;
    const usual = outcome === "failed" ? "send it again" : "read the partition to find out";
    const todo = REMEDIES.get(code) ?? usual;
    const where = `a record for ${this.topic}`;
    this.#reject(new ProducerError(code, outcome, { expected: "an acknowledgement", found, where, todo }));
  }

  /** With `acks` 0 a record ends when it is sent, and what comes of its batch is nothing to it. */
  #end(failure: BrokerErrorCode | undefined): boolean {
    if (this.#hasEnded) return false;
    this.#hasEnded = true;
    this.#onEnd(this, failure);
    return true;
  }
}
