import { compareKeys, type StoreProblem } from "../../store/index.js";
import {
  cellChild,
  childAt,
  fitsInline,
  isOverflow,
  keyEnd,
  keyLength,
  keyStart,
  readChain,
  valueHeader,
  valueLength,
  valueStart,
  type Chain,
} from "../page/cells.js";
import { cellsProblem, unorderedSlot } from "../page/cells-problem.js";
import { headerProblem } from "../page/header-problem.js";
import {
  cellStart,
  INTERNAL,
  LEAF,
  leftSibling,
  pageCount,
  pageLevel,
  pageLink,
  pageType,
  quarterBytes,
  readFreeEntry,
  readState,
  rightSibling,
  STATE,
  TRUNK,
  usableBytes,
  usedBytes,
} from "../page/layout.js";
import { STATE_PAGE, type PageId, type PageReader, type TreeState } from "../page/types.js";
import { Census, type TreeRule } from "./census.js";
import { overflowProblem } from "./overflow.js";

/** So often it lets others have a turn: checking that many pages takes well below a millisecond. */
const PAGES_A_TURN = 32;

/** A level is one byte of a page. */
const MAX_LEVELS = 256;

/** In place of a page: one was left out, so that links can't be judged up to the next one. */
const UNKNOWN = -1;

export interface TreeReport {
  readonly problems: readonly StoreProblem[];
  readonly entries: number;
  /** Pages that were looked at. */
  readonly checked: number;
}

/** It yields a page that it needs, or 0; it is told why a page can't be read, or nothing. */
type Check<T> = Generator<PageId, T, string | undefined>;

/**
 * Checks every rule of the structure. It yields the page that it needs and that is not in memory: load it and go on with
 * `next(undefined)`, or with `next(why)` where it can't be read, which is reported, and the check goes on beside it. It
 * yields 0 now and then, so that others get their turn. What it needs of memory is a bit for each page and a path.
 */
export function* verifyTree(pages: PageReader): Generator<PageId, TreeReport, string | undefined> {
  const page = yield* load(pages, STATE_PAGE);
  const census = new Census(0);
  if (typeof page === "string") census.report("page-unreadable", STATE_PAGE, page);
  else if (pageType(page) === STATE) return yield* new Verifier(pages, readState(page)).run();
  else census.report("page-type", STATE_PAGE, `type ${pageType(page)}, not the state page`);
  return { problems: census.problems, entries: 0, checked: 1 };
}

/** The page, or why it can't be read. */
function* load(pages: PageReader, id: PageId): Check<Uint8Array | string> {
  for (;;) {
    const page = pages.page(id);
    if (page !== undefined) return page;
    const why = yield id;
    if (why !== undefined) return why;
  }
}

/** The keys that a page may hold: from `lower` on, and below `upper`. Undefined: without an end. */
interface KeyRange {
  readonly lower: Uint8Array | undefined;
  readonly upper: Uint8Array | undefined;
}

class Verifier {
  readonly #pages: PageReader;
  readonly #state: TreeState;
  readonly #census: Census;
  /** Of each level, the page visited last, and what it says is its right sibling. */
  readonly #lastPage: PageId[] = Array.from({ length: MAX_LEVELS }, () => 0);
  readonly #expectedRight: PageId[] = Array.from({ length: MAX_LEVELS }, () => UNKNOWN);
  #checked = 0;
  #entries = 0;
  #overflowPages = 0;
  /** A page was left out with all that hangs from it, so that counts and leaks can't be judged. */
  #isPartial = false;

  constructor(pages: PageReader, state: TreeState) {
    this.#pages = pages;
    this.#state = state;
    this.#census = new Census(state.pageCount);
  }

  *run(): Check<TreeReport> {
    const state = this.#state;
    yield* this.#subtree(state.root, state.height - 1, { lower: undefined, upper: undefined });
    this.#checkLastPages();
    yield* this.#freeList();
    if (!this.#isPartial) {
      this.#compare("entries", state.entries, this.#entries);
      this.#compare("overflow pages", state.overflowCount, this.#overflowPages);
      this.#census.reportLeaks();
    }
    return { problems: this.#census.problems, entries: this.#entries, checked: this.#checked };
  }

  *#subtree(id: PageId, level: number, range: KeyRange): Check<void> {
    const page = yield* this.#visit(id);
    if (page === undefined) return;
    const type = pageType(page);
    if (type !== LEAF && type !== INTERNAL) {
      this.#leaveOut("page-type", id, `type ${type} in the tree`);
      return;
    }
    if (pageLevel(page) !== level) {
      this.#leaveOut("unbalanced", id, `level ${pageLevel(page)} in place of ${level}`);
      return;
    }
    const problem = headerProblem(page) ?? cellsProblem(page);
    if (problem !== undefined) {
      this.#leaveOut("page-cells", id, problem);
      return;
    }
    this.#checkKeys(id, page, range);
    this.#checkFill(id, page);
    this.#checkLinks(id, page, level);
    if (type === LEAF) yield* this.#leaf(id, page);
    else yield* this.#children(page, level, range);
  }

