import { assert } from "../env/index.js";
import type { Sequence } from "../store/index.js";
import type { PageId, PageReader } from "./page/index.js";
import type { BufferPool, PageBuffers } from "./pool/index.js";

/** A state of a page that a later one has replaced. */
interface OldPage {
  readonly id: PageId;
  readonly bytes: Uint8Array;
  /** The views below this sequence see it, down to that of the state before it. */
  readonly untilSequence: Sequence;
}

/** All views of one sequence, and how many hold it. */
interface Version {
  readonly sequence: Sequence;
  holders: number;
  /** Of those, the ones that must not be given up. */
  lasting: number;
  /** The pages were given up to keep within the memory. */
  isGone: boolean;
}

/** One state of all pages, held by a reader until it closes it. */
export class View implements PageReader {
  readonly pageBytes: number;
  readonly #views: Views;
  readonly #version: Version;
  readonly #isLasting: boolean;
  #isClosed = false;

  constructor(views: Views, version: Version, isLasting: boolean, pageBytes: number) {
    this.#views = views;
    this.#isLasting = isLasting;
    this.#version = version;
    this.pageBytes = pageBytes;
  }

  get sequence(): Sequence {
    return this.#version.sequence;
  }

  /** Whether the store has given it up. Nothing may be read through it then. */
  get isGone(): boolean {
    return this.#version.isGone;
  }

  isOf(views: Views): boolean {
    return this.#views === views;
  }

