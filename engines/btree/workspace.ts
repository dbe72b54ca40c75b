import { assert } from "../env/index.js";
import type { Lsn } from "../wal/index.js";
import type { BtreeMark, Telling } from "./events.js";
import { RecordWriter } from "./log-record.js";
import {
  applyPageOp,
  imageOf,
  PageFault,
  writePageLsn,
  type PageChanger,
  type PageId,
  type PageOp,
  type TreeStep,
} from "./page/index.js";
import type { BufferPool, Frame, PageBuffers, PageDraft } from "./pool/index.js";

const MARKS: Readonly<Record<TreeStep, BtreeMark>> = {
  split: "btree/split",
  "split-root": "btree/tree-grown",
  merge: "btree/merge",
  borrow: "btree/borrow",
  "collapse-root": "btree/tree-shrunk",
};

/**
 * Where a group of batches is made before it is logged: private copies of the pages that they change, and the log
 * record of each. Either all of it is published or none.
 *
 * The first change of a page after a checkpoint began logs the whole page, and so does a page that is made anew. So a
 * page that a power loss tears is whole again once the log was done again from that checkpoint on (PostgreSQL's
 * full_page_writes).
 */
export class Workspace implements PageChanger {
  readonly pageBytes: number;
  readonly #pool: BufferPool;
  readonly #buffers: PageBuffers;
  readonly #telling: Telling;
  /** In the order in which they were first changed. The frames of pages that are in memory name theirs. */
  readonly #changed: PageDraft[] = [];
  /** The drafts of the other ones. */
  readonly #unseen: Map<PageId, PageDraft> = new Map();
  readonly #pinned: Frame[] = [];
  readonly #records: RecordWriter = new RecordWriter();
  /** Drafts that the present batch has changed. */
  readonly #touched: PageDraft[] = [];
  #batch = 0;
  #batchLsn: Lsn = 0;
  #imageLsn: Lsn;

  /** `imageLsn`: the first change of a page at or above it logs the page. */
  constructor(pool: BufferPool, buffers: PageBuffers, telling: Telling, imageLsn: Lsn) {
    this.pageBytes = pool.pageBytes;
    this.#pool = pool;
    this.#buffers = buffers;
    this.#telling = telling;
    this.#imageLsn = imageLsn;
  }

  get isEmpty(): boolean {
    return this.#changed.length === 0 && this.#pinned.length === 0;
  }

  /** In the order in which they were first changed. */
  get drafts(): readonly PageDraft[] {
    return this.#changed;
  }

  get changedPages(): number {
    return this.#changed.length;
  }

  changes(id: PageId): boolean {
    return this.#draftOf(id, this.#pool.frame(id)) !== undefined;
  }

  /** Whether there are drafts of pages that were not in memory: new ones, or those of `replacedUnseen`. */
  get hasReplacedUnseen(): boolean {
    return this.#unseen.size > 0;
  }

  get recordBytes(): number {
    return this.#records.sizeBytes;
  }

  /** A checkpoint begins: `lsn` is the next one. */
  imagesFrom(lsn: Lsn): void {
    assert(this.isEmpty, "a checkpoint begins between two groups");
    assert(lsn >= this.#imageLsn, "checkpoints go forward");
    this.#imageLsn = lsn;
  }

  beginBatch(lsn: Lsn): void {
    assert(lsn > this.#batchLsn, "batches follow each other");
    this.#batch++;
    this.#batchLsn = lsn;
    this.#records.begin();
  }

  endBatch(): void {
    for (const draft of this.#touched) {
      if (draft.isWhole) this.#records.add(draft.id, imageOf(draft.bytes));
      draft.lsn = this.#batchLsn;
      writePageLsn(draft.bytes, this.#batchLsn);
    }
    empty(this.#touched);
    this.#records.end();
  }

  /** The log records of the batches so far; valid until the next group. */
  records(): Uint8Array[] {
    return this.#records.records();
  }

  page(id: PageId): Uint8Array {
    const frame = this.#pool.frame(id);
    const draft = this.#draftOf(id, frame);
    if (draft !== undefined) return draft.bytes;
    if (frame === undefined) throw new PageFault(id);
    this.#pool.touch(frame);
    return frame.bytes;
  }

  change(id: PageId, op: PageOp): void {
    const frame = this.#pool.frame(id);
    const draft = this.#draftOf(id, frame) ?? this.#draft(id, op, frame);
    if (draft.batch !== this.#batch) {
      draft.batch = this.#batch;
      draft.isWhole = draft.lsn < this.#imageLsn;
      if (draft.isWhole && op.kind !== "image") this.#telling.reached("btree/full-page-image");
      this.#touched.push(draft);
    }
    if (op.kind === "image") draft.isWhole = true;
    else if (!draft.isWhole) this.#records.add(id, op);
    assert(applyPageOp(draft.bytes, op), "a change makes sense for the page that it changes");
  }

  stepped(step: TreeStep): void {
    this.#telling.reached(MARKS[step]);
  }

  /** Keeps a page in memory until the group is through; it was pinned for that. */
  hold(frame: Frame): void {
    this.#pinned.push(frame);
  }

  /**
   * Pages below `pageCount` that were made anew without a look at what they were. A view may need that: the page was
   * free for the tree as it is now, not for an older one.
   */
  replacedUnseen(pageCount: number): PageId[] {
    const ids: PageId[] = [];
    for (const draft of this.#changed) {
      if (draft.id < pageCount && this.#pool.frame(draft.id) === undefined) ids.push(draft.id);
    }
    return ids;
  }

  /** Forgets the group, which was published. */
  published(): void {
    this.#release();
  }

  /** Gives the group up. */
  drop(): void {
    for (const draft of this.#changed) this.#buffers.giveBack(draft.bytes);
    this.#release();
  }

  #draftOf(id: PageId, frame: Frame | undefined): PageDraft | undefined {
    return frame?.draft ?? (this.#unseen.size === 0 ? undefined : this.#unseen.get(id));
  }

  #draft(id: PageId, op: PageOp, frame: Frame | undefined): PageDraft {
    assert(frame !== undefined || op.kind === "image", "what changes a page has looked at it");
    const bytes = this.#buffers.take();
    const draft = { id, bytes, lsn: frame?.lsn ?? 0, batch: 0, isWhole: false };
    if (frame === undefined) this.#unseen.set(id, draft);
    else {
      if (op.kind !== "image") bytes.set(frame.bytes);
      this.#pool.pin(frame);
      this.#pinned.push(frame);
      frame.draft = draft;
    }
    this.#changed.push(draft);
    return draft;
  }

  #release(): void {
    for (const frame of this.#pinned) {
      frame.draft = undefined;
      this.#pool.unpin(frame);
    }
    empty(this.#pinned);
    empty(this.#changed);
    if (this.#unseen.size > 0) this.#unseen.clear();
    empty(this.#touched);
    this.#records.clear();
    // Where the log refused the group, the next one has its numbers.
    this.#batchLsn = 0;
  }
}

/** Cheaper than a new length for what is filled again at once: that lets the memory go. */
function empty(array: unknown[]): void {
  while (array.length > 0) array.pop();
}
