/** Where things stand in a page; FORMAT.md has the diagrams. */
import { readU32, readU64, writeU32, writeU64 } from "../../bytes/index.js";
import { assert } from "../../env/index.js";
import type { MutableTreeState, PageId, StateField } from "./types.js";

export const MIN_PAGE_BYTES = 512;
export const MAX_PAGE_BYTES = 32_768;
export const HEADER_BYTES = 32;

const LSN_AT = 4;
/** The checksum and the LSN before it are no part of an image. */
export const TYPE_AT = 12;
const LEVEL_AT = 13;
const COUNT_AT = 14;
const CONTENT_AT = 16;
const LEFT_AT = 20;
const RIGHT_AT = 24;
const LINK_AT = 28;

export const SLOT_BYTES = 2;
export const FREE_ENTRY_BYTES = 4;

export const STATE = 1;
export const LEAF = 2;
export const INTERNAL = 3;
export const OVERFLOW = 4;
export const TRUNK = 5;
export type PageType = typeof STATE | typeof LEAF | typeof INTERNAL | typeof OVERFLOW | typeof TRUNK;

/** Of the state page. */
export const ROOT: StateField = 0;
export const HEIGHT: StateField = 1;
export const PAGE_COUNT: StateField = 2;
export const FREE_HEAD: StateField = 3;
export const FREE_COUNT: StateField = 4;
export const OVERFLOW_COUNT: StateField = 5;
export const ENTRIES: StateField = 6;
export const STATE_FIELDS = 7;
const FIELD_BYTES = 8;
export const STATE_END: number = HEADER_BYTES + STATE_FIELDS * FIELD_BYTES;

/** The highest LSN of an operation that the page holds; 0 for none. */
export function readPageLsn(page: Uint8Array): number {
  return readU64(page, LSN_AT);
}

export function writePageLsn(page: Uint8Array, lsn: number): void {
  assert(Number.isSafeInteger(lsn) && lsn >= 0, "an LSN counts exactly");
  writeU64(page, LSN_AT, lsn);
}

/** The type of a page that was checked. */
export function pageType(page: Uint8Array): PageType {
  return page[TYPE_AT] as PageType;
}

/** 0 for leaves, and for pages outside the tree. */
export function pageLevel(page: Uint8Array): number {
  return page[LEVEL_AT]!;
}

/** Cells of a leaf or an internal page, bytes of an overflow page, free pages that a trunk lists. */
export function pageCount(page: Uint8Array): number {
  return page[COUNT_AT]! | (page[COUNT_AT + 1]! << 8);
}

export function writePageCount(page: Uint8Array, count: number): void {
  page[COUNT_AT] = count;
  page[COUNT_AT + 1] = count >>> 8;
}

/** Where the cells begin that stand at the page's end. */
export function contentStart(page: Uint8Array): number {
  return page[CONTENT_AT]! | (page[CONTENT_AT + 1]! << 8);
}

export function writeContentStart(page: Uint8Array, at: number): void {
  page[CONTENT_AT] = at;
  page[CONTENT_AT + 1] = at >>> 8;
}

/** Of an overflow page; it stands where a page of the tree has its left sibling. */
export function overflowStamp(page: Uint8Array): number {
  return readU32(page, LEFT_AT);
}

export function writeOverflowStamp(page: Uint8Array, stamp: number): void {
  writeU32(page, LEFT_AT, stamp);
}

export function leftSibling(page: Uint8Array): PageId {
  return readU32(page, LEFT_AT);
}

export function rightSibling(page: Uint8Array): PageId {
  return readU32(page, RIGHT_AT);
}

export function writeSiblings(page: Uint8Array, left: PageId, right: PageId): void {
  writeU32(page, LEFT_AT, left);
  writeU32(page, RIGHT_AT, right);
}

/** The leftmost child of an internal page; the next page of an overflow chain, or of the trunks. */
export function pageLink(page: Uint8Array): PageId {
  return readU32(page, LINK_AT);
}

export function writePageLink(page: Uint8Array, link: PageId): void {
  writeU32(page, LINK_AT, link);
}

export function writePageType(page: Uint8Array, type: PageType, level: number): void {
  page[TYPE_AT] = type;
  page[LEVEL_AT] = level;
}

/** Where cell `slot` begins. */
export function cellStart(page: Uint8Array, slot: number): number {
  const at = HEADER_BYTES + slot * SLOT_BYTES;
  return page[at]! | (page[at + 1]! << 8);
}

export function writeSlot(page: Uint8Array, slot: number, start: number): void {
  const at = HEADER_BYTES + slot * SLOT_BYTES;
  page[at] = start;
  page[at + 1] = start >>> 8;
}

/** Bytes for cells and their slots. */
export function usableBytes(pageBytes: number): number {
  return pageBytes - HEADER_BYTES;
}

/** What the cells and slots of a leaf or an internal page take. */
export function usedBytes(page: Uint8Array): number {
  return page.length - contentStart(page) + pageCount(page) * SLOT_BYTES;
}

/** At most this for a cell with its slot, and at least this in use in a page: see FORMAT.md for why it works out. */
export function quarterBytes(pageBytes: number): number {
  return usableBytes(pageBytes) >>> 2;
}

/** How many free pages a trunk page can list. */
export function trunkCapacity(pageBytes: number): number {
  return Math.floor(usableBytes(pageBytes) / FREE_ENTRY_BYTES);
}

export function readFreeEntry(page: Uint8Array, index: number): PageId {
  return readU32(page, HEADER_BYTES + index * FREE_ENTRY_BYTES);
}

export function readField(page: Uint8Array, field: StateField): number {
  return readU64(page, HEADER_BYTES + field * FIELD_BYTES);
}

export function writeField(page: Uint8Array, field: StateField, value: number): void {
  writeU64(page, HEADER_BYTES + field * FIELD_BYTES, value);
}

/** The fields of the state page. */
export function readState(page: Uint8Array): MutableTreeState {
  const state = { root: 0, height: 0, pageCount: 0, freeHead: 0, freeCount: 0, overflowCount: 0, entries: 0 };
  readStateInto(state, page);
  return state;
}

/** The same without a new object: after every group of batches they are read. */
export function readStateInto(state: MutableTreeState, page: Uint8Array): void {
  state.root = readField(page, ROOT);
  state.height = readField(page, HEIGHT);
  state.pageCount = readField(page, PAGE_COUNT);
  state.freeHead = readField(page, FREE_HEAD);
  state.freeCount = readField(page, FREE_COUNT);
  state.overflowCount = readField(page, OVERFLOW_COUNT);
  state.entries = readField(page, ENTRIES);
}
