import { assert } from "../../env/index.js";
import { applyPageOp } from "../page/apply.js";
import { PageDamaged } from "../page/errors.js";
import { trunkImage } from "../page/image.js";
import {
  ENTRIES,
  FREE_COUNT,
  FREE_HEAD,
  HEIGHT,
  OVERFLOW_COUNT,
  PAGE_COUNT,
  pageCount,
  pageLink,
  pageType,
  readFreeEntry,
  readState,
  ROOT,
  TRUNK,
  trunkCapacity,
} from "../page/layout.js";
import {
  FIRST_TREE_PAGE,
  STATE_PAGE,
  type MutableTreeState,
  type PageChanger,
  type PageId,
  type PageOp,
  type StateField,
  type TreeState,
  type TreeStep,
} from "../page/types.js";
import { checkState } from "./descent.js";

const MAX_PAGES = 0xffff_ffff;

/** A page as the draft has it: `bytes` with the first `applied` of its operations in. */
interface DraftPage {
  bytes: Uint8Array | undefined;
  readonly ops: PageOp[];
  applied: number;
}

interface PlacedOp {
  readonly id: PageId;
  readonly op: PageOp;
}

/**
 * A change of many pages, worked out before any of it is made. Whatever is missing or damaged turns up on the way, and
 * then nothing has been changed: only `commit` hands the operations over.
 */
export class Draft {
  readonly #pages: PageChanger;
  readonly #drafts = new Map<PageId, DraftPage>();
  readonly #ops: PlacedOp[] = [];
  readonly #steps: TreeStep[] = [];
  readonly #before: TreeState;
  readonly state: MutableTreeState;

  /** Throws `PageFault`, as do `page`, `change`, `allocate` and `free`; `PageDamaged` as well. */
  constructor(pages: PageChanger) {
    this.#pages = pages;
    const page = pages.page(STATE_PAGE);
    checkState(page);
    this.#before = readState(page);
    this.state = { ...this.#before };
  }

  get pageBytes(): number {
    return this.#pages.pageBytes;
  }

  /** The page with what the draft does to it. */
  page(id: PageId): Uint8Array {
    const draft = this.#drafts.get(id);
    if (draft === undefined) return this.#pages.page(id);
    // Most pages are never looked at again once they were changed, so the operations wait until one is.
    draft.bytes ??= this.#startOf(id, draft);
    for (; draft.applied < draft.ops.length; draft.applied++) {
      assert(applyPageOp(draft.bytes, draft.ops[draft.applied]!), "an operation makes sense for its page");
    }
    return draft.bytes;
  }

  change(id: PageId, op: PageOp): void {
    let draft = this.#drafts.get(id);
    if (op.kind === "image") {
      draft = { bytes: undefined, ops: [], applied: 0 };
      this.#drafts.set(id, draft);
    } else if (draft === undefined) {
      this.#pages.page(id);
      draft = { bytes: undefined, ops: [], applied: 0 };
      this.#drafts.set(id, draft);
    }
    draft.ops.push(op);
    this.#ops.push({ id, op });
  }

  /** Pages for images: from the free list, and from the end of the file once that is empty. */
  allocate(count: number): PageId[] {
    const { state } = this;
    const ids: PageId[] = [];
    while (ids.length < count) {
      if (state.freeHead === 0) {
        assert(state.pageCount < MAX_PAGES, "a file has fewer pages than numbers for them");
        ids.push(state.pageCount++);
        continue;
      }
      const trunk = this.#trunk(state.freeHead);
      const listed = pageCount(trunk);
      if (listed === 0) {
        ids.push(state.freeHead);
        state.freeHead = pageLink(trunk);
        state.freeCount--;
        continue;
      }
      const taken = Math.min(listed, count - ids.length);
      for (let i = listed - 1; i >= listed - taken; i--) ids.push(this.#checkFree(readFreeEntry(trunk, i)));
      this.change(state.freeHead, { kind: "popFree", count: taken });
      state.freeCount -= taken;
    }
    return ids;
  }

  /** No page refers to them any more. */
  free(ids: readonly PageId[]): void {
    const { state } = this;
    const capacity = trunkCapacity(this.pageBytes);
    for (let at = 0; at < ids.length;) {
      const room = state.freeHead === 0 ? 0 : capacity - pageCount(this.#trunk(state.freeHead));
      if (room > 0) {
        const pages = ids.slice(at, at + room);
        this.change(state.freeHead, { kind: "pushFree", pages });
        at += pages.length;
      } else {
        const pages = ids.slice(at + 1, at + 1 + capacity);
        this.change(ids[at]!, trunkImage(pages, state.freeHead));
        state.freeHead = ids[at]!;
        at += 1 + pages.length;
      }
    }
    state.freeCount += ids.length;
  }

  /** Takes note of what the operations mean for the tree's shape. */
  step(step: TreeStep): void {
    this.#steps.push(step);
  }

  /** Makes the change. */
  commit(): void {
    for (const step of this.#steps) this.#pages.stepped?.(step);
    for (const { id, op } of this.#ops) this.#pages.change(id, op);
    const { state } = this;
    const before = this.#before;
    this.#setField(ROOT, before.root, state.root);
    this.#setField(HEIGHT, before.height, state.height);
    this.#setField(PAGE_COUNT, before.pageCount, state.pageCount);
    this.#setField(FREE_HEAD, before.freeHead, state.freeHead);
    this.#setField(FREE_COUNT, before.freeCount, state.freeCount);
    this.#setField(OVERFLOW_COUNT, before.overflowCount, state.overflowCount);
    this.#setField(ENTRIES, before.entries, state.entries);
  }

  #setField(field: StateField, before: number, value: number): void {
    if (value !== before) this.#pages.change(STATE_PAGE, { kind: "setField", field, value });
  }

  #startOf(id: PageId, draft: DraftPage): Uint8Array {
    return draft.ops[0]?.kind === "image" ? new Uint8Array(this.pageBytes) : this.#pages.page(id).slice();
  }

  #trunk(id: PageId): Uint8Array {
    const page = this.page(id);
    if (pageType(page) !== TRUNK)
      throw new PageDamaged(id, "a page of the free list", `type ${pageType(page)}`);
    return page;
  }

  #checkFree(id: PageId): PageId {
    if (id >= FIRST_TREE_PAGE && id < this.state.pageCount) return id;
    throw new PageDamaged(this.state.freeHead, "numbers of free pages", `${id}`);
  }
}
