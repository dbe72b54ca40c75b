import { assert } from "#engines/env/index.js";
import { Write, type Era } from "./era.js";
import { isWithin, textOfKey, type TextRange } from "./key-text.js";
import type { StoreChange, StoreOperation } from "./types.js";

/** One value that a write put somewhere. */
export interface WrittenValue {
  readonly write: Write;
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** Every write that was ever asked for, whatever became of it. */
export class Ledger {
  readonly #idOf: (value: Uint8Array) => number;
  /** What was put, by the id that it claims. */
  readonly #values: Map<number, WrittenValue> = new Map();
  readonly #writes: Map<StoreOperation, Write> = new Map();
  readonly #keys: Set<string> = new Set();

  constructor(idOf: (value: Uint8Array) => number) {
    this.#idOf = idOf;
  }

  /** Where a key comes twice the later change counts. */
  enter(operation: StoreOperation, changes: readonly StoreChange[], era: Era): void {
    const byKey = new Map(changes.map(({ key, value }) => [textOfKey(key), value] as const));
    const write = new Write(operation, byKey, era);
    era.writes.push(write);
    this.#writes.set(operation, write);
    for (const { key, value } of changes) {
      const text = textOfKey(key);
      this.#keys.add(text);
      if (value !== undefined) this.#values.set(this.#idOf(value), { write, key: text, bytes: value });
    }
  }

  /** A key that somebody has asked for. */
  noteKey(key: string): void {
    this.#keys.add(key);
  }

  keysWithin(range: TextRange): string[] {
    return [...this.#keys].filter((key) => isWithin(range, key));
  }

  writeOf(operation: StoreOperation): Write {
    const write = this.#writes.get(operation);
    assert(write !== undefined, "only a write is answered as one");
    return write;
  }

  /** The value that this one claims to be, whatever its bytes. */
  claimed(value: Uint8Array): WrittenValue | undefined {
    return this.#values.get(this.#idOf(value));
  }

  /** A write without an answer that was seen has happened. */
  noteSeen(value: Uint8Array, sequence: number): void {
    const write = this.claimed(value)?.write;
    if (write?.isUndecided !== true) return;
    write.seenAt = Math.min(write.seenAt ?? sequence, sequence);
  }
}
