import { assert } from "../../env/index.js";
import { compareBytes, type Sequence } from "../../store/index.js";
import { copyBytes } from "../../bytes/index.js";
import { TOMBSTONE, type EntryKind } from "../cursor.js";
import type { DataBlock } from "./data-block.js";
import { EntryReader } from "./entry-reader.js";
import { EntryWindow } from "./entry-window.js";
import { withRoom } from "./room.js";

const NO_BYTES = new Uint8Array(0);
const FIRST_KEY_BYTES = 64;

/**
 * A place within one data block after another; `TableCursor` says which. Its fields are those of `Cursor`.
 *
 * Forwards, each key is put together in `keyBytes` over the one before. Backwards that can't be done, since an entry
 * says what it shares with the one before it: there all entries from a restart point on are put into a window, keys
 * one behind the other in `keyBytes`, and it walks through that.
 */
export abstract class BlockCursor {
  isValid: boolean = false;
  keyBytes: Uint8Array = new Uint8Array(FIRST_KEY_BYTES);
  keyStart: number = 0;
  keyEnd: number = 0;
  sequence: Sequence = 0;
  kind: EntryKind = TOMBSTONE;
  valueBytes: Uint8Array = NO_BYTES;
  valueStart: number = 0;
  valueEnd: number = 0;
  readonly #entry: EntryReader = new EntryReader();
  #block: DataBlock | undefined;
  #entriesEnd = 0;
  /** Where the present entry begins in the block. The next one begins at `valueEnd`. */
  #entryAt = 0;
  /** Made at the first step back: most cursors never take one. */
  #window: EntryWindow | undefined;
  /** Which entry of the window is the present one; -1: it stands outside, or there is no window. */
  #windowAt = -1;

  /** The following calls are about this block. */
  protected enterBlock(block: DataBlock): void {
    this.#block = block;
    this.#entriesEnd = block.entriesEnd;
    this.valueBytes = block.bytes;
  }

  protected firstInBlock(): void {
    this.#beginAt(0);
    this.#read(0);
  }

  protected lastInBlock(): void {
    const block = this.#present();
    this.#fillWindow(block.restarts - 1, block.entriesEnd);
  }

  /** To the first entry at or behind (`key`, `sequence`); false where the block has none. */
  protected seekInBlock(key: Uint8Array, sequence: Sequence): boolean {
    const block = this.#present();
    let at = block.restartAt(block.lastRestartBefore(key, sequence, this.#entry));
    this.#beginAt(at);
    for (; at < this.#entriesEnd; at = this.valueEnd) {
      this.#read(at);
      if (!this.#isBefore(key, sequence)) return true;
    }
    return false;
  }

  /** To the last entry before (`key`, `sequence`); false where the block has none. */
  protected seekBeforeInBlock(key: Uint8Array, sequence: Sequence): boolean {
    if (!this.seekInBlock(key, sequence)) {
      this.lastInBlock();
      return true;
    }
    return this.previousInBlock();
  }

  /** Forward by one; false at the block's end. */
  protected nextInBlock(): boolean {
    const at = this.valueEnd;
    if (at >= this.#entriesEnd) return false;
    this.#windowAt = -1;
    this.#read(at);
    return true;
  }

  /** Back by one; false at the block's beginning. */
  protected previousInBlock(): boolean {
    if (this.#windowAt > 0) {
      this.#standInWindow(this.#windowAt - 1);
      return true;
    }
    const end = this.#entryAt;
    if (end === 0) return false;
    const block = this.#present();
    let restart = block.restarts - 1;
    while (block.restartAt(restart) >= end) restart--;
    this.#fillWindow(restart, end);
    return true;
  }

  #present(): DataBlock {
    assert(this.#block !== undefined, "a place within a block is asked for once the cursor is in one");
    return this.#block;
  }

  #beginAt(entryAt: number): void {
    this.#windowAt = -1;
    this.#entryAt = entryAt;
    this.keyStart = 0;
    this.keyEnd = 0;
  }

  /** To the entry at `at`, the one behind the present one; or to a restart point, with no key before it. */
  #read(at: number): void {
    const entry = this.#entry;
    const bytes = this.valueBytes;
    const isEntry = entry.read(bytes, at, this.#entriesEnd);
    const keyAt = this.keyStart + entry.shared;
    if (!isEntry || keyAt > this.keyEnd) {
      this.isValid = false;
      throw this.#present().damaged(at);
    }
    const suffixEnd = entry.valueStart;
    const keyEnd = keyAt + suffixEnd - entry.suffixStart;
    if (keyEnd > this.keyBytes.length) this.keyBytes = withRoom(this.keyBytes, keyEnd);
    copyBytes(this.keyBytes, keyAt, bytes, entry.suffixStart, suffixEnd);
    this.keyEnd = keyEnd;
    this.sequence = entry.sequence;
    this.kind = entry.kind;
    this.valueStart = suffixEnd;
    this.valueEnd = entry.valueEnd;
    this.#entryAt = at;
  }

  #isBefore(key: Uint8Array, sequence: Sequence): boolean {
    const order = compareBytes(this.keyBytes, this.keyStart, this.keyEnd, key, 0, key.length);
    return order < 0 || (order === 0 && this.sequence > sequence);
  }

  /** Puts the entries from a restart point to `end` into the window, and stands on the last of them. */
  #fillWindow(restart: number, end: number): void {
    const window = (this.#window ??= new EntryWindow());
    window.clear();
    const start = this.#present().restartAt(restart);
    this.#beginAt(start);
    for (let at = start; at < end; at = this.valueEnd) {
      this.#moveKey();
      this.#read(at);
      window.add(this, at);
    }
    this.#windowAt = window.count - 1;
  }

  /** Copies the present key behind itself, so that the next one is put together there. */
  #moveKey(): void {
    const { keyStart, keyEnd } = this;
    this.keyBytes = withRoom(this.keyBytes, keyEnd + keyEnd - keyStart);
    this.keyEnd = copyBytes(this.keyBytes, keyEnd, this.keyBytes, keyStart, keyEnd);
    this.keyStart = keyEnd;
  }

  #standInWindow(at: number): void {
    assert(this.#window !== undefined, "a place in the window means that there is one");
    this.#windowAt = at;
    this.#entryAt = this.#window.restore(this, at);
  }
}
