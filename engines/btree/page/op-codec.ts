/** Page operations as bytes; FORMAT.md has the layouts. */
import { copyBytes, readVarint, varintLength, writeVarint } from "../../bytes/index.js";
import { unreachable } from "../../env/index.js";
import { STATE_FIELDS } from "./layout.js";
import type { PageId, PageOp, StateField } from "./types.js";

const IMAGE = 1;
const INSERT_CELLS = 2;
const REMOVE_CELLS = 3;
const REPLACE_CELL = 4;
const SET_LINKS = 5;
const SET_LEFTMOST = 6;
const SET_FIELD = 7;
const PUSH_FREE = 8;
const POP_FREE = 9;

const MAX_PAGE_ID = 0xffff_ffff;
/** More than any page has of anything. */
const MAX_COUNT = 0xffff;

/** How many bytes `encodePageOp` writes. */
export function pageOpBytes(op: PageOp): number {
  switch (op.kind) {
    case "image":
      return 1 + sized(op.head) + sized(op.tail);
    case "insertCells":
      return 1 + varintLength(op.slot) + varintLength(op.count) + sized(op.cells);
    case "removeCells":
      return 1 + varintLength(op.slot) + varintLength(op.count);
    case "replaceCell":
      return 1 + varintLength(op.slot) + sized(op.cell);
    case "setLinks":
      return 1 + varintLength(op.left) + varintLength(op.right);
    case "setLeftmost":
      return 1 + varintLength(op.child);
    case "setField":
      return 2 + varintLength(op.value);
    case "pushFree":
      return op.pages.reduce((sum, page) => sum + varintLength(page), 1 + varintLength(op.pages.length));
    case "popFree":
      return 1 + varintLength(op.count);
    default:
      return unreachable("a page operation is of a known kind");
  }
}

/** Writes `op` at `at`; the caller has seen to it that there is room. Returns where the next thing goes. */
export function encodePageOp(op: PageOp, bytes: Uint8Array, at: number): number {
  switch (op.kind) {
    case "image":
      bytes[at] = IMAGE;
      return putBytes(op.tail, bytes, putBytes(op.head, bytes, at + 1));
    case "insertCells":
      bytes[at] = INSERT_CELLS;
      return putBytes(op.cells, bytes, putTwo(op.slot, op.count, bytes, at + 1));
    case "removeCells":
      bytes[at] = REMOVE_CELLS;
      return putTwo(op.slot, op.count, bytes, at + 1);
    case "replaceCell":
      bytes[at] = REPLACE_CELL;
      return putBytes(op.cell, bytes, writeVarint(bytes, at + 1, op.slot));
    case "setLinks":
      bytes[at] = SET_LINKS;
      return putTwo(op.left, op.right, bytes, at + 1);
    case "setLeftmost":
      bytes[at] = SET_LEFTMOST;
      return writeVarint(bytes, at + 1, op.child);
    case "setField":
      bytes[at] = SET_FIELD;
      return putTwo(op.field, op.value, bytes, at + 1);
    case "pushFree": {
      bytes[at] = PUSH_FREE;
      let end = writeVarint(bytes, at + 1, op.pages.length);
      for (const page of op.pages) end = writeVarint(bytes, end, page);
      return end;
    }
    case "popFree":
      bytes[at] = POP_FREE;
      return writeVarint(bytes, at + 1, op.count);
    default:
      return unreachable("a page operation is of a known kind");
  }
}

/** An operation, and where the next thing begins. */
export interface DecodedPageOp {
  readonly op: PageOp;
  readonly next: number;
}

/**
 * The operation that `encodePageOp` wrote at `at`; its bytes are views. Undefined for bytes that it never writes,
 * and where they end too soon; nothing behind the end is read, and no length is believed.
 */
export function decodePageOp(bytes: Uint8Array, at: number): DecodedPageOp | undefined {
  const fields = new Fields(bytes, at);
  const op = decodeKind(fields);
  return fields.isBad || op === undefined ? undefined : { op, next: fields.at };
}

function decodeKind(fields: Fields): PageOp | undefined {
  switch (fields.integer(POP_FREE)) {
    case IMAGE:
      return { kind: "image", head: fields.bytes(), tail: fields.bytes() };
    case INSERT_CELLS: {
      const slot = fields.integer(MAX_COUNT);
      return { kind: "insertCells", slot, count: fields.integer(MAX_COUNT), cells: fields.bytes() };
    }
    case REMOVE_CELLS:
      return { kind: "removeCells", slot: fields.integer(MAX_COUNT), count: fields.integer(MAX_COUNT) };
    case REPLACE_CELL:
      return { kind: "replaceCell", slot: fields.integer(MAX_COUNT), cell: fields.bytes() };
    case SET_LINKS:
      return { kind: "setLinks", left: fields.integer(MAX_PAGE_ID), right: fields.integer(MAX_PAGE_ID) };
    case SET_LEFTMOST:
      return { kind: "setLeftmost", child: fields.integer(MAX_PAGE_ID) };
    case SET_FIELD: {
      const field = fields.integer(STATE_FIELDS - 1) as StateField;
      return { kind: "setField", field, value: fields.integer(Number.MAX_SAFE_INTEGER) };
    }
    case PUSH_FREE:
      return { kind: "pushFree", pages: fields.pageIds() };
    case POP_FREE:
      return { kind: "popFree", count: fields.integer(MAX_COUNT) };
    default:
      return undefined;
  }
}

/** Takes one field after the other. Once one was not there, `isBad` is true and the fields mean nothing. */
class Fields {
  readonly #bytes: Uint8Array;
  at: number;
  isBad = false;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  integer(most: number): number {
    const value = this.isBad ? -1 : readVarint(this.#bytes, this.at);
    if (value < 0 || value > most) {
      this.isBad = true;
      return 0;
    }
    this.at += varintLength(value);
    return value;
  }

  bytes(): Uint8Array {
    const length = this.integer(MAX_COUNT);
    const start = this.at;
    if (length > this.#bytes.length - start) this.isBad = true;
    else this.at += length;
    return this.#bytes.subarray(start, this.at);
  }

  pageIds(): PageId[] {
    const pages: PageId[] = [];
    // Stops with the first that is not there, so a count of more than there are costs nothing.
    for (let left = this.integer(MAX_COUNT); left > 0 && !this.isBad; left--) {
      pages.push(this.integer(MAX_PAGE_ID));
    }
    return pages;
  }
}

function sized(bytes: Uint8Array): number {
  return varintLength(bytes.length) + bytes.length;
}

function putBytes(from: Uint8Array, bytes: Uint8Array, at: number): number {
  return copyBytes(bytes, writeVarint(bytes, at, from.length), from, 0, from.length);
}

function putTwo(first: number, second: number, bytes: Uint8Array, at: number): number {
  return writeVarint(bytes, writeVarint(bytes, at, first), second);
}
