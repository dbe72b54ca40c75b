/** What the layers of the tree agree on: pages by number, and the operations that change them. */

/** The place of a page in the file, counted from 0. 0 stands for "none" where a page refers to others. */
export type PageId = number;

/** The first pages of the file: two superblocks, then the state page. */
export const STATE_PAGE: PageId = 2;
export const FIRST_TREE_PAGE: PageId = 3;

/** What reads see of pages: one state of all of them, which doesn't change while they look. */
export interface PageReader {
  readonly pageBytes: number;
  /**
   * The page, checked; undefined where it is not in memory. The bytes stay as they are until the reader is done with
   * them: to the end of the call that asked for them, and for a cursor's `leafPage` until it leaves it.
   */
  page(id: PageId): Uint8Array | undefined;
}

/** A write's step that changes the tree's shape. `split-root` and `collapse-root` change its height. */
export type TreeStep = "split" | "split-root" | "merge" | "borrow" | "collapse-root";

/** What writes see of pages. */
export interface PageChanger {
  readonly pageBytes: number;
  /** The page with all changes so far. Throws `PageFault` where it isn't in memory. */
  page(id: PageId): Uint8Array;
  /**
   * Logs `op` and applies it to the page. The tree has called `page(id)` in the same call before, so that this never
   * throws `PageFault`; but for an `image`, which needs nothing of what the page was: it may be free, or new.
   * What `page(id)` gave before may be changed by this or not.
   */
  change(id: PageId, op: PageOp): void;
  /** Told of each step that a write makes, once it makes it: for those who count how often that happens. */
  stepped?(step: TreeStep): void;
}

/** The whole page, but for its checksum, its LSN and the unused bytes between its two ends. */
export interface ImageOp {
  readonly kind: "image";
  /** From the page's type on. */
  readonly head: Uint8Array;
  /** Up to the page's end. */
  readonly tail: Uint8Array;
}

/** `count` cells one behind the other go in before the present cell `slot`. */
export interface InsertCellsOp {
  readonly kind: "insertCells";
  readonly slot: number;
  readonly count: number;
  readonly cells: Uint8Array;
}

export interface RemoveCellsOp {
  readonly kind: "removeCells";
  readonly slot: number;
  readonly count: number;
}

export interface ReplaceCellOp {
  readonly kind: "replaceCell";
  readonly slot: number;
  readonly cell: Uint8Array;
}

/** The siblings of a leaf or an internal page. */
export interface SetLinksOp {
  readonly kind: "setLinks";
  readonly left: PageId;
  readonly right: PageId;
}

/** The leftmost child of an internal page. */
export interface SetLeftmostOp {
  readonly kind: "setLeftmost";
  readonly child: PageId;
}

/** A field of the state page. */
export interface SetFieldOp {
  readonly kind: "setField";
  readonly field: StateField;
  readonly value: number;
}

/** Free pages for a trunk page to list. */
export interface PushFreeOp {
  readonly kind: "pushFree";
  readonly pages: readonly PageId[];
}

/** The last `count` pages that a trunk page lists are no longer free. */
export interface PopFreeOp {
  readonly kind: "popFree";
  readonly count: number;
}

/** A change of one page. The same one makes the change and makes it again from the log. */
export type PageOp =
  | ImageOp
  | InsertCellsOp
  | RemoveCellsOp
  | ReplaceCellOp
  | SetLinksOp
  | SetLeftmostOp
  | SetFieldOp
  | PushFreeOp
  | PopFreeOp;

/** Index of a field of the state page. */
export type StateField = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** What the state page holds. */
export interface TreeState {
  readonly root: PageId;
  /** Levels, the leaves' included: 1 where the root is a leaf. */
  readonly height: number;
  /** Pages of the file, the superblocks included: the number that the next new page gets. */
  readonly pageCount: number;
  /** The first trunk page of the free list, 0 where nothing is free. */
  readonly freeHead: PageId;
  /** Pages on the free list, its trunk pages included. */
  readonly freeCount: number;
  /** Pages in overflow chains. */
  readonly overflowCount: number;
  readonly entries: number;
}

export type MutableTreeState = { -readonly [K in keyof TreeState]: TreeState[K] };
