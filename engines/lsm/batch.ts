import { type Slab, copyBytes, readVarint, varintLength, writeVarint } from "../bytes/index.js";
import { assert } from "../env/index.js";
import type { WriteOperation } from "../store/index.js";
import type { RecordSource } from "../wal/index.js";
import { PUT, TOMBSTONE, type EntryKind } from "./cursor.js";

const VERSION = 1;
const NOT_VALID = -1;

/** What one operation of a record says, as places in its bytes. A tombstone's value is empty. */
export type VisitOperation = (
  bytes: Uint8Array,
  kind: EntryKind,
  keyStart: number,
  keyEnd: number,
  valueStart: number,
  valueEnd: number,
) => void;

/**
 * The log record of a batch of at least one operation, which `checkBatch` has accepted: a version byte and the number
 * of operations; for each its kind (a byte), its key, and a put's value. Numbers are varints, and the bytes of a key
 * or a value stand behind their length. Every batch has one record, and every record one batch. With a slab, the
 * record is a part of it.
 */
export function encodeBatch(batch: readonly WriteOperation[], slab?: Slab): Uint8Array {
  assert(batch.length > 0, "a batch has at least one operation");
  const sizeBytes = recordBytes(batch);
  const record = slab === undefined ? new Uint8Array(sizeBytes) : slab.take(sizeBytes);
  const end = writeRecord(batch, record, 0);
  assert(end === record.length, "a record is as long as what was counted");
  return record;
}

/** What `encodeBatch` gives, made where the log wants it. Used again for each batch. */
export class BatchSource implements RecordSource {
  sizeBytes: number = 0;
  #batch: readonly WriteOperation[] = [];

  /** What it is the record of, until the next call. */
  of(batch: readonly WriteOperation[]): this {
    assert(batch.length > 0, "a batch has at least one operation");
    this.#batch = batch;
    this.sizeBytes = recordBytes(batch);
    return this;
  }

  writeTo(bytes: Uint8Array, at: number): number {
    return writeRecord(this.#batch, bytes, at);
  }
}

/**
 * Visits the operations of a record in their order. False, and nothing is visited, for bytes that `encodeBatch`
 * never writes: nothing of a damaged batch may take effect.
 */
export function forEachOperation(record: Uint8Array, visit: VisitOperation): boolean {
  if (!isRecord(record)) return false;
  forEachOperationAt(record, 0, visit);
  return true;
}

/** Visits the operations of the record that begins at `start`, which is one that `encodeBatch` or `BatchSource` has made. */
export function forEachOperationAt(bytes: Uint8Array, start: number, visit: VisitOperation): void {
  const count = readVarint(bytes, start + 1);
  let at = start + 1 + varintLength(count);
  for (let i = 0; i < count; i++) {
    const kind: EntryKind = bytes[at] === PUT ? PUT : TOMBSTONE;
    const keyLength = readVarint(bytes, at + 1);
    const keyStart = at + 1 + varintLength(keyLength);
    const keyEnd = keyStart + keyLength;
    if (kind === TOMBSTONE) {
      visit(bytes, kind, keyStart, keyEnd, keyEnd, keyEnd);
      at = keyEnd;
      continue;
    }
    const valueLength = readVarint(bytes, keyEnd);
    const valueStart = keyEnd + varintLength(valueLength);
    at = valueStart + valueLength;
    visit(bytes, kind, keyStart, keyEnd, valueStart, at);
  }
}

function writeRecord(batch: readonly WriteOperation[], bytes: Uint8Array, start: number): number {
  bytes[start] = VERSION;
  let at = writeVarint(bytes, start + 1, batch.length);
  for (let i = 0; i < batch.length; i++) {
    const operation = batch[i]!;
    const isPut = operation.type === "put";
    bytes[at] = isPut ? PUT : TOMBSTONE;
    at = writeBytes(bytes, at + 1, operation.key);
    if (isPut) at = writeBytes(bytes, at, operation.value);
  }
  return at;
}

function recordBytes(batch: readonly WriteOperation[]): number {
  let size = 1 + varintLength(batch.length);
  for (let i = 0; i < batch.length; i++) {
    const operation = batch[i]!;
    const { key } = operation;
    size += 1 + varintLength(key.length) + key.length;
    if (operation.type !== "put") continue;
    const { value } = operation;
    size += varintLength(value.length) + value.length;
  }
  return size;
}

function writeBytes(record: Uint8Array, at: number, bytes: Uint8Array): number {
  return copyBytes(record, writeVarint(record, at, bytes.length), bytes, 0, bytes.length);
}

function isRecord(record: Uint8Array): boolean {
  if (record[0] !== VERSION) return false;
  const count = readVarint(record, 1);
  if (count < 1) return false;
  let at = 1 + varintLength(count);
  // Ends at the first that is not there, so that a wild count costs nothing.
  for (let i = 0; i < count; i++) {
    const kind = record[at];
    if (kind !== PUT && kind !== TOMBSTONE) return false;
    at = endOfBytes(record, at + 1);
    if (at !== NOT_VALID && kind === PUT) at = endOfBytes(record, at);
    if (at === NOT_VALID) return false;
  }
  return at === record.length;
}

/** Where the bytes end whose length stands at `at`. */
function endOfBytes(record: Uint8Array, at: number): number {
  const length = readVarint(record, at);
  if (length < 0) return NOT_VALID;
  const end = at + varintLength(length) + length;
  return end <= record.length ? end : NOT_VALID;
}
