import { writeU32 } from "../../bytes/index.js";
import { unreachable } from "../../env/index.js";
import { insertCells, removeCells, replaceCell } from "./apply-cells.js";

import { headEnd, headerProblem } from "./header-problem.js";
import {
  contentStart,
  ENTRIES,
  FREE_ENTRY_BYTES,
  HEADER_BYTES,
  INTERNAL,
  LEAF,
  pageCount,
  pageType,
  STATE,
  STATE_FIELDS,
  TRUNK,
  trunkCapacity,
  TYPE_AT,
  writeField,
  writePageCount,
  writePageLink,
  writeSiblings,
} from "./layout.js";
import type { ImageOp, PageId, PageOp, SetFieldOp } from "./types.js";

const MAX_FIELD = 0xffff_ffff;

/**
 * Makes the change. False where it makes no sense for the page, which is then as it was: of an operation that is done
 * for the first time the code's own mistake, of one from the log damage. The LSN and the checksum are the caller's.
 */
export function applyPageOp(page: Uint8Array, op: PageOp): boolean {
  switch (op.kind) {
    case "image":
      return applyImage(page, op);
    case "insertCells":
      return insertCells(page, op.slot, op.count, op.cells);
    case "removeCells":
      return removeCells(page, op.slot, op.count);
    case "replaceCell":
      return replaceCell(page, op.slot, op.cell);
    case "setLinks":
      if (pageType(page) !== LEAF && pageType(page) !== INTERNAL) return false;
      writeSiblings(page, op.left, op.right);
      return true;
    case "setLeftmost":
      if (pageType(page) !== INTERNAL) return false;
      writePageLink(page, op.child);
      return true;
    case "setField":
      return setField(page, op);
    case "pushFree":
      return pushFree(page, op.pages);
    case "popFree":
      return popFree(page, op.count);
    default:
      return unreachable("a page operation is of a known kind");
  }
}

function applyImage(page: Uint8Array, { head, tail }: ImageOp): boolean {
  if (head.length < HEADER_BYTES - TYPE_AT || TYPE_AT + head.length + tail.length > page.length) return false;
  const before = page.slice(0, HEADER_BYTES);
  page.fill(0, 0, TYPE_AT);
  page.set(head.subarray(0, HEADER_BYTES - TYPE_AT), TYPE_AT);
  const type = pageType(page);
  const tailStart = type === LEAF || type === INTERNAL ? contentStart(page) : page.length;
  const isWhole =
    headerProblem(page) === undefined &&
    TYPE_AT + head.length === headEnd(type, pageCount(page)) &&
    tailStart === page.length - tail.length;
  if (!isWhole) {
    page.set(before);
    return false;
  }
  page.set(head, TYPE_AT);
  page.fill(0, TYPE_AT + head.length, tailStart);
  page.set(tail, tailStart);
  return true;
}

function setField(page: Uint8Array, { field, value }: SetFieldOp): boolean {
  if (pageType(page) !== STATE || field >= STATE_FIELDS || (field !== ENTRIES && value > MAX_FIELD))
    return false;
  writeField(page, field, value);
  return true;
}

function pushFree(page: Uint8Array, pages: readonly PageId[]): boolean {
  const count = pageCount(page);
  if (pageType(page) !== TRUNK || count + pages.length > trunkCapacity(page.length)) return false;
  for (let i = 0; i < pages.length; i++) {
    writeU32(page, HEADER_BYTES + (count + i) * FREE_ENTRY_BYTES, pages[i]!);
  }
  writePageCount(page, count + pages.length);
  return true;
}

function popFree(page: Uint8Array, count: number): boolean {
  const left = pageCount(page) - count;
  if (pageType(page) !== TRUNK || left < 0) return false;
  const start = HEADER_BYTES + left * FREE_ENTRY_BYTES;
  page.fill(0, start, start + count * FREE_ENTRY_BYTES);
  writePageCount(page, left);
  return true;
}
