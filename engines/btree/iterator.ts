import {
  busyIterator,
  checkSeek,
  closedIterator,
  compareBytes,
  noEntry,
  type Bounds,
  type MaybePromise,
  type StoreIterator,
} from "../store/index.js";
import type { Core } from "./core.js";
import type { InFlight } from "./in-flight.js";
import type { PageId } from "./page/index.js";
import { Pins, type Reads } from "./reads.js";
import { OverflowReader, TreeCursor } from "./tree/index.js";
import type { View } from "./views.js";

/** What the next call of `next` does: `stop`, where the end was reached. */
type Move = "place" | "step" | "stop";

/** What an iterator needs of its store. */
export interface IteratorParts {
  readonly core: Core;
  readonly reads: Reads;
  readonly inFlight: InFlight;
  stepped(): void;
}

/** Walks the entries of a view in the order of their keys, within bounds, forward or back. */
export class BtreeIterator implements StoreIterator {
  readonly #parts: IteratorParts;
  /** Its own. */
  readonly #view: View;
  readonly #bounds: Bounds;
  readonly #cursor: TreeCursor;
  #move: Move = "place";
  /**
   * Where `place` goes: forward to the first entry at or behind it, backward to the last one before it. Undefined: to
   * the very first, or the very last.
   */
  #target: Uint8Array | undefined;
  #isOnEntry = false;
  /** Of the present entry, where it stands in overflow pages; and what assembles it until then. */
  #longValue: Uint8Array | undefined;
  #longReader: OverflowReader | undefined;
  /** A `next` waits for a page. */
  #isMoving = false;
  #isClosed = false;

  constructor(parts: IteratorParts, view: View, bounds: Bounds) {
    this.#parts = parts;
    this.#view = view;
    this.#bounds = bounds;
    this.#cursor = new TreeCursor(view);
    this.#target = nearTarget(bounds);
    parts.core.buffers.hold();
  }

  get key(): Uint8Array {
    if (!this.#isOnEntry) throw noEntry(this.#where);
    const { bytes, keyStart, keyEnd } = this.#cursor;
    return bytes.subarray(keyStart, keyEnd);
  }

  get value(): Uint8Array {
    if (!this.#isOnEntry) throw noEntry(this.#where);
    const { bytes, valueStart, valueEnd } = this.#cursor;
    return this.#longValue ?? bytes.subarray(valueStart, valueEnd);
  }

  next(): MaybePromise<boolean> {
    this.#expectUsable();
    this.#isOnEntry = false;
    this.#longValue = undefined;
    if (this.#move === "stop") return false;
    this.#parts.stepped();
    let missing: PageId;
    try {
      missing = this.#advance();
    } catch (error) {
      throw this.#parts.reads.mapped(error);
    }
    if (missing === 0) return this.#arrive();
    this.#isMoving = true;
    return this.#parts.inFlight.run(() => this.#advanceSlowly(missing));
  }

  seek(key: Uint8Array): void {
    if (this.#isMoving) throw busyIterator(this.#where);
    checkSeek(key, this.#where);
    const near = nearTarget(this.#bounds);
    const { isReverse } = this.#bounds;
    const target = isReverse ? justBehind(key) : key.slice();
    const order = near === undefined ? 0 : compareBytes(target, 0, target.length, near, 0, near.length);
    const isBeyond = isReverse ? order > 0 : order < 0;
    this.#target = isBeyond ? near : target;
    this.#move = "place";
    this.#isOnEntry = false;
    this.#longReader = undefined;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isOnEntry = false;
    this.#view.close();
    this.#parts.core.buffers.release();
  }

  get #where(): string {
    return this.#parts.core.telling.directory;
  }

  #expectUsable(): void {
    const { core, reads } = this.#parts;
    if (this.#isMoving) throw busyIterator(this.#where);
    core.health.expectOpen();
    if (this.#isClosed) throw closedIterator(this.#where);
    if (this.#view.isGone) throw reads.gone();
  }

  /** 0 where all of the next entry is at hand, else the page that has to be in memory for it: then call again. */
  #advance(): PageId {
    const cursor = this.#cursor;
    if (this.#longReader === undefined) {
      const missing = this.#go();
      if (missing !== 0) return missing;
      if (!cursor.isValid || cursor.chain === undefined || !this.#isWithin()) return 0;
      this.#longReader = new OverflowReader(cursor.chain);
    }
    const missing = this.#longReader.read(this.#view);
    if (missing !== 0) return missing;
    this.#longValue = this.#longReader.value;
    this.#longReader = undefined;
    return 0;
  }

  /** Moves the cursor. */
  #go(): PageId {
    const cursor = this.#cursor;
    const { isReverse } = this.#bounds;
    if (this.#move === "step") return isReverse ? cursor.previous() : cursor.next();
    const target = this.#target;
    if (target === undefined) return isReverse ? cursor.last() : cursor.first();
    return isReverse ? cursor.seekBefore(target) : cursor.seek(target);
  }

  async #advanceSlowly(missing: PageId): Promise<boolean> {
    const { reads } = this.#parts;
    const pins = new Pins(reads);
    try {
      for (let page = missing; page !== 0;) {
        // A value that is being assembled has what it needs of the pages before.
        if (this.#longReader !== undefined) pins.release();
        await this.#load(pins, page);
        page = reads.guarded(() => this.#advance());
      }
      return this.#arrive();
    } finally {
      this.#isMoving = false;
      pins.release();
    }
  }

  /** The view may be closed, or given up, meanwhile. */
  async #load(pins: Pins, page: PageId): Promise<void> {
    await pins.load(page);
    const { reads } = this.#parts;
    if (this.#isClosed) throw closedIterator(this.#where);
    if (this.#view.isGone) throw reads.gone();
  }

  /** The cursor has moved. Whether it stands on an entry of the range. */
  #arrive(): boolean {
    this.#isOnEntry = this.#cursor.isValid && this.#isWithin();
    this.#move = this.#isOnEntry ? "step" : "stop";
    return this.#isOnEntry;
  }

  /** Whether the present entry is not beyond the range's far end. */
  #isWithin(): boolean {
    const { isReverse, lower, upper } = this.#bounds;
    const far = isReverse ? lower : upper;
    if (far === undefined) return true;
    const { bytes, keyStart, keyEnd } = this.#cursor;
    const order = compareBytes(bytes, keyStart, keyEnd, far.key, 0, far.key.length);
    if (order === 0) return far.isInclusive;
    return isReverse ? order > 0 : order < 0;
  }
}

/** Where a walk within these bounds begins, as `BtreeIterator`'s target says it. */
function nearTarget({ isReverse, lower, upper }: Bounds): Uint8Array | undefined {
  const near = isReverse ? upper : lower;
  if (near === undefined) return undefined;
  // Backward the cursor goes to what is before its target, forward to what is at or behind it.
  return near.isInclusive === isReverse ? justBehind(near.key) : near.key;
}

/** The first key behind this one: no key fits between them. */
function justBehind(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}
