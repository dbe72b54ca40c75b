import { assert } from "../../env/index.js";
import { compareKeys, type Sequence } from "../../store/index.js";
import type { Cursor, EntryKind, Pending } from "../cursor.js";

/** A table of a level. It holds at least one entry. */
export interface LevelFile {
  readonly smallestKey: Uint8Array;
  readonly largestKey: Uint8Array;
  cursor(): Cursor;
}

/**
 * The tables of one level as one cursor: sorted, and no user key in two of them. A table's cursor is made when the
 * first entry of it is needed, and only one is kept. A move that fails leaves it on no entry; go on with `seek` or
 * another absolute one.
 */
export class ConcatenatingCursor implements Cursor {
  readonly #files: readonly LevelFile[];
  /** Which file `#child` is a cursor of. */
  #index = -1;
  #child: Cursor | undefined = undefined;
  #isValid = false;

  constructor(files: readonly LevelFile[]) {
    this.#files = files;
  }

  get isValid(): boolean {
    return this.#isValid;
  }

  get keyBytes(): Uint8Array {
    return this.#child!.keyBytes;
  }

  get keyStart(): number {
    return this.#child!.keyStart;
  }

  get keyEnd(): number {
    return this.#child!.keyEnd;
  }

  get sequence(): Sequence {
    return this.#child!.sequence;
  }

  get kind(): EntryKind {
    return this.#child!.kind;
  }

  get valueBytes(): Uint8Array {
    return this.#child!.valueBytes;
  }

  get valueStart(): number {
    return this.#child!.valueStart;
  }

  get valueEnd(): number {
    return this.#child!.valueEnd;
  }

  first(): Pending {
    const child = this.#open(0);
    return child === undefined ? undefined : this.#goForward(child.first());
  }

  last(): Pending {
    const child = this.#open(this.#files.length - 1);
    return child === undefined ? undefined : this.#goBack(child.last());
  }

  seek(key: Uint8Array, sequence: Sequence): Pending {
    const child = this.#open(this.#filesBefore(key));
    return child === undefined ? undefined : this.#goForward(child.seek(key, sequence));
  }

  seekBefore(key: Uint8Array, sequence: Sequence): Pending {
    const child = this.#open(this.#filesUpTo(key) - 1);
    return child === undefined ? undefined : this.#goBack(child.seekBefore(key, sequence));
  }

  next(): Pending {
    assert(this.#isValid, "only a cursor that stands on an entry can go on");
    this.#isValid = false;
    return this.#goForward(this.#child!.next());
  }

  previous(): Pending {
    assert(this.#isValid, "only a cursor that stands on an entry can go back");
    this.#isValid = false;
    return this.#goBack(this.#child!.previous());
  }

  /** Once `pending` is done: where the child is at its end, goes to the next file's first entry. */
  #goForward(pending: Pending): Pending {
    if (pending !== undefined) return this.#goForwardAfter(pending);
    while (!this.#child!.isValid) {
      const child = this.#open(this.#index + 1);
      if (child === undefined) return undefined;
      const opened = child.first();
      if (opened !== undefined) return this.#goForwardAfter(opened);
    }
    this.#isValid = true;
    return undefined;
  }

  async #goForwardAfter(pending: Promise<void>): Promise<void> {
    await pending;
    await this.#goForward(undefined);
  }

  #goBack(pending: Pending): Pending {
    if (pending !== undefined) return this.#goBackAfter(pending);
    while (!this.#child!.isValid) {
      const child = this.#open(this.#index - 1);
      if (child === undefined) return undefined;
      const opened = child.last();
      if (opened !== undefined) return this.#goBackAfter(opened);
    }
    this.#isValid = true;
    return undefined;
  }

  async #goBackAfter(pending: Promise<void>): Promise<void> {
    await pending;
    await this.#goBack(undefined);
  }

  /** The cursor of file `index`; undefined where there is no such file. Stands on no entry then. */
  #open(index: number): Cursor | undefined {
    this.#isValid = false;
    const file = this.#files[index];
    if (file === undefined) return undefined;
    if (index !== this.#index || this.#child === undefined) {
      this.#assertOrder(index);
      this.#child = file.cursor();
      this.#index = index;
    }
    return this.#child;
  }

  #assertOrder(index: number): void {
    const before = this.#files[index - 1];
    const isBehind =
      before === undefined || compareKeys(before.largestKey, this.#files[index]!.smallestKey) < 0;
    assert(isBehind, "the files of a level are sorted, and no key is in two of them");
  }

  /** How many files end before `key`. */
  #filesBefore(key: Uint8Array): number {
    return this.#partition((file) => compareKeys(file.largestKey, key) < 0);
  }

  /** How many files begin at or before `key`. */
  #filesUpTo(key: Uint8Array): number {
    return this.#partition((file) => compareKeys(file.smallestKey, key) <= 0);
  }

  /** How many files fulfil what the first ones do and the others don't. */
  #partition(isBefore: (file: LevelFile) => boolean): number {
    let start = 0;
    let end = this.#files.length;
    while (start < end) {
      const middle = (start + end) >>> 1;
      if (isBefore(this.#files[middle]!)) start = middle + 1;
      else end = middle;
    }
    return start;
  }
}
