import { assert, type Random } from "../env/index.js";
import type { Sequence } from "../store/index.js";
import { forEachOperation, forEachOperationAt } from "./batch.js";
import type { Cursor, EntryKind, Found } from "./cursor.js";
import { Memtable } from "./memtable/index.js";

/** A memtable that is full: it waits to be written to a table. */
export interface Immutable {
  readonly memtable: Memtable;
  /** It holds every batch up to this one that is in no table and no older memtable. */
  readonly lastSequence: Sequence;
}

/**
 * The memtables: the one that is written to, and those that wait to be written to tables. Batches are added first, and
 * published when they are durable: what is in between is in the one that is written to, and nobody sees it.
 */
export class Memtables {
  /** Keys, values and operations that were added so far. */
  addedBytes: number = 0;
  addedOperations: number = 0;
  readonly #random: Random;
  readonly #limitBytes: number;
  readonly #maxImmutables: number;
  #active: Memtable;
  /** The oldest first. A new array with each change, so that who took it may go on using it. */
  #immutables: readonly Immutable[] = [];
  #lastSequence: Sequence;
  /** The batch that is being added, or was added last. */
  #addedSequence: Sequence;

  /** `lastSequence`: of the last batch that is in tables. */
  constructor(
    random: Random,
    limits: { readonly memtableBytes: number; readonly maxImmutables: number },
    lastSequence: Sequence,
  ) {
    this.#random = random;
    this.#lastSequence = lastSequence;
    this.#addedSequence = lastSequence;
    this.#limitBytes = limits.memtableBytes;
    this.#maxImmutables = limits.maxImmutables;
    this.#active = new Memtable(random);
  }

  /** Of the last batch that was published: what reads see. */
  get lastSequence(): Sequence {
    return this.#lastSequence;
  }

  /** Whether the active one holds batches that nobody may see yet. It can't give way before they are published. */
  get hasUnpublished(): boolean {
    return this.#addedSequence > this.#lastSequence;
  }

  get active(): Memtable {
    return this.#active;
  }

  get immutables(): readonly Immutable[] {
    return this.#immutables;
  }

  get oldest(): Immutable | undefined {
    return this.#immutables[0];
  }

  /** Whether the active one has to give way before more is written. */
  get isActiveFull(): boolean {
    return this.#active.sizeBytes >= this.#limitBytes && !this.#active.isEmpty;
  }

  get hasRoomForImmutable(): boolean {
    return this.#immutables.length < this.#maxImmutables;
  }

  get sizeBytes(): number {
    return this.#immutables.reduce((sum, { memtable }) => sum + memtable.sizeBytes, this.#active.sizeBytes);
  }

  /**
   * Adds and publishes the batch of a log record that was read. False where the record is none that a batch has; then
   * nothing has changed.
   */
  replay(sequence: Sequence, record: Uint8Array): boolean {
    this.#begin(sequence);
    const isBatch = forEachOperation(record, this.#addOperation);
    this.#addedSequence = isBatch ? sequence : this.#lastSequence;
    this.#lastSequence = this.#addedSequence;
    return isBatch;
  }

  /** Adds the batch whose record begins at `start`; the store has made it. Nobody sees it before it is published. */
  add(sequence: Sequence, bytes: Uint8Array, start: number): void {
    this.#begin(sequence);
    forEachOperationAt(bytes, start, this.#addOperation);
  }

  /** From now on reads see all that was added. `sequence`: of the last batch. */
  publish(sequence: Sequence): void {
    assert(this.hasUnpublished && sequence === this.#addedSequence, "what was added is published as a whole");
    this.#lastSequence = sequence;
  }

  /** What was added so far counts no more: it was replayed. */
  resetCounts(): void {
    this.addedBytes = 0;
    this.addedOperations = 0;
  }

  /** The active one becomes immutable. */
  rotate(): void {
    const lastSequence = this.#lastSequence;
    assert(!this.hasUnpublished, "what may not be durable yet goes to no table");
    assert(!this.#active.isEmpty, "a memtable that becomes immutable holds something");
    assert(lastSequence > (this.#immutables.at(-1)?.lastSequence ?? 0), "memtables follow each other");
    this.#immutables = [...this.#immutables, { memtable: this.#active, lastSequence }];
    this.#active = new Memtable(this.#random);
  }

  /** The oldest one is in a table now. */
  drop(immutable: Immutable): void {
    assert(this.oldest === immutable, "memtables are written in their order");
    this.#immutables = this.#immutables.slice(1);
  }

  get(key: Uint8Array, sequence: Sequence): Found | undefined {
    const found = this.#active.get(key, sequence);
    if (found !== undefined) return found;
    const immutables = this.#immutables;
    for (let i = immutables.length - 1; i >= 0; i--) {
      const older = immutables[i]!.memtable.get(key, sequence);
      if (older !== undefined) return older;
    }
    return undefined;
  }

  /** A cursor over each, appended to `cursors`. */
  pushCursors(cursors: Cursor[]): void {
    cursors.push(this.#active.cursor());
    for (const { memtable } of this.#immutables) cursors.push(memtable.cursor());
  }

  #begin(sequence: Sequence): void {
    assert(sequence === this.#addedSequence + 1, "batches are added in the order of the log, none left out");
    this.#addedSequence = sequence;
  }

  readonly #addOperation = (
    bytes: Uint8Array,
    kind: EntryKind,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
  ): void => {
    this.#active.add(kind, this.#addedSequence, bytes, keyStart, keyEnd, bytes, valueStart, valueEnd);
    this.addedOperations++;
    this.addedBytes += keyEnd - keyStart + valueEnd - valueStart;
  };
}
