import { compareBytes } from "../../store/index.js";
import { cellBytes, cellBytesWithin, keyEnd, keyLength, keyStart, maxKeyBytes } from "./cells.js";
import {
  cellStart,
  contentStart,
  HEADER_BYTES,
  pageCount,
  pageType,
  quarterBytes,
  SLOT_BYTES,
} from "./layout.js";

/**
 * What is wrong with the cells of a leaf or an internal page whose header makes sense: they cover the page's end without
 * a gap, none is too large, and what is free is zeros. Undefined where all holds. The keys' order is not looked at.
 */
export function cellsProblem(page: Uint8Array): string | undefined {
  const type = pageType(page);
  const count = pageCount(page);
  const content = contentStart(page);
  /** Where each cell begins, in the order of their places. */
  const starts = new Uint16Array(count);
  for (let slot = 0; slot < count; slot++) {
    const start = cellStart(page, slot);
    const size = start < content ? 0 : cellBytesWithin(page, type, start, page.length);
    if (size <= 0) return `no cell at ${start}`;
    if (size + SLOT_BYTES > quarterBytes(page.length)) return `a cell of ${size} bytes`;
    if (keyLength(page, start) > maxKeyBytes(page.length)) return `a key of ${keyLength(page, start)} bytes`;
    starts[slot] = start;
  }
  starts.sort();
  let at = content;
  for (const start of starts) {
    if (start !== at) return `a cell at ${start}, behind one that ends at ${at}`;
    at += cellBytes(page, type, start);
  }
  if (at !== page.length) return `cells that end at ${at}`;
  for (at = HEADER_BYTES + count * SLOT_BYTES; at < content; at++) {
    if (page[at] !== 0) return `a byte in the gap at ${at}`;
  }
  return undefined;
}

/** The first slot whose key is not above that of the slot before it; -1 where they all are. */
export function unorderedSlot(page: Uint8Array): number {
  for (let slot = 1; slot < pageCount(page); slot++) {
    const before = cellStart(page, slot - 1);
    const at = cellStart(page, slot);
    const order = compareBytes(
      page,
      keyStart(page, before),
      keyEnd(page, before),
      page,
      keyStart(page, at),
      keyEnd(page, at),
    );
    if (order >= 0) return slot;
  }
  return -1;
}
