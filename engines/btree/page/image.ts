/** Whole pages: as images, and made anew. */
import { writeU32 } from "../../bytes/index.js";
import { cellBytes } from "./cells.js";
import { headEnd } from "./header-problem.js";
import {
  contentStart,
  FREE_ENTRY_BYTES,
  HEADER_BYTES,
  INTERNAL,
  LEAF,
  OVERFLOW,
  pageCount,
  pageType,
  STATE,
  TRUNK,
  TYPE_AT,
  writeContentStart,
  writeField,
  writeOverflowStamp,
  writePageCount,
  writePageLink,
  writePageType,
  writeSiblings,
  writeSlot,
  type PageType,
} from "./layout.js";
import type { ImageOp, PageId, StateField, TreeState } from "./types.js";

/**
 * An image of the page as it is: applied to any bytes, it makes the same page, but for the checksum and the LSN, which
 * are 0 then. Its bytes are views: encode it before the page changes.
 */
export function imageOf(page: Uint8Array): ImageOp {
  const type = pageType(page);
  const tail = type === LEAF || type === INTERNAL ? contentStart(page) : page.length;
  const head = page.subarray(TYPE_AT, headEnd(type, pageCount(page)));
  return { kind: "image", head, tail: page.subarray(tail) };
}

/** What a new leaf or internal page is to hold, but for its cells. */
export interface TreePageParts {
  readonly type: typeof LEAF | typeof INTERNAL;
  readonly level: number;
  readonly left: PageId;
  readonly right: PageId;
  /** 0 for a leaf. */
  readonly leftmost: PageId;
}

/** The image of a page with `count` cells, which stand in `cells` one behind the other. */
export function treePageImage(
  pageBytes: number,
  parts: TreePageParts,
  count: number,
  cells: Uint8Array,
): ImageOp {
  const head = newHead(parts.type, parts.level, count);
  writeContentStart(head, pageBytes - cells.length);
  writeSiblings(head, parts.left, parts.right);
  writePageLink(head, parts.leftmost);
  for (let slot = 0, at = 0; slot < count; slot++) {
    writeSlot(head, slot, pageBytes - cells.length + at);
    at += cellBytes(cells, parts.type, at);
  }
  return { kind: "image", head: head.subarray(TYPE_AT), tail: cells };
}

/**
 * The image of a page of an overflow chain that holds `value[start, end)`. `stamp` is the CRC-32C of the whole value:
 * the leaf's cell has it too, so that a leaf that is older than the page, or newer, is not taken for the one that leads
 * to it.
 */
export function overflowImage(
  value: Uint8Array,
  stamp: number,
  start: number,
  end: number,
  next: PageId,
): ImageOp {
  const head = newHead(OVERFLOW, 0, end - start);
  writeOverflowStamp(head, stamp);
  writePageLink(head, next);
  head.set(value.subarray(start, end), HEADER_BYTES);
  return { kind: "image", head: head.subarray(TYPE_AT), tail: head.subarray(head.length) };
}

/** The image of a page of the free list that lists `pages`. */
export function trunkImage(pages: readonly PageId[], next: PageId): ImageOp {
  const head = newHead(TRUNK, 0, pages.length);
  writePageLink(head, next);
  for (let i = 0; i < pages.length; i++) writeU32(head, HEADER_BYTES + i * FREE_ENTRY_BYTES, pages[i]!);
  return { kind: "image", head: head.subarray(TYPE_AT), tail: head.subarray(head.length) };
}

export function stateImage(state: TreeState): ImageOp {
  const head = newHead(STATE, 0, 0);
  const { root, height, pageCount: pages, freeHead, freeCount, overflowCount, entries } = state;
  const fields = [root, height, pages, freeHead, freeCount, overflowCount, entries];
  for (let field = 0; field < fields.length; field++) writeField(head, field as StateField, fields[field]!);
  return { kind: "image", head: head.subarray(TYPE_AT), tail: head.subarray(head.length) };
}

/** A page's beginning, as far as its head goes. */
function newHead(type: PageType, level: number, count: number): Uint8Array {
  const head = new Uint8Array(headEnd(type, count));
  writePageType(head, type, level);
  writePageCount(head, count);
  return head;
}
