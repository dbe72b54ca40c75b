/**
 * Pages: the fixed-size pieces of a B-tree's file, and the operations that change them.
 *
 * What lives here: the layout of pages and of their cells, the closed set of `PageOp`s with their codec, what applies
 * them, checksums, and the two interfaces through which the tree sees pages (`PageReader`, `PageChanger`).
 *
 * What it promises: the same operations on the same page give the same bytes, whether they are made for the first time
 * or again from the log. An operation that makes no sense for a page is refused, and the page is as it was. Unused
 * bytes are zeros, so that an image, which leaves them out, is the whole page. Decoding is safe on any bytes.
 *
 * What it does not: nothing here touches a disk or knows which pages are in memory. It orders no keys, and keeps no
 * page filled: that is the tree's.
 */
export { applyPageOp } from "./apply.js";
export {
  CELL_BYTES_BESIDE,
  fitsInline,
  keyEnd,
  keyStart,
  valueHeader,
  valueStart,
  writeInlineCell,
} from "./cells.js";
export { PageDamaged, PageFault } from "./errors.js";
export { imageOf } from "./image.js";
export {
  ENTRIES,
  FREE_COUNT,
  FREE_HEAD,
  HEIGHT,
  INTERNAL,
  LEAF,
  MAX_PAGE_BYTES,
  MIN_PAGE_BYTES,
  OVERFLOW,
  OVERFLOW_COUNT,
  PAGE_COUNT,
  ROOT,
  STATE,
  TRUNK,
  pageLevel,
  pageType,
  readPageLsn,
  readState,
  readStateInto,
  usedBytes,
  writePageLsn,
  type PageType,
} from "./layout.js";
export { decodePageOp, encodePageOp, pageOpBytes, type DecodedPageOp } from "./op-codec.js";
export { checkPage, sealPage } from "./seal.js";
export { FIRST_TREE_PAGE, STATE_PAGE } from "./types.js";
export type {
  ImageOp,
  InsertCellsOp,
  MutableTreeState,
  PageChanger,
  PageId,
  PageOp,
  PageReader,
  PopFreeOp,
  PushFreeOp,
  RemoveCellsOp,
  ReplaceCellOp,
  SetFieldOp,
  SetLeftmostOp,
  SetLinksOp,
  StateField,
  TreeState,
  TreeStep,
} from "./types.js";
