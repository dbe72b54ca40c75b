/**
 * Cells go in and out of a page. The cells always stand without a gap at the page's end, so that all free bytes are in
 * one piece between them and the slots, and those bytes are zeros: nothing is ever put off to a later clean-up, and a
 * page's bytes follow from its operations alone.
 */
import { copyBytes } from "../../bytes/index.js";
import { cellBytes, cellBytesWithin } from "./cells.js";
import {
  cellStart,
  contentStart,
  HEADER_BYTES,
  INTERNAL,
  LEAF,
  pageCount,
  pageType,
  quarterBytes,
  SLOT_BYTES,
  writeContentStart,
  writePageCount,
  writeSlot,
  type PageType,
} from "./layout.js";

/** With more cells than this to remove, the page is laid out anew: each single removal moves what stands below it. */
const MOST_SINGLE_REMOVALS = 4;

/** All of these return false, and leave the page as it was, where it makes no sense. */
export function insertCells(page: Uint8Array, slot: number, count: number, cells: Uint8Array): boolean {
  const type = pageType(page);
  const present = pageCount(page);
  const content = contentStart(page) - cells.length;
  if (!hasCells(type) || slot > present || count === 0) return false;
  if (HEADER_BYTES + (present + count) * SLOT_BYTES > content) return false;
  if (!areCells(page.length, type, count, cells)) return false;
  moveSlots(page, slot, present, count);
  for (let i = 0, at = 0; i < count; i++) {
    writeSlot(page, slot + i, content + at);
    at += cellBytes(cells, type, at);
  }
  copyBytes(page, content, cells, 0, cells.length);
  writeContentStart(page, content);
  writePageCount(page, present + count);
  return true;
}

export function removeCells(page: Uint8Array, slot: number, count: number): boolean {
  const type = pageType(page);
  const present = pageCount(page);
  if (!hasCells(type) || count === 0 || slot + count > present) return false;
  if (count > MOST_SINGLE_REMOVALS) return removeMany(page, type, slot, count);
  for (let i = slot; i < slot + count; i++) if (!isCell(page, type, cellStart(page, i))) return false;
  for (let i = slot; i < slot + count; i++) {
    const start = cellStart(page, i);
    resizeCell(page, start, cellBytes(page, type, start), 0);
  }
  closeSlots(page, slot, count, present);
  return true;
}

export function replaceCell(page: Uint8Array, slot: number, cell: Uint8Array): boolean {
  const type = pageType(page);
  const present = pageCount(page);
  if (!hasCells(type) || slot >= present || !areCells(page.length, type, 1, cell)) return false;
  const start = cellStart(page, slot);
  if (!isCell(page, type, start)) return false;
  const before = cellBytes(page, type, start);
  const grown = cell.length - before;
  if (HEADER_BYTES + present * SLOT_BYTES + grown > contentStart(page)) return false;
  if (grown !== 0) {
    resizeCell(page, start, before, cell.length);
    writeSlot(page, slot, start - grown);
  }
  copyBytes(page, start - grown, cell, 0, cell.length);
  return true;
}

function hasCells(type: PageType): boolean {
  return type === LEAF || type === INTERNAL;
}

/** Whether `cells` are exactly `count` cells of pages of `type`, none too large for one. */
function areCells(pageBytes: number, type: PageType, count: number, cells: Uint8Array): boolean {
  const most = quarterBytes(pageBytes) - SLOT_BYTES;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const size = cellBytesWithin(cells, type, at, cells.length);
    if (size < 0 || size > most) return false;
    at += size;
  }
  return at === cells.length;
}

function isCell(page: Uint8Array, type: PageType, start: number): boolean {
  return start >= contentStart(page) && cellBytesWithin(page, type, start, page.length) > 0;
}

/**
 * Gives the cell at `start` another size by moving all that stands below it; its end stays where it is. What it holds
 * then is for the caller to write, as is its slot.
 */
function resizeCell(page: Uint8Array, start: number, before: number, after: number): void {
  const content = contentStart(page);
  const shift = before - after;
  if (start > content) {
    page.copyWithin(content + shift, content, start);
    for (let slot = 0, count = pageCount(page); slot < count; slot++) {
      const at = cellStart(page, slot);
      if (at < start) writeSlot(page, slot, at + shift);
    }
  }
  if (shift > 0) page.fill(0, content, content + shift);
  writeContentStart(page, content + shift);
}

/** Lays out what is left, the cell of the first slot at the page's end. */
function removeMany(page: Uint8Array, type: PageType, slot: number, count: number): boolean {
  const present = pageCount(page);
  const content = contentStart(page);
  let total = 0;
  for (let i = 0; i < present; i++) {
    const start = cellStart(page, i);
    if (!isCell(page, type, start)) return false;
    total += cellBytes(page, type, start);
  }
  if (total !== page.length - content) return false;
  const old = page.slice();
  let to = page.length;
  for (let i = 0; i < present; i++) {
    if (i >= slot && i < slot + count) continue;
    const start = cellStart(old, i);
    const size = cellBytes(old, type, start);
    to -= size;
    copyBytes(page, to, old, start, start + size);
    writeSlot(page, i, to);
  }
  page.fill(0, content, to);
  writeContentStart(page, to);
  closeSlots(page, slot, count, present);
  return true;
}

/** Makes room for `count` slots before slot `from`. */
function moveSlots(page: Uint8Array, from: number, present: number, count: number): void {
  const start = HEADER_BYTES + from * SLOT_BYTES;
  const end = HEADER_BYTES + present * SLOT_BYTES;
  if (start < end) page.copyWithin(start + count * SLOT_BYTES, start, end);
}

function closeSlots(page: Uint8Array, slot: number, count: number, present: number): void {
  const start = HEADER_BYTES + slot * SLOT_BYTES;
  const end = HEADER_BYTES + present * SLOT_BYTES;
  page.copyWithin(start, start + count * SLOT_BYTES, end);
  page.fill(0, end - count * SLOT_BYTES, end);
  writePageCount(page, present - count);
}
