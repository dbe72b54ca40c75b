import {
  busyIterator,
  checkSeek,
  closedIterator,
  compareBytes,
  isAboveLower,
  isBelowUpper,
  noEntry,
  type Bound,
  type Bounds,
  type MaybePromise,
  type Sequence,
  type StoreIterator,
} from "../../store/index.js";
import { PUT, type Cursor, type Pending } from "../cursor.js";
import { KeptBytes } from "./kept-bytes.js";
import { BEFORE_VERSIONS, BEHIND_VERSIONS } from "./order.js";

export interface IteratorHooks {
  /** The store's directory, for errors. */
  readonly where: string;
  /** Called once: nothing is read any more. */
  release(): void;
  /** Called at each `next` that looks for an entry. */
  step(): void;
  /** What the caller is told where a device failed a call. Default: the error itself. */
  failed?(error: unknown): unknown;
}

/**
 * How far the walk is. Only HERE and END outlast a call that succeeds; one that fails leaves another, from which the
 * next call finds its place again.
 */
const BEGIN = 0;
/** All before the kept key is done. */
const AT = 1;
/** Forward only: the kept key is done too. */
const BEHIND = 2;
/** The kept key is the present entry's. Forward the cursor stands on it; back, on the last entry before its versions. */
const HERE = 3;
const END = 4;
type Place = typeof BEGIN | typeof AT | typeof BEHIND | typeof HERE | typeof END;

/** From so many entries of one key on that don't count, a seek costs less than going on: RocksDB's default is 8. */
const SKIPS_MAX = 12;

/** True: on an entry. False: at the end. Undone until the promise has resolved; then it has to be asked again. */
type Progress = boolean | Promise<void>;

/**
 * The entries of one snapshot: of each user key the newest version that is not above `sequence`, if it is no
 * tombstone. Nothing is read before the first `next`. Where a call fails, the next one tries again from the same
 * place. A close while a call is under way takes effect when that has settled.
 */
export class LsmIterator implements StoreIterator {
  readonly #cursor: Cursor;
  readonly #sequence: Sequence;
  readonly #bounds: Bounds;
  readonly #hooks: IteratorHooks;
  #place: Place = BEGIN;
  /** The key that `#place` is about. */
  readonly #key = new KeptBytes();
  /** Entries of the kept key that were passed since the last seek. */
  #skips = 0;
  /** Forward: the view that `value` has given of the present entry. */
  #view: Uint8Array | undefined = undefined;
  /** Back: whether the newest visible version of the kept key so far is a put, and its value. */
  #isPut = false;
  readonly #value = new KeptBytes();
  #isMoving = false;
  #isClosed = false;

  constructor(cursor: Cursor, sequence: Sequence, bounds: Bounds, hooks: IteratorHooks) {
    this.#cursor = cursor;
    this.#sequence = sequence;
    this.#bounds = bounds;
    this.#hooks = hooks;
  }

