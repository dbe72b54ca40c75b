import type { Sequence, StoreError, WriteOperation } from "../store/index.js";

const FIRST_CAPACITY_BYTES = 16 * 1024;
/** A buffer that one huge batch made larger than this is not kept. */
const KEPT_CAPACITY_BYTES = 4 * 1024 * 1024;
/** In place of where a value ends: a deletion has none. */
const NO_VALUE = -1;

/**
 * Batches that wait to be written together: copies of their keys and values one behind the other, and who waits for
 * which. Used again and again, so that a write costs its copies and its promise.
 */
export class PendingGroup {
  #bytes = new Uint8Array(FIRST_CAPACITY_BYTES);
  #end = 0;
  readonly #keyEnds: number[] = [];
  readonly #valueEnds: number[] = [];
  /** For each batch: how many operations there are up to its end. */
  readonly #operationEnds: number[] = [];
  readonly #resolves: ((sequence: Sequence) => void)[] = [];
  readonly #rejects: ((error: unknown) => void)[] = [];

  get batches(): number {
    return this.#operationEnds.length;
  }

  get operations(): number {
    return this.#keyEnds.length;
  }

  /** Keys and values. */
  get sizeBytes(): number {
    return this.#end;
  }

  get isReusable(): boolean {
    return this.#bytes.length <= KEPT_CAPACITY_BYTES;
  }

  /** Makes room for keys and values that take so much. */
  reserve(bytes: number): void {
    const needed = this.#end + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = larger;
  }

  /** There is room for it, as for what the other calls add. */
  put(key: Uint8Array, value: Uint8Array): void {
    const keyEnd = this.#end + key.length;
    this.#bytes.set(key, this.#end);
    this.#bytes.set(value, keyEnd);
    this.#end = keyEnd + value.length;
    this.#keyEnds.push(keyEnd);
    this.#valueEnds.push(this.#end);
  }

  delete(key: Uint8Array): void {
    this.#bytes.set(key, this.#end);
    this.#end += key.length;
    this.#keyEnds.push(this.#end);
    this.#valueEnds.push(NO_VALUE);
  }

  add(operation: WriteOperation): void {
    if (operation.type === "put") this.put(operation.key, operation.value);
    else this.delete(operation.key);
  }

  /** Ends the batch; who gave it waits for it. */
  expect(resolve: (sequence: Sequence) => void, reject: (error: unknown) => void): void {
    this.#operationEnds.push(this.#keyEnds.length);
    this.#resolves.push(resolve);
    this.#rejects.push(reject);
  }

  /** The number of the first operation behind this batch. */
  operationsEnd(batch: number): number {
    return this.#operationEnds[batch]!;
  }

  /** A view. */
  key(operation: number): Uint8Array {
    return this.#bytes.subarray(this.#start(operation), this.#keyEnds[operation]);
  }

  /** A view; undefined for a deletion. */
  value(operation: number): Uint8Array | undefined {
    const end = this.#valueEnds[operation]!;
    return end === NO_VALUE ? undefined : this.#bytes.subarray(this.#keyEnds[operation], end);
  }

  resolve(firstSequence: Sequence): void {
    for (let i = 0; i < this.#resolves.length; i++) this.#resolves[i]!(firstSequence + i);
  }

  /** Tells all who wait. */
  reject(error: StoreError): void {
    for (const reject of this.#rejects) reject(error);
  }

  clear(): void {
    this.#end = 0;
    this.#keyEnds.length = 0;
    this.#valueEnds.length = 0;
    this.#operationEnds.length = 0;
    this.#resolves.length = 0;
    this.#rejects.length = 0;
  }

  #start(operation: number): number {
    if (operation === 0) return 0;
    const end = this.#valueEnds[operation - 1]!;
    return end === NO_VALUE ? this.#keyEnds[operation - 1]! : end;
  }
}
