import { expect } from "vitest";
import {
  applyPageOp,
  decodePageOp,
  encodePageOp,
  PageFault,
  pageOpBytes,
  type PageChanger,
  type PageId,
  type PageOp,
  type PageReader,
} from "#engines/btree/page/index.js";
import { compareKeys } from "#engines/store/index.js";

/** What a recycled buffer may hold. */
const POISON = 0xa5;

/** `toEqual` looks at typed arrays one byte after the other, which takes most of a test's time. */
export function expectSameBytes(found: Uint8Array | undefined, expected: Uint8Array | undefined): void {
  if (found === undefined || expected === undefined || compareKeys(found, expected) !== 0) {
    expect(found).toEqual(expected);
  }
}

export function encoded(op: PageOp): Uint8Array {
  const bytes = new Uint8Array(pageOpBytes(op));
  mustHold(encodePageOp(op, bytes, 0) === bytes.length, "an operation takes as many bytes as it says");
  return bytes;
}

export function decoded(bytes: Uint8Array): PageOp {
  const found = decodePageOp(bytes, 0);
  mustHold(found?.next === bytes.length, "an operation comes back from its bytes");
  return found!.op;
}

/** `expect` takes longer than what it checks here. */
function mustHold(condition: boolean, what: string): void {
  if (!condition) throw new Error(`not so: ${what}`);
}

interface Logged {
  readonly id: PageId;
  readonly bytes: Uint8Array;
}

/**
 * Pages in memory that hold the tree to the contract of `PageChanger`: nothing is changed that was not asked for in the
 * same call, no fault comes after a change, and the bytes that were given before a change mean nothing after it.
 */
export class MemoryPages implements PageChanger {
  readonly pageBytes: number;
  readonly pages: Map<PageId, Uint8Array> = new Map<PageId, Uint8Array>();
  readonly log: Logged[] = [];
  /** Whether the page is to be missing now. A page is missing once. */
  isMissing: (id: PageId) => boolean = () => false;
  /** What the present call has loaded, asked for and changed. */
  readonly #loaded = new Set<PageId>();
  readonly #asked = new Set<PageId>();
  #hasChanged = false;
  faults = 0;

  constructor(pageBytes: number) {
    this.pageBytes = pageBytes;
  }

  page(id: PageId): Uint8Array {
    const page = this.pages.get(id);
    if (page === undefined) throw new Error(`page ${id} was never made`);
    if (!this.#loaded.has(id) && !this.#asked.has(id) && this.isMissing(id)) {
      mustHold(!this.#hasChanged, "a fault comes before the first change");
      this.faults++;
      throw new PageFault(id);
    }
    this.#asked.add(id);
    return page;
  }

  change(id: PageId, op: PageOp): void {
    const before = this.pages.get(id);
    mustHold(op.kind === "image" || this.#asked.has(id), "a page that is changed was asked for");
    this.#hasChanged = true;
    const bytes = encoded(op);
    this.log.push({ id, bytes });
    const page = before?.slice() ?? new Uint8Array(this.pageBytes).fill(POISON);
    mustHold(applyPageOp(page, op), "an operation makes sense for its page");
    before?.fill(POISON);
    this.pages.set(id, page);
  }

  /** Makes the call, and loads what is missing, until it gets through. */
  run<T>(call: () => T): T {
    for (this.#loaded.clear(); ;) {
      this.#asked.clear();
      this.#hasChanged = false;
      const { length } = this.log;
      try {
        return call();
      } catch (error) {
        if (!(error instanceof PageFault)) throw error;
        mustHold(this.log.length === length, "nothing is changed before a fault");
        this.#loaded.add(error.page);
      }
    }
  }

  get reader(): PageReader {
    return { pageBytes: this.pageBytes, page: (id) => this.pages.get(id) };
  }

  /** The pages that the log alone gives. */
  replay(): Map<PageId, Uint8Array> {
    const pages = new Map<PageId, Uint8Array>();
    for (const { id, bytes } of this.log) {
      const page = pages.get(id) ?? new Uint8Array(this.pageBytes);
      pages.set(id, page);
      mustHold(applyPageOp(page, decoded(bytes)), "an operation makes sense when it is made again");
    }
    return pages;
  }
}
