import { Slab, copyBytes } from "../bytes/index.js";
import { snapshotGone, toStoreError, type MaybePromise, type StoreError } from "../store/index.js";
import type { Core } from "./core.js";
import type { InFlight } from "./in-flight.js";
import { PageDamaged, type PageId, type PageReader } from "./page/index.js";
import type { Frame } from "./pool/index.js";
import { getEntry, Lookup, OverflowReader } from "./tree/index.js";
import type { View } from "./views.js";

/** In place of what a view holds: the store has given it up. */
const GONE: unique symbol = Symbol("gone");

/** Pages that a read has loaded, and keeps in memory until it is through. */
export class Pins {
  readonly #reads: Reads;
  readonly #frames: Frame[] = [];

  constructor(reads: Reads) {
    this.#reads = reads;
  }

  /** Throws `StoreError`. */
  async load(id: PageId): Promise<void> {
    this.#frames.push(await this.#reads.load(id));
  }

  release(): void {
    for (const frame of this.#frames) this.#reads.unpin(frame);
    this.#frames.length = 0;
  }
}

/** Look-ups of single keys: without a promise as long as all pages are in memory. */
export class Reads {
  readonly #core: Core;
  readonly #inFlight: InFlight;
  readonly #lookup: Lookup = new Lookup();
  readonly #slab: Slab = new Slab();
  gets = 0;

  constructor(core: Core, inFlight: InFlight) {
    this.#core = core;
    this.#inFlight = inFlight;
  }

  /** In the present state. */
  get(key: Uint8Array): MaybePromise<Uint8Array | undefined> {
    this.gets++;
    const { pool, views } = this.#core;
    const found = this.#find(pool, key);
    if (found instanceof Uint8Array || found === undefined) return found;
    return this.#inFlight.run(() => this.#getSlowly(views.open(), key.slice(), true));
  }

  /** In the state of a view, which the caller keeps. Throws STORE_SNAPSHOT_GONE. */
  getAt(view: View, key: Uint8Array): MaybePromise<Uint8Array | undefined> {
    this.gets++;
    if (view.isGone) throw this.gone();
    const found = this.#find(view, key);
    if (found instanceof Uint8Array || found === undefined) return found;
    return this.#inFlight.run(() => this.#getSlowly(view.again(), key.slice(), false));
  }

  /** The page, pinned. Throws `StoreError`. */
  async load(id: PageId): Promise<Frame> {
    try {
      return await this.#core.pool.load(id);
    } catch (error) {
      throw this.mapped(error);
    }
  }

  unpin(frame: Frame): void {
    this.#core.pool.unpin(frame);
  }

  /** The store's error for what a read met. What is no error of the files comes back as it is. */
  mapped(error: unknown): unknown {
    const { file, telling } = this.#core;
    if (!(error instanceof PageDamaged)) return toStoreError(error, telling.directory, "failed");
    return file.damage(error.page, error.parts.expected, error.parts.found, error);
  }

  gone(): StoreError {
    return snapshotGone("one that was given up to keep within the memory", this.#core.telling.directory);
  }

  /** What `read` gives; what it throws is made the store's error. */
  guarded<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw this.mapped(error);
    }
  }

  /** A number: the page that is not in memory. */
  #find(pages: PageReader, key: Uint8Array): Uint8Array | undefined | PageId {
    const lookup = this.#lookup;
    try {
      const status = getEntry(pages, key, lookup);
      if (status === "absent") return undefined;
      if (status === "missing") return lookup.missingPage;
      if (lookup.chain === undefined) return this.#copy(lookup);
      const reader = new OverflowReader(lookup.chain);
      const missing = reader.read(pages);
      return missing === 0 ? reader.value : missing;
    } catch (error) {
      throw this.mapped(error);
    }
  }

  #copy({ bytes, start, end }: Lookup): Uint8Array {
    const value = this.#slab.take(end - start);
    copyBytes(value, 0, bytes, start, end);
    return value;
  }

  /** Closes the view. Where that is given up meanwhile, a look-up in the present state goes on with a later one. */
  async #getSlowly(first: View, key: Uint8Array, isPresent: boolean): Promise<Uint8Array | undefined> {
    let view = first;
    const pins = new Pins(this);
    try {
      for (;;) {
        const found = await this.#tryGet(view, key, pins);
        if (found !== GONE) return found;
        if (!isPresent) throw this.gone();
        view.close();
        view = this.#core.views.open();
      }
    } finally {
      pins.release();
      view.close();
    }
  }

  async #tryGet(view: View, key: Uint8Array, pins: Pins): Promise<Uint8Array | undefined | typeof GONE> {
    const lookup = new Lookup();
    for (;;) {
      if (view.isGone) return GONE;
      const status = this.guarded(() => getEntry(view, key, lookup));
      if (status === "absent") return undefined;
      if (status === "found") break;
      await pins.load(lookup.missingPage);
    }
    if (lookup.chain === undefined) return this.#copy(lookup);
    const reader = new OverflowReader(lookup.chain);
    for (;;) {
      const missing = this.guarded(() => reader.read(view));
      if (missing === 0) return reader.value;
      // It has what it needs of the pages before.
      pins.release();
      await pins.load(missing);
      if (view.isGone) return GONE;
    }
  }
}
