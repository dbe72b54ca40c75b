import { assert } from "../../env/index.js";
import {
  cellBytes,
  cellChild,
  childAt,
  findChild,
  keyEnd,
  keyStart,
  makeInternalCell,
} from "../page/cells.js";
import { PageDamaged } from "../page/errors.js";
import { treePageImage } from "../page/image.js";
import {
  cellStart,
  INTERNAL,
  LEAF,
  leftSibling,
  pageCount,
  pageLink,
  pageType,
  quarterBytes,
  rightSibling,
  SLOT_BYTES,
  usableBytes,
  usedBytes,
} from "../page/layout.js";
import type { PageId } from "../page/types.js";
import { CellRun } from "./cell-run.js";
import { checkLevel } from "./descent.js";
import type { Draft } from "./draft.js";

/** What happens to one slot of a page: its cell goes, or another one comes, or both. */
export interface Edit {
  readonly slot: number;
  readonly removes: boolean;
  readonly cell: Uint8Array | undefined;
}

/** Two pages of one parent beside each other, and the slot there of the separator between them. */
interface Pair {
  readonly leftId: PageId;
  readonly left: Uint8Array;
  readonly rightId: PageId;
  readonly right: Uint8Array;
  readonly separatorSlot: number;
}

/**
 * Edits a leaf, and whatever above it has to change with it. Each page on the path is edited at most once, from the
 * leaf up: a page that gets too full is split, one that gets too empty is merged with a sibling or borrows from it, and
 * either is an edit of the parent. A borrow puts another separator into the parent, which may be longer or shorter, so
 * that after a removal a page above may have to be split, and after a put one above may get too empty.
 */
export class Restructure {
  readonly #draft: Draft;
  /** The page of each level on the way to the key, and which child the way took there. */
  readonly #path: PageId[] = [];
  readonly #children: number[] = [];

  /** Throws `PageFault`, `PageDamaged`; as does `editLeaf`. */
  constructor(draft: Draft, key: Uint8Array) {
    this.#draft = draft;
    let id = draft.state.root;
    for (let level = draft.state.height - 1; level >= 0; level--) {
      const page = draft.page(id);
      checkLevel(page, id, level);
      this.#path[level] = id;
      if (level === 0) break;
      const child = findChild(page, key);
      this.#children[level] = child;
      id = childAt(page, child);
    }
  }

  get leaf(): Uint8Array {
    return this.#draft.page(this.#path[0]!);
  }

  editLeaf(edit: Edit): void {
    let next: Edit | undefined = edit;
    for (let level = 0; next !== undefined; level++) next = this.#edit(level, next);
  }

