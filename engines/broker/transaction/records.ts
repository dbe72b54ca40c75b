/** Records of transactional ids, see FORMAT.md. */
import { ByteReader, encodeWith, type Sink } from "../../bytes/index.js";
import { BrokerError } from "../errors.js";
import {
  putFlag,
  putList,
  putOptional,
  putPartition,
  readFlag,
  readList,
  readOptional,
  readPartition,
} from "../protocol/fields.js";
import type { ProducerIdentity } from "../protocol/transaction-types.js";
import type { NewRecord } from "../record/index.js";
import type { StoredTransaction, TransactionState } from "./types.js";

const TRANSACTION = 1;
const VERSION = 1;

/** In the order of their numbers. */
const STATES: readonly TransactionState[] = [
  "empty",
  "ongoing",
  "prepare-commit",
  "prepare-abort",
  "complete-commit",
  "complete-abort",
];

/** `stored` undefined: a tombstone. */
export function transactionRecord(
  transactionalId: string,
  stored: StoredTransaction | undefined,
  timestampMs: number,
): NewRecord {
  const key = encode((sink) => {
    sink.integer(TRANSACTION);
    sink.text(transactionalId);
  });
  if (stored === undefined) return { key, value: null, timestampMs };
  const value = encode((sink) => {
    sink.integer(VERSION);
    sink.integer(STATES.indexOf(stored.state));
    putIdentity(sink, stored.producer);
    putOptional(sink, stored.next, putIdentity);
    putFlag(sink, stored.isFenced);
    sink.integer(stored.timeoutUs);
    putList(sink, stored.partitions, putPartition);
  });
  return { key, value, timestampMs };
}

/** The transactional id. Throws LOG_DAMAGED. */
export function readKey(bytes: Uint8Array): string {
  const reader = new ByteReader(bytes, "the key of a transaction's record", damaged);
  const type = reader.integer();
  if (type !== TRANSACTION) reader.fail("a known kind of record", `${type}`);
  return reader.text();
}

/** Throws LOG_DAMAGED. Fields that are added at the end are passed over; a version changes where the rest is another. */
export function readValue(bytes: Uint8Array): StoredTransaction {
  const reader = new ByteReader(bytes, "the value of a transaction's record", damaged);
  if (reader.integer() !== VERSION) reader.fail(`version ${VERSION}`, "another");
  const state = STATES[reader.integer()] ?? reader.fail("a known state", "another");
  const producer = readIdentity(reader);
  const next = readOptional(reader, readIdentity);
  const [isFenced, timeoutUs] = [readFlag(reader), reader.integer()];
  return { state, producer, next, isFenced, timeoutUs, partitions: readList(reader, readPartition) };
}

function putIdentity(sink: Sink, { producerId, producerEpoch }: ProducerIdentity): void {
  sink.integer(producerId);
  sink.integer(producerEpoch);
}

function readIdentity(reader: ByteReader): ProducerIdentity {
  return { producerId: reader.integer(), producerEpoch: reader.integer() };
}

function encode(put: (sink: Sink) => void): Uint8Array {
  return encodeWith(put, undefined, unwritable);
}

function damaged(expected: string, found: string, where: string): BrokerError {
  const todo = "restore the partition from a replica";
  return new BrokerError("LOG_DAMAGED", { expected, found, where, todo });
}

function unwritable(expected: string, found: string, where: string): BrokerError {
  return new BrokerError("INVALID_REQUEST", { expected, found, where, todo: "use well-formed text" });
}
