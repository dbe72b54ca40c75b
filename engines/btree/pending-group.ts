import { copyBytes } from "../bytes/index.js";
import type { Sequence, StoreError, WriteOperation } from "../store/index.js";
import {
  CELL_BYTES_BESIDE,
  keyEnd,
  keyStart,
  valueStart,
  valueHeader,
  writeInlineCell,
} from "./page/index.js";

const FIRST_CAPACITY_BYTES = 16 * 1024;
/** A buffer that one huge batch made larger than this is not kept. */
const KEPT_CAPACITY_BYTES = 4 * 1024 * 1024;
/** Nor is one whose arrays a group of many small batches made longer. */
const KEPT_OPERATIONS = 64 * 1024;
/** In place of a value's length: a deletion has none. */
const NO_VALUE = -1;

/**
 * Batches that wait to be written together: their entries as cells of a leaf, one behind the other, and who waits for
 * which. Used again and again, so that a write costs its copies and its promise; the arrays keep their length for that,
 * since what is cut off an array has to be allocated again.
 */
export class PendingGroup {
  #bytes = new Uint8Array(FIRST_CAPACITY_BYTES);
  #end = 0;
  #sizeBytes = 0;
  #operations = 0;
  #batches = 0;
  /** For each operation: where its cell ends, or the key where it is a deletion; and the length of its value. */
  readonly #ends: number[] = [];
  readonly #valueBytes: number[] = [];
  /** For each batch: how many operations there are up to its end. */
  readonly #operationEnds: number[] = [];
  readonly #resolves: ((sequence: Sequence) => void)[] = [];
  readonly #rejects: ((error: unknown) => void)[] = [];

  get batches(): number {
    return this.#batches;
  }

  get operations(): number {
    return this.#operations;
  }

  /** Keys and values. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get isReusable(): boolean {
    return this.#bytes.length <= KEPT_CAPACITY_BYTES && this.#ends.length <= KEPT_OPERATIONS;
  }

  /** Makes room for so many operations, whose keys and values take so much. */
  reserve(operations: number, bytes: number): void {
    const needed = this.#end + bytes + operations * CELL_BYTES_BESIDE;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = larger;
  }

  /** There is room for it, as for what the other calls add. */
  put(key: Uint8Array, value: Uint8Array): void {
    this.#sizeBytes += key.length + value.length;
    this.#add(writeInlineCell(this.#bytes, this.#end, key, value), value.length);
  }

  delete(key: Uint8Array): void {
    this.#sizeBytes += key.length;
    this.#add(copyBytes(this.#bytes, this.#end, key, 0, key.length), NO_VALUE);
  }

  add(operation: WriteOperation): void {
    if (operation.type === "put") this.put(operation.key, operation.value);
    else this.delete(operation.key);
  }

  /** Ends the batch; who gave it waits for it. */
  expect(resolve: (sequence: Sequence) => void, reject: (error: unknown) => void): void {
    this.#operationEnds[this.#batches] = this.#operations;
    this.#resolves[this.#batches] = resolve;
    this.#rejects[this.#batches] = reject;
    this.#batches++;
  }

  /** The number of the first operation behind this batch. */
  operationsEnd(batch: number): number {
    return this.#operationEnds[batch]!;
  }

  /** A view. */
  key(operation: number): Uint8Array {
    const start = this.#start(operation);
    if (this.isDeletion(operation)) return this.#bytes.subarray(start, this.#ends[operation]);
    return this.#bytes.subarray(keyStart(this.#bytes, start), keyEnd(this.#bytes, start));
  }

  isDeletion(operation: number): boolean {
    return this.#valueBytes[operation] === NO_VALUE;
  }

  /** Of an operation that is no deletion. */
  valueBytes(operation: number): number {
    return this.#valueBytes[operation]!;
  }

  /** Its key and its value as a leaf has them; a view. It may be longer than a leaf allows. */
  cell(operation: number): Uint8Array {
    return this.#bytes.subarray(this.#start(operation), this.#ends[operation]);
  }

  /** A view. */
  value(operation: number): Uint8Array {
    const at = keyEnd(this.#bytes, this.#start(operation));
    return this.#bytes.subarray(valueStart(valueHeader(this.#bytes, at), at), this.#ends[operation]);
  }

  resolve(firstSequence: Sequence): void {
    for (let i = 0; i < this.#batches; i++) this.#resolves[i]!(firstSequence + i);
  }

  /** Tells all who wait. */
  reject(error: StoreError): void {
    for (let i = 0; i < this.#batches; i++) this.#rejects[i]!(error);
  }

  clear(): void {
    this.#end = 0;
    this.#sizeBytes = 0;
    this.#operations = 0;
    this.#batches = 0;
  }

  #add(end: number, valueBytes: number): void {
    this.#end = end;
    this.#ends[this.#operations] = end;
    this.#valueBytes[this.#operations] = valueBytes;
    this.#operations++;
  }

  #start(operation: number): number {
    return operation === 0 ? 0 : this.#ends[operation - 1]!;
  }
}
