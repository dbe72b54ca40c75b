/** Values that are too large for a leaf: chains of pages, all full but the last. */
import { PageDamaged } from "../page/errors.js";
import { MAX_VALUE_BYTES, type Chain } from "../page/cells.js";
import {
  HEADER_BYTES,
  OVERFLOW,
  overflowStamp,
  pageCount,
  pageLink,
  pageType,
  usableBytes,
} from "../page/layout.js";
import type { PageId, PageReader } from "../page/types.js";

/** How many pages a value of `length` bytes takes. */
export function chainPages(pageBytes: number, length: number): number {
  return Math.ceil(length / usableBytes(pageBytes));
}

/**
 * What is wrong with a page of `chain` behind which (itself included) `left` bytes of the value are to come. Undefined
 * where nothing is.
 */
export function overflowProblem(page: Uint8Array, chain: Chain, left: number): string | undefined {
  if (pageType(page) !== OVERFLOW) return `type ${pageType(page)}`;
  if (overflowStamp(page) !== chain.stamp) return "a page of another value";
  const most = usableBytes(page.length);
  if (pageCount(page) !== Math.min(left, most)) return `${pageCount(page)} bytes`;
  const isLast = left <= most;
  if (isLast !== (pageLink(page) === 0)) return isLast ? "one that goes on" : "the end";
  return undefined;
}

/** Throws `PageDamaged` where `overflowProblem` finds something. */
export function checkOverflow(page: Uint8Array, id: PageId, chain: Chain, left: number): void {
  const problem = overflowProblem(page, chain, left);
  if (problem !== undefined)
    throw new PageDamaged(id, `an overflow page with ${left} bytes to come`, problem);
}

/** Assembles a value from its chain. It keeps what it has while pages are loaded. */
export class OverflowReader {
  /** Whole once `read` has returned 0; belongs to the caller then. */
  readonly value: Uint8Array;
  readonly #chain: Chain;
  #next: PageId;
  #filled = 0;

  /** What a `Lookup` or a `TreeCursor` said. Throws `PageDamaged` for a length that no value has. */
  constructor(chain: Chain) {
    const { firstPage, length } = chain;
    if (length > MAX_VALUE_BYTES) {
      throw new PageDamaged(firstPage, `a value of up to ${MAX_VALUE_BYTES} bytes`, `${length}`);
    }
    this.value = new Uint8Array(length);
    this.#chain = chain;
    this.#next = firstPage;
  }

  /** 0: `value` is whole. Else the page that is needed: load it and call again. Throws `PageDamaged`. */
  read(pages: PageReader): PageId {
    while (this.#next !== 0) {
      const page = pages.page(this.#next);
      if (page === undefined) return this.#next;
      checkOverflow(page, this.#next, this.#chain, this.value.length - this.#filled);
      this.value.set(page.subarray(HEADER_BYTES, HEADER_BYTES + pageCount(page)), this.#filled);
      this.#filled += pageCount(page);
      this.#next = pageLink(page);
    }
    return 0;
  }
}