  /** Returns the edit of the parent that follows. */
  #edit(level: number, edit: Edit): Edit | undefined {
    const draft = this.#draft;
    const id = this.#path[level]!;
    const page = draft.page(id);
    const before = usedBytes(page);
    const after = before + editBytes(page, edit);
    if (after > usableBytes(page.length)) return this.#split(level, edit);
    const isRoot = level === draft.state.height - 1;
    if (isRoot && level > 0 && edit.removes && edit.cell === undefined && pageCount(page) === 1) {
      this.#collapse(id, page);
      return undefined;
    }
    this.#change(id, edit);
    // A right-most page may have less, but only for as long as it grows.
    const isUnderfull = after < before && after < quarterBytes(page.length);
    return isUnderfull && !isRoot ? this.#refill(level) : undefined;
  }

  #change(id: PageId, { slot, removes, cell }: Edit): void {
    if (cell === undefined) this.#draft.change(id, { kind: "removeCells", slot, count: 1 });
    else if (removes) this.#draft.change(id, { kind: "replaceCell", slot, cell });
    else this.#draft.change(id, { kind: "insertCells", slot, count: 1, cells: cell });
  }

  /** The root's last but one child is gone: its only child is the root. */
  #collapse(id: PageId, root: Uint8Array): void {
    const { state } = this.#draft;
    this.#draft.step("collapse-root");
    state.root = pageLink(root);
    state.height--;
    this.#draft.free([id]);
  }

  #split(level: number, edit: Edit): Edit | undefined {
    const draft = this.#draft;
    const id = this.#path[level]!;
    const page = draft.page(id);
    const isLeaf = level === 0;
    // Keys that come in ascending order leave full pages behind: of what is there, only the last cell matters then.
    const isAppend = rightSibling(page) === 0 && !edit.removes && edit.slot === pageCount(page);
    const from = isAppend ? pageCount(page) - 1 : 0;
    const run = editedRun(page, edit, from);
    const { count } = run;
    const cut = isLeaf ? (isAppend ? count - 1 : run.leafCut()) : isAppend ? count - 2 : run.internalCut();
    const rightFrom = isLeaf ? cut : cut + 1;
    assert(from + cut > 0 && rightFrom < count, "a split leaves cells on both sides");
    const separator = isLeaf ? run.separator(cut) : run.key(cut);

    draft.step("split");
    const [newId] = draft.allocate(1) as [PageId];
    const leftmost = isLeaf ? 0 : run.child(cut);
    const type = isLeaf ? LEAF : INTERNAL;
    const parts = { type, level, left: id, right: rightSibling(page), leftmost } as const;
    const cells = run.cells(rightFrom, count);
    draft.change(newId, treePageImage(draft.pageBytes, parts, count - rightFrom, cells));
    this.#relinkLeft(rightSibling(page), id, newId, level);
    this.#keepLeft(id, page, edit, from + cut);
    draft.change(id, { kind: "setLinks", left: leftSibling(page), right: newId });

    const cell = makeInternalCell(separator, newId);
    if (level < draft.state.height - 1) {
      return { slot: this.#children[level + 1]!, removes: false, cell };
    }
    this.#grow(id, cell, level + 1);
    return undefined;
  }

  /** Leaves the first `cut` of the cells that the page would have after the edit. */
  #keepLeft(id: PageId, page: Uint8Array, edit: Edit, cut: number): void {
    const isEditLeft = edit.slot < cut;
    const from = isEditLeft ? cut - 1 + (edit.removes ? 1 : 0) : cut;
    const count = pageCount(page) - from;
    if (count > 0) this.#draft.change(id, { kind: "removeCells", slot: from, count });
    if (isEditLeft) this.#change(id, edit);
  }

  /** A new root above the old one and the page that it was split into. */
  #grow(id: PageId, cell: Uint8Array, level: number): void {
    const draft = this.#draft;
    draft.step("split-root");
    const [rootId] = draft.allocate(1) as [PageId];
    const parts = { type: INTERNAL, level, left: 0, right: 0, leftmost: id } as const;
    draft.change(rootId, treePageImage(draft.pageBytes, parts, 1, cell));
    draft.state.root = rootId;
    draft.state.height++;
  }

  /** The page has too little in it: it is merged with a sibling where both fit into one page, else it borrows. */
  #refill(level: number): Edit {
    const pair = this.#pair(level);
    const { left, right, rightId, separatorSlot } = pair;
    const parent = this.#draft.page(this.#path[level + 1]!);
    const isLeaf = level === 0;
    const run = new CellRun(pageType(left), left.length * 3);
    run.addFrom(left, 0, pageCount(left));
    // Between two internal pages the separator comes down, and leads to the leftmost child of the right one.
    if (!isLeaf) run.addCell(makeInternalCell(keyAt(parent, separatorSlot), pageLink(right)));
    run.addFrom(right, 0, pageCount(right));
    if (run.usedBytes <= usableBytes(left.length)) {
      this.#merge(pair, run, level);
      return { slot: separatorSlot, removes: true, cell: undefined };
    }
    this.#draft.step("borrow");
    const separator = isLeaf ? this.#borrowLeaf(pair, run) : this.#borrowInternal(pair, run);
    return { slot: separatorSlot, removes: true, cell: makeInternalCell(separator, rightId) };
  }

  /** The page of `level` on the path with its left sibling, or with its right one where it is the leftmost child. */
  #pair(level: number): Pair {
    const draft = this.#draft;
    const parentId = this.#path[level + 1]!;
    const parent = draft.page(parentId);
    const child = this.#children[level + 1]!;
    const separatorSlot = child > 0 ? child - 1 : 0;
    const leftId = childAt(parent, separatorSlot);
    if (pageCount(parent) === 0) throw new PageDamaged(parentId, "at least two children", "one");
    const rightId = cellChild(parent, cellStart(parent, separatorSlot));
    const left = draft.page(leftId);
    const right = draft.page(rightId);
    checkLevel(left, leftId, level);
    checkLevel(right, rightId, level);
    if (rightSibling(left) !== rightId || leftSibling(right) !== leftId) {
      throw new PageDamaged(leftId, `page ${rightId} as its right sibling`, `${rightSibling(left)}`);
    }
    return { leftId, left, rightId, right, separatorSlot };
  }

  #merge({ leftId, left, rightId, right }: Pair, run: CellRun, level: number): void {
    const draft = this.#draft;
    draft.step("merge");
    const slot = pageCount(left);
    const count = run.count - slot;
    if (count > 0) {
      draft.change(leftId, { kind: "insertCells", slot, count, cells: run.cells(slot, run.count) });
    }
    draft.change(leftId, { kind: "setLinks", left: leftSibling(left), right: rightSibling(right) });
    this.#relinkLeft(rightSibling(right), rightId, leftId, level);
    draft.free([rightId]);
  }

  /** Moves cells until both leaves have about as much. Returns the new separator. */
  #borrowLeaf({ leftId, left, rightId }: Pair, run: CellRun): Uint8Array {
    const draft = this.#draft;
    const cut = run.leafCut();
    const had = pageCount(left);
    assert(cut !== had, "a page that borrows gets something");
    if (cut < had) {
      const count = had - cut;
      draft.change(rightId, { kind: "insertCells", slot: 0, count, cells: run.cells(cut, had) });
      draft.change(leftId, { kind: "removeCells", slot: cut, count });
    } else {
      const count = cut - had;
      draft.change(leftId, { kind: "insertCells", slot: had, count, cells: run.cells(had, cut) });
      draft.change(rightId, { kind: "removeCells", slot: 0, count });
    }
    return run.separator(cut);
  }

  /** The same between internal pages: the cell across the middle goes up, and its child is the right page's leftmost. */
  #borrowInternal({ leftId, left, rightId }: Pair, run: CellRun): Uint8Array {
    const draft = this.#draft;
    const cut = run.internalCut();
    const had = pageCount(left);
    assert(cut !== had, "a page that borrows gets something");
    if (cut < had) {
      const count = had - cut;
      draft.change(rightId, { kind: "insertCells", slot: 0, count, cells: run.cells(cut + 1, had + 1) });
      draft.change(leftId, { kind: "removeCells", slot: cut, count });
    } else {
      const count = cut - had;
      draft.change(leftId, { kind: "insertCells", slot: had, count, cells: run.cells(had, cut) });
      draft.change(rightId, { kind: "removeCells", slot: 0, count });
    }
    draft.change(rightId, { kind: "setLeftmost", child: run.child(cut) });
    return run.key(cut);
  }

  /** The left sibling of page `id` was `from` and is `to` now. */
  #relinkLeft(id: PageId, from: PageId, to: PageId, level: number): void {
    if (id === 0) return;
    const page = this.#draft.page(id);
    checkLevel(page, id, level);
    if (leftSibling(page) !== from) {
      throw new PageDamaged(id, `page ${from} as its left sibling`, `${leftSibling(page)}`);
    }
    this.#draft.change(id, { kind: "setLinks", left: to, right: rightSibling(page) });
  }
}

/** How much more of the page is in use after the edit. */
function editBytes(page: Uint8Array, { slot, removes, cell }: Edit): number {
  const gone = removes ? cellBytes(page, pageType(page), cellStart(page, slot)) + SLOT_BYTES : 0;
  return (cell === undefined ? 0 : cell.length + SLOT_BYTES) - gone;
}

/** The cells that the page would have after the edit: all, or the last one and one that is added to it. */
function editedRun(page: Uint8Array, { slot, removes, cell }: Edit, from: number): CellRun {
  assert(
    from === 0 || (from + 1 === slot && cell !== undefined),
    "not all only where a cell is added to the last",
  );
  // No cell takes more than a quarter of a page.
  const run = new CellRun(pageType(page), from > 0 ? page.length >>> 1 : page.length * 2);
  run.addFrom(page, from, slot);
  if (cell !== undefined) run.addCell(cell);
  run.addFrom(page, removes ? slot + 1 : slot, pageCount(page));
  return run;
}

function keyAt(page: Uint8Array, slot: number): Uint8Array {
  const at = cellStart(page, slot);
  return page.subarray(keyStart(page, at), keyEnd(page, at));
}
