import { crc32c } from "../../bytes/index.js";
import { assert } from "../../env/index.js";
import {
  cellBytes,
  childAt,
  findChild,
  findSlot,
  fitsInline,
  isOverflow,
  keyEnd,
  makeInlineCell,
  makeOverflowCell,
  readChain,
  valueHeader,
  valueLength,
  valueStart,
  type Chain,
} from "../page/cells.js";
import { overflowImage, stateImage, treePageImage } from "../page/image.js";
import {
  cellStart,
  ENTRIES,
  HEIGHT,
  LEAF,
  pageLink,
  quarterBytes,
  readField,
  ROOT,
  SLOT_BYTES,
  usableBytes,
  usedBytes,
} from "../page/layout.js";
import { FIRST_TREE_PAGE, STATE_PAGE, type PageChanger, type PageId } from "../page/types.js";
import { checkLevel, checkState } from "./descent.js";
import { Draft } from "./draft.js";
import { treeLimits } from "./limits.js";
import { chainPages, checkOverflow } from "./overflow.js";
import { Restructure } from "./restructure.js";

/** Makes the state page and an empty root leaf: all that a new tree has. */
export function createTree(pages: PageChanger): void {
  const root = FIRST_TREE_PAGE;
  const pageCount = root + 1;
  const state = { root, height: 1, pageCount, freeHead: 0, freeCount: 0, overflowCount: 0, entries: 0 };
  const leaf = { type: LEAF, level: 0, left: 0, right: 0, leftmost: 0 } as const;
  pages.change(STATE_PAGE, stateImage(state));
  pages.change(root, treePageImage(pages.pageBytes, leaf, 0, new Uint8Array(0)));
}

/**
 * Puts the entry in, in place of the one with the same key. The lengths are within `treeLimits`.
 * Throws `PageFault`, `PageDamaged`; nothing is changed then.
 */
export function putEntry(pages: PageChanger, key: Uint8Array, value: Uint8Array): void {
  const limits = treeLimits(pages.pageBytes);
  assert(key.length <= limits.keyBytes, "a key is within the tree's limits");
  assert(value.length <= limits.valueBytes, "a value is within the tree's limits");
  if (fitsInline(pages.pageBytes, key.length, value.length)) {
    putCell(pages, key, makeInlineCell(key, value));
  } else {
    putAcrossPages(pages, key, (draft) => makeOverflowCell(key, writeChain(draft, value)));
  }
}

/** The same for an entry that goes into a leaf, whose `cell` is there already. */
export function putCell(pages: PageChanger, key: Uint8Array, cell: Uint8Array): void {
  assert(
    cell.length + SLOT_BYTES <= quarterBytes(pages.pageBytes),
    "a cell takes no more than a quarter of a page",
  );
  const state = pages.page(STATE_PAGE);
  const leafId = findLeaf(pages, state, key);
  const leaf = pages.page(leafId);
  const found = findSlot(leaf, key);
  const slot = found >>> 1;
  const isReplaced = (found & 1) === 1;
  if (!isReplaced) {
    if (usedBytes(leaf) + cell.length + SLOT_BYTES > usableBytes(leaf.length)) {
      return putAcrossPages(pages, key, () => cell);
    }
    const entries = readField(state, ENTRIES) + 1;
    pages.change(leafId, { kind: "insertCells", slot, count: 1, cells: cell });
    pages.change(STATE_PAGE, { kind: "setField", field: ENTRIES, value: entries });
  } else {
    if (!fitsAfter(leaf, slot, cell.length, leafId === readField(state, ROOT))) {
      return putAcrossPages(pages, key, () => cell);
    }
    pages.change(leafId, { kind: "replaceCell", slot, cell });
  }
}

