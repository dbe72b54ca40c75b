import { assert, isDiskError, isDiskFull, type DiskError } from "../../env/index.js";
import type { Lsn } from "../../wal/index.js";
import { readPageLsn, type PageId, type PageReader } from "../page/index.js";
import type { PageBuffers } from "./buffers.js";
import { Frame } from "./frame.js";
import type { EvictionPolicy } from "./policy.js";

/** The pages on the disk, as the pool needs them. */
export interface PageSource {
  /** Throws STORE_DAMAGED for a number that no page of the file has. */
  expect(id: PageId): void;
  /** The page, checked; the bytes belong to the caller. Throws STORE_DAMAGED, `DiskError`. */
  read(id: PageId): Promise<Uint8Array>;
  /** Takes all of it. Throws `DiskError`, and then any part of the page may be on the disk. */
  write(id: PageId, bytes: Uint8Array): void;
}

/** How far the log is durable: no page may reach the disk before the log record of its last change. */
export interface LogProgress {
  readonly durableLsn: Lsn;
  /** Makes durable what was logged before the call. */
  sync(): Promise<unknown>;
}

/** A page that is being read, and how many wait for it. */
interface Loading {
  waiting: number;
  readonly frame: Promise<Frame>;
}

/** What happens in a pool that others care for. */
export interface PoolHooks {
  /** A dirty page was written to make room for another one. */
  evictedDirty(id: PageId): void;
  /** The log was made durable, since only that kept pages from being written. */
  synced(): void;
  /** The pool holds more pages than it should: all of them are pinned, or can't be written. */
  overflowed(): void;
  /**
   * A page could not be written to make room, or the log not be made durable for it. It stays dirty. To throw what is
   * no error of the disk or the log.
   */
  failed(error: unknown): void;
  /** Whether to let a page go that could stay. */
  evictsEarly(): boolean;
}

export interface PoolParts {
  readonly capacityPages: number;
  readonly policy: EvictionPolicy;
  readonly source: PageSource;
  readonly log: LogProgress;
  readonly buffers: PageBuffers;
  readonly hooks: PoolHooks;
}

/**
 * The pages in memory, in their latest state. At most `capacityPages` of them, but where more are pinned or can be
 * neither dropped nor written: those that come in beyond it go first, and `overflows` counts them.
 *
 * A page that comes from the disk is checked before anybody sees it. Looks that miss the same page share one read.
 */
