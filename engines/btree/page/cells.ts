/**
 * Cells of leaves and internal pages: the length of the key, the key, and then a value or a child. Both begin alike, so
 * that one search serves both.
 */
import { copyBytes, readU32, readVarint, varintLength, writeU32, writeVarint } from "../../bytes/index.js";
import { cellStart, LEAF, pageCount, pageLink, quarterBytes, SLOT_BYTES, type PageType } from "./layout.js";
import type { PageId } from "./types.js";

const CHILD_BYTES = 4;
/** What a leaf's cell has instead of a value that is elsewhere: the first page of its chain, and its stamp. */
const CHAIN_BYTES = 8;
const STAMP_AT = 4;
const LONGEST_SHORT_KEY = 0x7f;
/** What a leaf's cell takes beside its key and its value, at most: the two lengths. */
export const CELL_BYTES_BESIDE = 6;
const ONE_BYTE = 0x80;
const BAD = -1;

/** No key of a tree with such pages is longer. */
export function maxKeyBytes(pageBytes: number): number {
  return pageBytes >>> 3;
}

/**
 * No value of a tree is longer. To replace one, all of its pages have to be in memory, and the attempt begins again for
 * each that is not: the work grows with the square.
 */
export const MAX_VALUE_BYTES = 0x100_0000;

/** Where the key of the cell at `at` begins. */
export function keyStart(bytes: Uint8Array, at: number): number {
  return bytes[at]! < ONE_BYTE ? at + 1 : at + 2;
}

/** The length of its key. */
export function keyLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  return first < ONE_BYTE ? first : (first & 0x7f) | (bytes[at + 1]! << 7);
}

/** Where its key ends, and the rest of the cell begins. */
export function keyEnd(bytes: Uint8Array, at: number): number {
  return keyStart(bytes, at) + keyLength(bytes, at);
}

/**
 * What a leaf's cell says of its value, from `keyEnd` on: twice its length, plus 1 where it is in an overflow chain.
 * -1 for bytes that say nothing.
 */
export function valueHeader(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  return first < ONE_BYTE ? first : readVarint(bytes, at);
}

export function isOverflow(header: number): boolean {
  return (header & 1) === 1;
}

export function valueLength(header: number): number {
  return header >>> 1;
}

/** Where the value, or what the cell says of its chain, begins behind a header that stands at `at`. */
export function valueStart(header: number, at: number): number {
  return header < ONE_BYTE ? at + 1 : at + varintLength(header);
}

/** A value that is in overflow pages. */
export interface Chain {
  readonly firstPage: PageId;
  /** Of the value, in bytes. */
  readonly length: number;
  /** What each of its pages bears: see `overflowImage`. */
  readonly stamp: number;
}

/** What `bytes` say of a value in overflow pages: from `start`, which `valueStart` found. */
export function readChain(bytes: Uint8Array, start: number, length: number): Chain {
  return { firstPage: readU32(bytes, start), length, stamp: readU32(bytes, start + STAMP_AT) };
}

/** The child that an internal cell leads to. */
export function cellChild(bytes: Uint8Array, at: number): PageId {
  return readU32(bytes, keyEnd(bytes, at));
}

/** Child `index` of an internal page: one more than it has cells. */
export function childAt(page: Uint8Array, index: number): PageId {
  return index === 0 ? pageLink(page) : cellChild(page, cellStart(page, index - 1));
}

/** How long the cell at `at` is. -1 where no cell of a page of `type` is there that ends by `end`. */
export function cellBytesWithin(bytes: Uint8Array, type: PageType, at: number, end: number): number {
  if (at + 2 > end) return BAD;
  const second = bytes[at + 1]!;
  // Two bytes at most, and no longer a form than needed.
  if (bytes[at]! >= ONE_BYTE && (second === 0 || second >= ONE_BYTE)) return BAD;
  const behindKey = keyEnd(bytes, at);
  if (behindKey >= end) return BAD;
  const cellEnd = type === LEAF ? leafCellEnd(bytes, behindKey, end) : behindKey + CHILD_BYTES;
  return cellEnd <= end ? cellEnd - at : BAD;
}

