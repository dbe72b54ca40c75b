import { BrokerError } from "../errors.js";
import { encodeControl } from "./encode.js";
import { recordsOf } from "./decode.js";
import { readBatchHeader } from "./header.js";
import { readI16, readI32, writeI16, writeI32 } from "./numbers.js";
import { NONE, type TransactionMarker } from "./types.js";

/** Of key and value: both begin with it. */
const VERSION = 0;
const ABORT = 0;
const COMMIT = 1;
const KEY_BYTES = 4;
const VALUE_BYTES = 6;

const EPOCH_MAX = 0x7fff;
const COORDINATOR_EPOCH_MAX = 0x7fff_ffff;

/**
 * The control batch that ends a transaction (KIP-98), for a leader to give offset and epoch. Throws INVALID_REQUEST where
 * a number does not fit.
 */
export function encodeMarker(marker: TransactionMarker, timestampMs: number): Uint8Array {
  checkRange(marker.producerId, Number.MAX_SAFE_INTEGER);
  checkRange(marker.producerEpoch, EPOCH_MAX);
  checkRange(marker.coordinatorEpoch, COORDINATOR_EPOCH_MAX);
  const key = new Uint8Array(KEY_BYTES);
  writeI16(key, 0, VERSION);
  writeI16(key, 2, marker.isCommit ? COMMIT : ABORT);
  const value = new Uint8Array(VALUE_BYTES);
  writeI16(value, 0, VERSION);
  writeI32(value, 2, marker.coordinatorEpoch);
  const { producerId, producerEpoch } = marker;
  return encodeControl({ key, value, timestampMs }, { producerId, producerEpoch, baseSequence: NONE });
}

/**
 * What the control batch at `at` says. The batch must be whole (`batchProblem`); throws CORRUPT_MESSAGE where it holds
 * anything but one marker. Longer values are those of a later version, which begin the same.
 */
export function markerOf(bytes: Uint8Array, at: number): TransactionMarker {
  const { producerId, producerEpoch, baseOffset, isControl } = readBatchHeader(bytes, at);
  const [record, ...more] = recordsOf(bytes, at);
  const key = record?.key ?? new Uint8Array(0);
  const value = record?.value ?? new Uint8Array(0);
  const isMarker =
    isControl &&
    more.length === 0 &&
    Number.isSafeInteger(producerId) &&
    producerId >= 0 &&
    producerEpoch >= 0 &&
    key.length >= KEY_BYTES &&
    value.length >= VALUE_BYTES &&
    readI16(key, 0) >= VERSION &&
    readI16(value, 0) >= VERSION;
  const type = isMarker ? readI16(key, 2) : NONE;
  if (type !== ABORT && type !== COMMIT) throw noMarker(baseOffset);
  return { producerId, producerEpoch, isCommit: type === COMMIT, coordinatorEpoch: readI32(value, 2) };
}

function checkRange(value: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= 0 && value <= max) return;
  throw new BrokerError("INVALID_REQUEST", {
    expected: `an integer from 0 to ${max}`,
    found: String(value),
    where: "a marker of a transaction",
    todo: "give the producer's id and epoch, and the coordinator's epoch",
  });
}

function noMarker(baseOffset: number): BrokerError {
  return new BrokerError("CORRUPT_MESSAGE", {
    expected: "a marker that commits or aborts",
    found: "another control batch",
    where: `the batch at offset ${baseOffset}`,
    todo: "look at what wrote it",
  });
}
