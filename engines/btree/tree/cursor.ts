import { assert } from "../../env/index.js";
import { compareBytes } from "../../store/index.js";
import {
  childAt,
  findChild,
  findSlot,
  isOverflow,
  keyEnd,
  keyStart,
  readChain,
  valueHeader,
  valueLength,
  valueStart,
  type Chain,
} from "../page/cells.js";
import { PageDamaged } from "../page/errors.js";
import { cellStart, HEIGHT, leftSibling, pageCount, readField, rightSibling, ROOT } from "../page/layout.js";
import { STATE_PAGE, type PageId, type PageReader } from "../page/types.js";
import { checkLevel, checkState } from "./descent.js";

const NO_BYTES: Uint8Array = new Uint8Array(0);

/**
 * Walks the entries of one state of the tree. Each move returns 0 when it is done, or the page that it needs and that
 * isn't in memory: load it and make the same call again, with the same argument, until it returns 0. Throws
 * `PageDamaged`. The fields are for reading, and only mean something after a move that is done.
 */
export class TreeCursor {
  /** Whether it stands on an entry: all below means nothing where it doesn't. */
  isValid = false;
  /** The leaf it stands on, whose bytes have to stay as they are until the cursor leaves it. 0 where it stands on none. */
  leafPage: PageId = 0;
  bytes: Uint8Array = NO_BYTES;
  keyStart = 0;
  keyEnd = 0;
  /** The value's place in `bytes`, where it is in the leaf. */
  valueStart = 0;
  valueEnd = 0;
  /** The value is in there, for an `OverflowReader`. */
  chain: Chain | undefined;
  /** Of the value, wherever it is. */
  valueLength = 0;
  readonly #pages: PageReader;
  #slot = 0;
  #count = 0;

  constructor(pages: PageReader) {
    this.#pages = pages;
  }

  first(): PageId {
    return this.#descend(undefined, true) || this.#forwardFrom(0);
  }

  last(): PageId {
    return this.#descend(undefined, false) || this.#backFrom(this.#count - 1);
  }

  /** To the first entry at or behind `key`. */
  seek(key: Uint8Array): PageId {
    return this.#descend(key, true) || this.#forwardFrom(findSlot(this.bytes, key) >>> 1, key);
  }

  /** To the last entry before `key`. */
  seekBefore(key: Uint8Array): PageId {
    return this.#descend(key, false) || this.#backFrom((findSlot(this.bytes, key) >>> 1) - 1, key);
  }

  /** From an entry to the one behind it, or off the end. */
  next(): PageId {
    assert(this.isValid, "a cursor goes on from an entry");
    return this.#forwardFrom(this.#slot + 1);
  }

  /** From an entry to the one before it, or off the end. */
  previous(): PageId {
    assert(this.isValid, "a cursor goes on from an entry");
    return this.#backFrom(this.#slot - 1);
  }

  /** To the leaf where `key` belongs; without a key to the first leaf, or the last. */
  #descend(key: Uint8Array | undefined, isFirst: boolean): PageId {
    const state = this.#pages.page(STATE_PAGE);
    if (state === undefined) return STATE_PAGE;
    checkState(state);
    let id = readField(state, ROOT);
    for (let level = readField(state, HEIGHT) - 1; ; level--) {
      const page = this.#pages.page(id);
      if (page === undefined) return id;
      checkLevel(page, id, level);
      if (level === 0) {
        this.#enter(id, page);
        return 0;
      }
      const end = isFirst ? 0 : pageCount(page);
      id = childAt(page, key === undefined ? end : findChild(page, key));
    }
  }

  /** `target`: all that is further on is at or behind it. */
  #forwardFrom(slot: number, target?: Uint8Array): PageId {
    if (slot < this.#count) return this.#stand(slot);
    const id = rightSibling(this.bytes);
    if (id === 0) return this.#leave();
    const page = this.#pages.page(id);
    if (page === undefined) return id;
    this.#checkSibling(id, page, leftSibling(page));
    const last = this.#count - 1;
    const isInOrder =
      (last < 0 || compareEntries(this.bytes, last, page, 0) < 0) &&
      (target === undefined || compareEntry(page, 0, target) >= 0);
    if (!isInOrder) throw this.#outOfOrder(id, "behind");
    this.#enter(id, page);
    return this.#stand(0);
  }

  /** `target`: all that is further back is before it. */
  #backFrom(slot: number, target?: Uint8Array): PageId {
    if (slot >= 0) return this.#stand(slot);
    const id = leftSibling(this.bytes);
    if (id === 0) return this.#leave();
    const page = this.#pages.page(id);
    if (page === undefined) return id;
    this.#checkSibling(id, page, rightSibling(page));
    const last = pageCount(page) - 1;
    const isInOrder =
      (this.#count === 0 || compareEntries(page, last, this.bytes, 0) < 0) &&
      (target === undefined || compareEntry(page, last, target) < 0);
    if (!isInOrder) throw this.#outOfOrder(id, "before");
    this.#enter(id, page);
    return this.#stand(this.#count - 1);
  }

  /** A stale page of a lost write may well be a leaf: its link back tells, or that it has no entries. */
  #checkSibling(id: PageId, page: Uint8Array, back: PageId): void {
    checkLevel(page, id, 0);
    if (back === this.leafPage && pageCount(page) > 0) return;
    throw new PageDamaged(id, `the sibling of page ${this.leafPage}`, `that of page ${back}`);
  }

  /** A stale leaf whose links fit all the same: then its keys may tell. */
  #outOfOrder(id: PageId, where: string): PageDamaged {
    return new PageDamaged(id, `keys ${where} those of page ${this.leafPage}`, "keys out of order");
  }

  #enter(id: PageId, page: Uint8Array): void {
    this.leafPage = id;
    this.bytes = page;
    this.#count = pageCount(page);
  }

  #leave(): PageId {
    this.isValid = false;
    this.leafPage = 0;
    this.bytes = NO_BYTES;
    return 0;
  }

  #stand(slot: number): PageId {
    const { bytes } = this;
    const at = cellStart(bytes, slot);
    const behindKey = keyEnd(bytes, at);
    const header = valueHeader(bytes, behindKey);
    this.#slot = slot;
    this.keyStart = keyStart(bytes, at);
    this.keyEnd = behindKey;
    this.valueStart = valueStart(header, behindKey);
    this.valueLength = valueLength(header);
    this.valueEnd = this.valueStart + this.valueLength;
    this.chain = isOverflow(header) ? readChain(bytes, this.valueStart, this.valueLength) : undefined;
    this.isValid = true;
    return 0;
  }
}

/** The order of two entries' keys. */
function compareEntries(a: Uint8Array, aSlot: number, b: Uint8Array, bSlot: number): number {
  const aAt = cellStart(a, aSlot);
  const bAt = cellStart(b, bSlot);
  return compareBytes(a, keyStart(a, aAt), keyEnd(a, aAt), b, keyStart(b, bAt), keyEnd(b, bAt));
}

function compareEntry(page: Uint8Array, slot: number, key: Uint8Array): number {
  const at = cellStart(page, slot);
  return compareBytes(page, keyStart(page, at), keyEnd(page, at), key, 0, key.length);
}