function leafCellEnd(bytes: Uint8Array, at: number, end: number): number {
  const header = valueHeader(bytes, at);
  if (header < 0 || header > 2 * MAX_VALUE_BYTES + 1) return end + 1;
  const start = valueStart(header, at);
  return start + (isOverflow(header) ? CHAIN_BYTES : valueLength(header));
}

/** How long the cell at `at` of a page that was checked is. */
export function cellBytes(page: Uint8Array, type: PageType, at: number): number {
  const behindKey = keyEnd(page, at);
  if (type !== LEAF) return behindKey + CHILD_BYTES - at;
  const header = valueHeader(page, behindKey);
  return valueStart(header, behindKey) + (isOverflow(header) ? CHAIN_BYTES : valueLength(header)) - at;
}

/** Whether a value goes into the leaf: its cell and slot take no more than a quarter of a page. */
export function fitsInline(pageBytes: number, keyBytes: number, valueBytes: number): boolean {
  return inlineCellBytes(keyBytes, valueBytes) + SLOT_BYTES <= quarterBytes(pageBytes);
}

function inlineCellBytes(keyBytes: number, valueBytes: number): number {
  return lengthBytes(keyBytes) + keyBytes + varintLength(valueBytes * 2) + valueBytes;
}

function lengthBytes(keyBytes: number): number {
  return keyBytes <= LONGEST_SHORT_KEY ? 1 : 2;
}

/** A leaf's cell with its value. */
export function makeInlineCell(key: Uint8Array, value: Uint8Array): Uint8Array {
  const cell = new Uint8Array(inlineCellBytes(key.length, value.length));
  writeInlineCell(cell, 0, key, value);
  return cell;
}

/** Writes the same at `at`, where there is room for it. Returns where it ends. */
export function writeInlineCell(bytes: Uint8Array, at: number, key: Uint8Array, value: Uint8Array): number {
  const start = writeVarint(bytes, writeKey(bytes, at, key), value.length * 2);
  return copyBytes(bytes, start, value, 0, value.length);
}

/** A leaf's cell whose value is in overflow pages. */
export function makeOverflowCell(key: Uint8Array, chain: Chain): Uint8Array {
  const header = chain.length * 2 + 1;
  const cell = new Uint8Array(lengthBytes(key.length) + key.length + varintLength(header) + CHAIN_BYTES);
  const at = writeVarint(cell, writeKey(cell, 0, key), header);
  writeU32(cell, at, chain.firstPage);
  writeU32(cell, at + STAMP_AT, chain.stamp);
  return cell;
}

/** An internal page's cell: keys from `separator` on are below `child`. */
export function makeInternalCell(separator: Uint8Array, child: PageId): Uint8Array {
  const cell = new Uint8Array(lengthBytes(separator.length) + separator.length + CHILD_BYTES);
  writeU32(cell, writeKey(cell, 0, separator), child);
  return cell;
}

function writeKey(bytes: Uint8Array, at: number, key: Uint8Array): number {
  return copyBytes(bytes, writeVarint(bytes, at, key.length), key, 0, key.length);
}

/**
 * Twice the first slot whose key is not below `key`, plus 1 where it is equal.
 *
 * Every key between two others begins with what those two have in common, so a comparison leaves out what `key` shares
 * with both ends of the search.
 */
export function findSlot(page: Uint8Array, key: Uint8Array): number {
  const keyBytes = key.length;
  let low = 0;
  let high = pageCount(page);
  let sharedLow = 0;
  let sharedHigh = 0;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = cellStart(page, middle);
    const first = page[at]!;
    const length = first < ONE_BYTE ? first : keyLength(page, at);
    const start = first < ONE_BYTE ? at + 1 : at + 2;
    const shortest = length < keyBytes ? length : keyBytes;
    let i = sharedLow < sharedHigh ? sharedLow : sharedHigh;
    while (i < shortest && page[start + i] === key[i]) i++;
    const order = i < shortest ? page[start + i]! - key[i]! : length - keyBytes;
    if (order === 0) return middle * 2 + 1;
    if (order < 0) {
      low = middle + 1;
      sharedLow = i;
    } else {
      high = middle;
      sharedHigh = i;
    }
  }
  return low * 2;
}

/** Which child of an internal page leads to `key`. */
export function findChild(page: Uint8Array, key: Uint8Array): number {
  const found = findSlot(page, key);
  return (found >>> 1) + (found & 1);
}
