import type { Lsn } from "../../wal/index.js";
import type { PageId } from "../page/index.js";

/** A page as the writer's batches have changed it, before anybody else sees it. */
export interface PageDraft {
  readonly id: PageId;
  readonly bytes: Uint8Array;
  /** Of the last batch that changed it; of the page that it was made from before. */
  lsn: Lsn;
  /** The last batch that changed it. */
  batch: number;
  /** Whether that batch's record gets the whole page, in place of the changes. */
  isWhole: boolean;
}

/** A page in memory. */
export class Frame {
  readonly id: PageId;
  /** Never changed once readers can see them: a new state of the page brings its own bytes. */
  bytes: Uint8Array;
  /** Of the last change in `bytes`. */
  lsn: Lsn;
  /** Whether `bytes` are newer than what was written to the file. */
  isDirty = false;
  /** So many need it in memory; above 0 it stays. */
  pins = 0;
  /** The writer's own. */
  draft: PageDraft | undefined;

  // The eviction policy's own.
  isHot = false;
  /** Pages that had come in when it was first used; -1 until then. */
  usedAt = -1;
  newer: Frame | undefined;
  older: Frame | undefined;

  constructor(id: PageId, bytes: Uint8Array, lsn: Lsn) {
    this.id = id;
    this.bytes = bytes;
    this.lsn = lsn;
  }
}

/** Frames in an order, each in at most one queue at a time: the links stand in the frames. */
export class FrameQueue {
  #newest: Frame | undefined;
  #oldest: Frame | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get oldest(): Frame | undefined {
    return this.#oldest;
  }

  get newest(): Frame | undefined {
    return this.#newest;
  }

  add(frame: Frame): void {
    frame.older = this.#newest;
    frame.newer = undefined;
    if (this.#newest === undefined) this.#oldest = frame;
    else this.#newest.newer = frame;
    this.#newest = frame;
    this.#length++;
  }

  remove(frame: Frame): void {
    if (frame.newer === undefined) this.#newest = frame.older;
    else frame.newer.older = frame.older;
    if (frame.older === undefined) this.#oldest = frame.newer;
    else frame.older.newer = frame.newer;
    frame.newer = undefined;
    frame.older = undefined;
    this.#length--;
  }

  /** The oldest for which `mayGo` holds. */
  find(mayGo: (frame: Frame) => boolean): Frame | undefined {
    for (let frame = this.#oldest; frame !== undefined; frame = frame.newer) if (mayGo(frame)) return frame;
    return undefined;
  }
}