/** Removes the entry. False where there is none. Throws as `putEntry` does. */
export function removeEntry(pages: PageChanger, key: Uint8Array): boolean {
  const state = pages.page(STATE_PAGE);
  const leafId = findLeaf(pages, state, key);
  const leaf = pages.page(leafId);
  const found = findSlot(leaf, key);
  const slot = found >>> 1;
  if ((found & 1) === 0) return false;
  if (fitsAfter(leaf, slot, -SLOT_BYTES, leafId === readField(state, ROOT))) {
    const entries = readField(state, ENTRIES) - 1;
    pages.change(leafId, { kind: "removeCells", slot, count: 1 });
    pages.change(STATE_PAGE, { kind: "setField", field: ENTRIES, value: entries });
    return true;
  }
  const draft = new Draft(pages);
  const restructure = new Restructure(draft, key);
  freeChain(draft, restructure.leaf, slot);
  restructure.editLeaf({ slot, removes: true, cell: undefined });
  draft.state.entries--;
  draft.commit();
  return true;
}

function findLeaf(pages: PageChanger, state: Uint8Array, key: Uint8Array): PageId {
  checkState(state);
  let id = readField(state, ROOT);
  for (let level = readField(state, HEIGHT) - 1; ; level--) {
    const page = pages.page(id);
    checkLevel(page, id, level);
    if (level === 0) return id;
    id = childAt(page, findChild(page, key));
  }
}

/**
 * Whether nothing but the leaf changes when the cell in `slot` gets a size of `bytes`: it had no overflow pages, and
 * the leaf is neither too full then nor, unless it is the root, too empty.
 */
function fitsAfter(leaf: Uint8Array, slot: number, bytes: number, isRoot: boolean): boolean {
  const start = cellStart(leaf, slot);
  if (isOverflow(valueHeader(leaf, keyEnd(leaf, start)))) return false;
  const grown = bytes - cellBytes(leaf, LEAF, start);
  const after = usedBytes(leaf) + grown;
  if (after > usableBytes(leaf.length)) return false;
  return isRoot || grown >= 0 || after >= quarterBytes(leaf.length);
}

function putAcrossPages(pages: PageChanger, key: Uint8Array, makeCell: (draft: Draft) => Uint8Array): void {
  const draft = new Draft(pages);
  const restructure = new Restructure(draft, key);
  const found = findSlot(restructure.leaf, key);
  const slot = found >>> 1;
  const removes = (found & 1) === 1;
  if (removes) freeChain(draft, restructure.leaf, slot);
  else draft.state.entries++;
  restructure.editLeaf({ slot, removes, cell: makeCell(draft) });
  draft.commit();
}

function writeChain(draft: Draft, value: Uint8Array): Chain {
  const stamp = crc32c(value, 0, value.length);
  const capacity = usableBytes(draft.pageBytes);
  const ids = draft.allocate(chainPages(draft.pageBytes, value.length));
  for (let i = 0; i < ids.length; i++) {
    const end = Math.min(value.length, (i + 1) * capacity);
    draft.change(ids[i]!, overflowImage(value, stamp, i * capacity, end, ids[i + 1] ?? 0));
  }
  draft.state.overflowCount += ids.length;
  return { firstPage: ids[0]!, length: value.length, stamp };
}

/** Frees the overflow pages of the value in `slot`, if it has any. */
function freeChain(draft: Draft, leaf: Uint8Array, slot: number): void {
  const at = keyEnd(leaf, cellStart(leaf, slot));
  const header = valueHeader(leaf, at);
  if (!isOverflow(header)) return;
  const capacity = usableBytes(draft.pageBytes);
  const ids: PageId[] = [];
  const chain = readChain(leaf, valueStart(header, at), valueLength(header));
  let id = chain.firstPage;
  for (let left = chain.length; id !== 0; left -= capacity) {
    const page = draft.page(id);
    checkOverflow(page, id, chain, left);
    ids.push(id);
    id = pageLink(page);
  }
  draft.free(ids);
  draft.state.overflowCount -= ids.length;
}