  get key(): Uint8Array {
    if (this.#place !== HERE || this.#isMoving) throw noEntry(this.#hooks.where);
    return this.#key.view;
  }

  get value(): Uint8Array {
    if (this.#place !== HERE || this.#isMoving) throw noEntry(this.#hooks.where);
    if (this.#bounds.isReverse) return this.#value.view;
    const cursor = this.#cursor;
    this.#view ??= cursor.valueBytes.subarray(cursor.valueStart, cursor.valueEnd);
    return this.#view;
  }

  next(): MaybePromise<boolean> {
    if (this.#isMoving) throw busyIterator(this.#hooks.where);
    if (this.#isClosed) throw closedIterator(this.#hooks.where);
    if (this.#place === END) return false;
    this.#hooks.step();
    this.#view = undefined;
    const pending = this.#begin();
    const progress = pending ?? this.#goOn();
    return typeof progress === "boolean" ? progress : this.#goOnAfter(progress);
  }

  seek(key: Uint8Array): void {
    if (this.#isMoving) throw busyIterator(this.#hooks.where);
    checkSeek(key, this.#hooks.where);
    this.#view = undefined;
    const { isReverse } = this.#bounds;
    const isBehindLower = isAboveLower(this.#bounds, key);
    const isBeforeUpper = isBelowUpper(this.#bounds, key);
    if (isBehindLower && isBeforeUpper) this.#keep(AT, key, 0, key.length);
    else this.#place = (isReverse ? isBeforeUpper : isBehindLower) ? END : BEGIN;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#place = END;
    if (!this.#isMoving) this.#hooks.release();
  }

  async #goOnAfter(first: Promise<void>): Promise<boolean> {
    this.#isMoving = true;
    try {
      let progress: Progress = first;
      while (typeof progress !== "boolean") {
        await progress;
        if (this.#isClosed) throw closedIterator(this.#hooks.where);
        progress = this.#goOn();
      }
      return progress;
    } catch (error) {
      throw this.#hooks.failed?.(error) ?? error;
    } finally {
      this.#isMoving = false;
      if (this.#isClosed) this.#hooks.release();
    }
  }

  /** Puts the cursor where the search goes on. */
  #begin(): Pending {
    const { isReverse, lower, upper } = this.#bounds;
    this.#isPut = false;
    if (this.#place === BEGIN) return isReverse ? this.#beginBack(upper) : this.#beginForward(lower);
    if (this.#place !== HERE) return this.#findPlace();
    if (isReverse) return undefined;
    this.#place = BEHIND;
    this.#skips = 0;
    return this.#cursor.next();
  }

  /** After a seek, or a call that failed. */
  #findPlace(): Pending {
    if (this.#bounds.isReverse) return this.#cursor.seekBefore(this.#key.view, BEHIND_VERSIONS);
    return this.#cursor.seek(this.#key.view, this.#sequence);
  }

  #beginForward(lower: Bound | undefined): Pending {
    if (lower === undefined) return this.#cursor.first();
    return this.#cursor.seek(lower.key, lower.isInclusive ? this.#sequence : BEHIND_VERSIONS);
  }

  #beginBack(upper: Bound | undefined): Pending {
    if (upper === undefined) return this.#cursor.last();
    return this.#cursor.seekBefore(upper.key, upper.isInclusive ? BEHIND_VERSIONS : BEFORE_VERSIONS);
  }

  #goOn(): Progress {
    return this.#bounds.isReverse ? this.#goBack() : this.#goForward();
  }

  /** Looks for the first visible version of a key that is not done yet, from where the cursor stands. */
  #goForward(): Progress {
    const cursor = this.#cursor;
    for (;;) {
      if (!cursor.isValid) return this.#end();
      const { keyBytes, keyStart, keyEnd } = cursor;
      const isKept = this.#key.equals(keyBytes, keyStart, keyEnd);
      if (!isKept && this.#isAboveUpper(keyBytes, keyStart, keyEnd)) return this.#end();
      if (!isKept || this.#place !== BEHIND) {
        const isVisible = cursor.sequence <= this.#sequence;
        if (!isKept) this.#keep(AT, keyBytes, keyStart, keyEnd);
        if (isVisible && cursor.kind === PUT) {
          this.#place = HERE;
          return true;
        }
        if (isVisible) this.#place = BEHIND;
      }
      const pending = this.#skips++ < SKIPS_MAX ? cursor.next() : this.#seekForward();
      if (pending !== undefined) return pending;
    }
  }

  /** Past the versions of the kept key that don't count. */
  #seekForward(): Pending {
    this.#skips = 0;
    return this.#cursor.seek(this.#key.view, this.#place === BEHIND ? BEHIND_VERSIONS : this.#sequence);
  }

  /**
   * The same backwards, where the versions of a key come oldest first: the newest visible one is known only when the
   * next one is too new, or of another key. LevelDB's DBIter::FindPrevUserEntry does so.
   */
  #goBack(): Progress {
    const cursor = this.#cursor;
    for (;;) {
      const { isValid } = cursor;
      const isKept = isValid && this.#key.equals(cursor.keyBytes, cursor.keyStart, cursor.keyEnd);
      if (!isKept) {
        if (this.#isPut) {
          this.#place = HERE;
          return true;
        }
        if (!isValid || this.#isBelowLower(cursor.keyBytes, cursor.keyStart, cursor.keyEnd))
          return this.#end();
        this.#keep(AT, cursor.keyBytes, cursor.keyStart, cursor.keyEnd);
      }
      const isVisible = cursor.sequence <= this.#sequence;
      if (isVisible) {
        this.#isPut = cursor.kind === PUT;
        if (this.#isPut) this.#value.set(cursor.valueBytes, cursor.valueStart, cursor.valueEnd);
      }
      const pending = this.#skips++ < SKIPS_MAX ? cursor.previous() : this.#seekBack(isVisible);
      if (pending !== undefined) return pending;
    }
  }

  /** From old versions of the kept key to the newest visible one; from those that are too new, past them all. */
  #seekBack(isVisible: boolean): Pending {
    this.#skips = 0;
    if (isVisible) return this.#cursor.seek(this.#key.view, this.#sequence);
    return this.#cursor.seekBefore(this.#key.view, BEFORE_VERSIONS);
  }

  #keep(place: Place, key: Uint8Array, start: number, end: number): void {
    this.#key.set(key, start, end);
    this.#place = place;
    this.#skips = 0;
  }

  #end(): boolean {
    this.#place = END;
    return false;
  }

  #isAboveUpper(key: Uint8Array, start: number, end: number): boolean {
    const { upper } = this.#bounds;
    if (upper === undefined) return false;
    const order = compareBytes(key, start, end, upper.key, 0, upper.key.length);
    return upper.isInclusive ? order > 0 : order >= 0;
  }

  #isBelowLower(key: Uint8Array, start: number, end: number): boolean {
    const { lower } = this.#bounds;
    if (lower === undefined) return false;
    const order = compareBytes(key, start, end, lower.key, 0, lower.key.length);
    return lower.isInclusive ? order < 0 : order <= 0;
  }
}