  /** Takes what it needs of the page first: its bytes may be gone when a child has been loaded. */
  *#children(page: Uint8Array, level: number, range: KeyRange): Check<void> {
    const children = [childAt(page, 0)];
    const separators: Uint8Array[] = [];
    for (let slot = 0; slot < pageCount(page); slot++) {
      children.push(cellChild(page, cellStart(page, slot)));
      separators.push(keyOf(page, slot).slice());
    }
    for (let i = 0; i < children.length; i++) {
      const below = { lower: separators[i - 1] ?? range.lower, upper: separators[i] ?? range.upper };
      yield* this.#subtree(children[i]!, level - 1, below);
    }
  }

  *#leaf(id: PageId, page: Uint8Array): Check<void> {
    this.#entries += pageCount(page);
    const chains: Chain[] = [];
    for (let slot = 0; slot < pageCount(page); slot++) {
      const start = cellStart(page, slot);
      const at = keyEnd(page, start);
      const header = valueHeader(page, at);
      if (!isOverflow(header)) continue;
      const length = valueLength(header);
      if (fitsInline(page.length, keyLength(page, start), length)) {
        this.#census.report("overflow-chain", id, `a value of ${length} bytes in a chain`);
      }
      chains.push(readChain(page, valueStart(header, at), length));
    }
    for (const chain of chains) yield* this.#chain(chain);
  }

  *#chain(chain: Chain): Check<void> {
    let id = chain.firstPage;
    for (let left = chain.length; id !== 0; left -= usableBytes(this.#pages.pageBytes)) {
      const page = yield* this.#visit(id);
      if (page === undefined) return;
      const problem = overflowProblem(page, chain, left);
      if (problem !== undefined) {
        this.#leaveOut("overflow-chain", id, `${problem}, with ${left} bytes to come`);
        return;
      }
      this.#overflowPages++;
      id = pageLink(page);
    }
  }

  *#freeList(): Check<void> {
    let free = 0;
    for (let id = this.#state.freeHead; id !== 0;) {
      const page = yield* this.#visit(id);
      if (page === undefined) return;
      const problem = pageType(page) === TRUNK ? headerProblem(page) : `type ${pageType(page)}`;
      if (problem !== undefined) {
        this.#leaveOut("free-list", id, problem);
        return;
      }
      for (let i = 0; i < pageCount(page); i++) this.#census.claim(readFreeEntry(page, i));
      free += 1 + pageCount(page);
      id = pageLink(page);
    }
    this.#compare("free pages", this.#state.freeCount, free);
  }

  #checkKeys(id: PageId, page: Uint8Array, { lower, upper }: KeyRange): void {
    const count = pageCount(page);
    const slot = unorderedSlot(page);
    if (slot >= 0) this.#census.report("key-order", id, `key ${slot} is not above the one before`);
    if (count === 0) return;
    if (lower !== undefined && compareKeys(keyOf(page, 0), lower) < 0) {
      this.#census.report("key-bounds", id, "the first key is below the separator");
    }
    if (upper !== undefined && compareKeys(keyOf(page, count - 1), upper) >= 0) {
      this.#census.report("key-bounds", id, "the last key is not below the next separator");
    }
  }

  #checkFill(id: PageId, page: Uint8Array): void {
    if (id === this.#state.root) {
      if (pageType(page) === INTERNAL && pageCount(page) === 0)
        this.#census.report("underfull", id, "a root with one child");
      return;
    }
    const used = usedBytes(page);
    const least = quarterBytes(page.length);
    if (pageCount(page) > 0 && (rightSibling(page) === 0 || used >= least)) return;
    this.#census.report("underfull", id, `${used} bytes in use, at least ${least} expected`);
  }

  #checkLinks(id: PageId, page: Uint8Array, level: number): void {
    const before = this.#lastPage[level]!;
    const expected = this.#expectedRight[level]!;
    if (before !== UNKNOWN && leftSibling(page) !== before) {
      this.#census.report("sibling-link", id, `left sibling ${leftSibling(page)}, not page ${before}`);
    }
    if (expected !== UNKNOWN && expected !== id) {
      this.#census.report("sibling-link", before, `right sibling ${expected}, not page ${id}`);
    }
    this.#lastPage[level] = id;
    this.#expectedRight[level] = rightSibling(page);
  }

  #checkLastPages(): void {
    for (const [level, right] of this.#expectedRight.entries()) {
      if (right === 0 || right === UNKNOWN) continue;
      this.#census.report(
        "sibling-link",
        this.#lastPage[level]!,
        `last of its level, and then page ${right}`,
      );
    }
  }

  #compare(what: string, stated: number, counted: number): void {
    if (stated === counted || this.#isPartial) return;
    this.#census.report("state-count", STATE_PAGE, `${stated} ${what} stated, ${counted} counted`);
  }

  /** The page, where it may be used here and can be read. */
  *#visit(id: PageId): Check<Uint8Array | undefined> {
    if (!this.#census.claim(id)) {
      this.#hasGap();
      return undefined;
    }
    if (++this.#checked % PAGES_A_TURN === 0) yield 0;
    const page = yield* load(this.#pages, id);
    if (typeof page !== "string") return page;
    this.#leaveOut("page-unreadable", id, page);
    return undefined;
  }

  #hasGap(): void {
    this.#isPartial = true;
    this.#lastPage.fill(UNKNOWN);
    this.#expectedRight.fill(UNKNOWN);
  }

  #leaveOut(rule: TreeRule, id: PageId, message: string): void {
    this.#hasGap();
    this.#census.report(rule, id, message);
  }
}

function keyOf(page: Uint8Array, slot: number): Uint8Array {
  const at = cellStart(page, slot);
  return page.subarray(keyStart(page, at), keyEnd(page, at));
}