export class BufferPool implements PageReader {
  readonly pageBytes: number;
  readonly #parts: PoolParts;
  readonly #frames: Map<PageId, Frame> = new Map();
  readonly #loading: Map<PageId, Loading> = new Map();
  #dirty = 0;
  /** Set where a write failed for good: nothing that comes later may be believed. */
  #isBroken = false;
  #noSpace: DiskError | undefined;
  hits = 0;
  misses = 0;
  overflows = 0;
  #mostPages = 0;
  #mayWrite = true;
  readonly #mayGo = (frame: Frame): boolean =>
    frame.pins === 0 && (!frame.isDirty || (this.#mayWrite && frame.lsn <= this.#parts.log.durableLsn));

  constructor(parts: PoolParts) {
    this.pageBytes = parts.buffers.pageBytes;
    this.#parts = parts;
  }

  get capacityPages(): number {
    return this.#parts.capacityPages;
  }

  /** Pages in memory. */
  get pages(): number {
    return this.#frames.size;
  }

  /** The most there ever were. */
  get mostPages(): number {
    return this.#mostPages;
  }

  get dirtyPages(): number {
    return this.#dirty;
  }

  /** Why the last page that had to be written to make room could not be: the device is full. */
  get noSpace(): DiskError | undefined {
    return this.#noSpace;
  }

  page(id: PageId): Uint8Array | undefined {
    const frame = this.#frames.get(id);
    if (frame === undefined) return undefined;
    this.hits++;
    this.#parts.policy.touched(frame);
    return frame.bytes;
  }

  /** The page's frame; undefined where it is not in memory. Counts as no look. */
  frame(id: PageId): Frame | undefined {
    return this.#frames.get(id);
  }

  /** Takes note of a look that is not counted, as writes have it. */
  touch(frame: Frame): void {
    this.#parts.policy.touched(frame);
  }

  /** The page's frame, pinned: from the disk where it is not in memory. Throws STORE_DAMAGED, `DiskError`. */
  async load(id: PageId): Promise<Frame> {
    const present = this.#frames.get(id);
    if (present !== undefined) {
      this.pin(present);
      return present;
    }
    this.#parts.source.expect(id);
    let loading = this.#loading.get(id);
    if (loading === undefined) {
      loading = { waiting: 0, frame: this.#read(id) };
      this.#loading.set(id, loading);
    }
    loading.waiting++;
    return loading.frame;
  }

  pin(frame: Frame): void {
    assert(this.#frames.get(frame.id) === frame, "what is pinned is in memory");
    frame.pins++;
  }

  unpin(frame: Frame): void {
    assert(frame.pins > 0, "what is unpinned was pinned");
    frame.pins--;
  }

  /**
   * Puts a new state of a page in place of the present one, or of none. Gives the old bytes, which are the caller's
   * from now on.
   */
  publish(id: PageId, bytes: Uint8Array, lsn: Lsn): Uint8Array | undefined {
    assert(!this.#loading.has(id), "a page that is being read is not changed");
    const frame = this.#frames.get(id);
    if (frame === undefined) {
      this.#markDirty(this.#add(id, bytes, lsn));
      return undefined;
    }
    assert(lsn > frame.lsn, "a change has a higher LSN than the one before it");
    const old = frame.bytes;
    frame.bytes = bytes;
    frame.lsn = lsn;
    this.#markDirty(frame);
    return old;
  }

  /** Puts in a page that recovery makes anew from the log. It has to be `redone`. */
  restore(id: PageId, bytes: Uint8Array): Frame {
    return this.#add(id, bytes, 0);
  }

  /** Takes note that recovery has changed a page in its place; nobody else reads yet. */
  redone(frame: Frame, lsn: Lsn): void {
    assert(lsn > frame.lsn, "recovery goes forward");
    frame.lsn = lsn;
    this.#markDirty(frame);
  }

  /** The dirty pages, in the order of the file. */
  dirtyIds(): PageId[] {
    const ids: PageId[] = [];
    for (const frame of this.#frames.values()) if (frame.isDirty) ids.push(frame.id);
    return ids.sort((a, b) => a - b);
  }

  /** Writes a dirty page, whose log record must be durable. Throws `DiskError`; it stays dirty then. */
  write(frame: Frame): void {
    assert(frame.isDirty, "only what was changed is written");
    assert(
      frame.lsn <= this.#parts.log.durableLsn,
      "no page reaches the disk before its log record is durable",
    );
    this.#parts.source.write(frame.id, frame.bytes);
    frame.isDirty = false;
    this.#dirty--;
    this.#noSpace = undefined;
  }

  /** Lets pages go until so many more fit, where that is possible. Doesn't throw the disk's or the log's errors. */
  async makeRoom(arriving = 0): Promise<void> {
    const limit = Math.max(0, this.capacityPages - arriving);
    if (this.#shrink(limit)) return;
    if (this.#hasUnlogged()) {
      try {
        await this.#parts.log.sync();
      } catch (error) {
        this.#parts.hooks.failed(error);
        return;
      }
      this.#parts.hooks.synced();
      if (this.#shrink(limit)) return;
    }
    this.overflows++;
    this.#parts.hooks.overflowed();
  }

  async #read(id: PageId): Promise<Frame> {
    this.misses++;
    try {
      if (this.#parts.hooks.evictsEarly()) this.#shrink(this.#frames.size - 1);
      // Room for all that are on their way, this one included.
      const arriving = this.#loading.size + 1;
      if (this.#frames.size + arriving > this.capacityPages) await this.makeRoom(arriving);
      const bytes = await this.#parts.source.read(id);
      const frame = this.#add(id, bytes, readPageLsn(bytes));
      frame.pins = this.#loading.get(id)!.waiting;
      return frame;
    } finally {
      this.#loading.delete(id);
    }
  }

  /** Whether no more than `limit` pages are left. */
  #shrink(limit: number): boolean {
    this.#mayWrite = !this.#isBroken;
    while (this.#frames.size > limit) {
      const frame = this.#parts.policy.victim(this.#mayGo);
      if (frame === undefined) return false;
      if (frame.isDirty && !this.#writeOut(frame)) continue;
      this.#frames.delete(frame.id);
      this.#parts.policy.removed(frame);
      this.#parts.buffers.giveBack(frame.bytes);
    }
    return true;
  }

  /** Writes a page that is to go. Where that fails, no other is tried in this round. */
  #writeOut(frame: Frame): boolean {
    try {
      this.write(frame);
      this.#parts.hooks.evictedDirty(frame.id);
      return true;
    } catch (error) {
      if (!isDiskError(error)) throw error;
      this.#mayWrite = false;
      if (isDiskFull(error)) this.#noSpace = error;
      else {
        this.#isBroken = true;
        this.#parts.hooks.failed(error);
      }
      return false;
    }
  }

  /** Whether the log's progress is all that keeps a page from going. */
  #hasUnlogged(): boolean {
    if (!this.#mayWrite) return false;
    const { durableLsn } = this.#parts.log;
    for (const frame of this.#frames.values()) {
      if (frame.isDirty && frame.pins === 0 && frame.lsn > durableLsn) return true;
    }
    return false;
  }

  #add(id: PageId, bytes: Uint8Array, lsn: Lsn): Frame {
    assert(!this.#frames.has(id), "a page is in memory once");
    const frame = new Frame(id, bytes, lsn);
    this.#frames.set(id, frame);
    this.#parts.policy.added(frame);
    if (this.#frames.size > this.#mostPages) this.#mostPages = this.#frames.size;
    return frame;
  }

  #markDirty(frame: Frame): void {
    if (!frame.isDirty) this.#dirty++;
    frame.isDirty = true;
  }
}
