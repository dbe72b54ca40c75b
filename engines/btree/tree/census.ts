import type { StoreProblem } from "../../store/index.js";
import { FIRST_TREE_PAGE, type PageId } from "../page/types.js";

/** More problems than this say no more. */
const MOST_PROBLEMS = 100;

/** The rules, as `StoreProblem.rule` names them. */
export const TREE_RULES = [
  /** The page can't be read: what loads pages said so. */
  "page-unreadable",
  /** It is not of the type that the page which refers to it says. */
  "page-type",
  /** The cells of a leaf or an internal page don't cover its end, or are no cells, or what is free is not zeros. */
  "page-cells",
  /** A reference to a page that no such page can be. */
  "page-out-of-range",
  /** Two references to one page. */
  "page-used-twice",
  /** No reference to a page, and it isn't on the free list. */
  "page-leaked",
  /** Keys that don't ascend within a page. */
  "key-order",
  /** A key outside of what the separators above its page allow. */
  "key-bounds",
  /** Leaves at different depths, or a level that is not one below its parent's. */
  "unbalanced",
  /** Less than a quarter in use, and neither the root nor the right-most of its level; or nothing at all. */
  "underfull",
  /** Siblings that don't point at each other in the order of their keys. */
  "sibling-link",
  /** A chain that is not the value's length, or a value in a chain that fits into the leaf. */
  "overflow-chain",
  /** The free list's pages. */
  "free-list",
  /** A count of the state page that is not what was counted. */
  "state-count",
] as const;

export type TreeRule = (typeof TREE_RULES)[number];

/** What a check has found, and which pages something refers to: a bit for each. */
export class Census {
  readonly problems: StoreProblem[] = [];
  readonly #pageCount: number;
  readonly #claimed: Uint8Array;

  /** The superblocks and the state page are claimed from the beginning. */
  constructor(pageCount: number) {
    this.#pageCount = pageCount;
    this.#claimed = new Uint8Array(Math.ceil(pageCount / 8));
    for (let id = 0; id < FIRST_TREE_PAGE; id++) this.#mark(id);
  }

  report(rule: TreeRule, id: PageId, message: string): void {
    if (this.problems.length < MOST_PROBLEMS) this.problems.push({ rule, where: `page ${id}`, message });
  }

  /** Whether there is such a page, and this is the first reference to it. */
  claim(id: PageId): boolean {
    if (id >= this.#pageCount || id < FIRST_TREE_PAGE) {
      this.report("page-out-of-range", id, `of ${this.#pageCount} pages`);
      return false;
    }
    if (this.#isClaimed(id)) {
      this.report("page-used-twice", id, "a second reference");
      return false;
    }
    this.#mark(id);
    return true;
  }

  reportLeaks(): void {
    for (let id = 0; id < this.#pageCount; id++) {
      if (!this.#isClaimed(id)) this.report("page-leaked", id, "nothing refers to it");
    }
  }

  #isClaimed(id: PageId): boolean {
    return (this.#claimed[id >>> 3]! & (1 << (id & 7))) !== 0;
  }

  #mark(id: PageId): void {
    this.#claimed[id >>> 3]! |= 1 << (id & 7);
  }
}