  page(id: PageId): Uint8Array | undefined {
    assert(!this.#isClosed && !this.#version.isGone, "pages are read through a view that is there");
    return this.#views.find(id, this.#version.sequence);
  }

  /** Another view of the same state. */
  again(): View {
    assert(!this.#isClosed, "a view that is closed is not held again");
    return this.#views.hold(this.#version, false);
  }

  /** A second close has no effect. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#views.letGo(this.#version, this.#isLasting);
  }
}

/** At the bound, at least one part in so many is made free at once. */
const SWEPT_PART = 8;

/** What happens to views that others care for. */
export interface ViewHooks {
  gaveUp(sequence: Sequence, keptBytes: number): void;
  /** A reader got the older state of a page. */
  readOlder(): void;
}

/**
 * The states that readers still look at while the writer publishes others. A page's old bytes are kept as long as a
 * view needs them. They take at most `keptBytesMost`: beyond it the oldest views are given up.
 */
export class Views {
  readonly #pool: BufferPool;
  readonly #buffers: PageBuffers;
  readonly #hooks: ViewHooks;
  readonly #keptBytesMost: number;
  #sequence: Sequence;
  /** Those that are held and not gone, by ascending sequence. */
  readonly #versions: Version[] = [];
  /** Of each page, the oldest state first. */
  readonly #old: Map<PageId, OldPage[]> = new Map();
  /** All of them, in the order in which they were replaced. */
  #kept: OldPage[] = [];

  constructor(
    pool: BufferPool,
    buffers: PageBuffers,
    limits: { readonly sequence: Sequence; readonly keptBytesMost: number },
    hooks: ViewHooks,
  ) {
    this.#pool = pool;
    this.#buffers = buffers;
    this.#sequence = limits.sequence;
    this.#keptBytesMost = limits.keptBytesMost;
    this.#hooks = hooks;
  }

  /** Of the last batch that readers see. */
  get sequence(): Sequence {
    return this.#sequence;
  }

  get keptBytes(): number {
    return this.#kept.length * this.#pool.pageBytes;
  }

  /** Distinct states that are held. */
  get held(): number {
    return this.#versions.length;
  }

  get oldestSequence(): Sequence | undefined {
    return this.#versions[0]?.sequence;
  }

  /** The present state. */
  open(): View {
    return this.hold(this.#present(), false);
  }

  /** The present state, which is not given up before it is closed. */
  openLasting(): View {
    return this.hold(this.#present(), true);
  }

  hold(version: Version, isLasting: boolean): View {
    version.holders++;
    if (isLasting) version.lasting++;
    return new View(this, version, isLasting, this.#pool.pageBytes);
  }

  letGo(version: Version, isLasting: boolean): void {
    assert(version.holders > 0, "a view is let go once");
    version.holders--;
    if (isLasting) version.lasting--;
    if (version.holders > 0 || version.isGone) return;
    this.#drop(version);
  }

  find(id: PageId, sequence: Sequence): Uint8Array | undefined {
    const old = this.#old.size === 0 ? undefined : this.#old.get(id);
    if (old !== undefined) {
      for (const page of old) {
        if (page.untilSequence <= sequence) continue;
        this.#hooks.readOlder();
        return page.bytes;
      }
    }
    return this.#pool.page(id);
  }

  /** Takes the bytes of a page that the batches up to `sequence` have replaced. `published` has to follow. */
  replaced(id: PageId, bytes: Uint8Array, sequence: Sequence): void {
    assert(sequence > this.#sequence, "what replaces a page is newer than what readers see");
    const newest = this.#versions.at(-1);
    const old = this.#old.get(id);
    // Those before the state that these bytes replaced have theirs.
    if (newest === undefined || newest.sequence < (old?.at(-1)?.untilSequence ?? 0)) {
      this.#buffers.giveBack(bytes);
      return;
    }
    const page = { id, bytes, untilSequence: sequence };
    if (old === undefined) this.#old.set(id, [page]);
    else old.push(page);
    this.#kept.push(page);
  }

  /** From now on readers see the batches up to `sequence`. */
  published(sequence: Sequence): void {
    assert(sequence > this.#sequence, "sequences only grow");
    this.#sequence = sequence;
    if (this.keptBytes <= this.#keptBytesMost) return;
    this.#sweep();
    // A sweep looks at everything that is kept: it has to be worth it.
    const enoughBytes = this.#keptBytesMost - Math.floor(this.#keptBytesMost / SWEPT_PART);
    while (this.keptBytes > enoughBytes) {
      assert(this.#versions.length > 0, "old pages are kept for views only");
      const oldest = this.#versions.find(({ lasting }) => lasting === 0);
      if (oldest === undefined) return;
      oldest.isGone = true;
      this.#hooks.gaveUp(oldest.sequence, this.keptBytes);
      this.#drop(oldest);
      this.#sweep();
    }
  }

  #present(): Version {
    const newest = this.#versions.at(-1);
    if (newest !== undefined && newest.sequence === this.#sequence) return newest;
    const version = { sequence: this.#sequence, holders: 0, lasting: 0, isGone: false };
    this.#versions.push(version);
    return version;
  }

  /** What only this version needed goes at once where it was the oldest, else when there is need of the memory. */
  #drop(version: Version): void {
    const at = this.#versions.indexOf(version);
    assert(at >= 0, "a version that is held is known");
    this.#versions.splice(at, 1);
    if (at === 0) this.#trim();
  }

  /** Drops what no view is old enough for. */
  #trim(): void {
    const oldest = this.#versions[0]?.sequence;
    if (oldest === undefined) {
      for (const page of this.#kept) this.#buffers.giveBack(page.bytes);
      this.#kept = [];
      this.#old.clear();
      return;
    }
    let count = 0;
    while (count < this.#kept.length && this.#kept[count]!.untilSequence <= oldest) count++;
    if (count === 0) return;
    for (const page of this.#kept.splice(0, count)) this.#forget(page);
  }

  /** Drops what none of the views needs, wherever it stands. */
  #sweep(): void {
    const kept: OldPage[] = [];
    for (const page of this.#kept) {
      if (this.#isNeeded(page)) kept.push(page);
      else this.#forget(page);
    }
    this.#kept = kept;
  }

  /** Whether a view stands between the state before this one and the one that replaced it. */
  #isNeeded(page: OldPage): boolean {
    const states = this.#old.get(page.id)!;
    const at = states.indexOf(page);
    const fromSequence = at === 0 ? 0 : states[at - 1]!.untilSequence;
    return this.#versions.some(({ sequence }) => sequence >= fromSequence && sequence < page.untilSequence);
  }

  #forget(page: OldPage): void {
    const states = this.#old.get(page.id)!;
    if (states.length === 1) this.#old.delete(page.id);
    else states.splice(states.indexOf(page), 1);
    this.#buffers.giveBack(page.bytes);
  }
}
