/** One page of a file: what the platter lacks of it, in the order in which it was written. */
import { assert } from "#engines/env/index.js";
import type { Fault } from "../faults/index.js";
import type { SizeChange } from "./metadata-log.js";
import { PAGE_BYTES, SECTOR_BYTES } from "./layout.js";

/** A change of some bytes of a page. `start` and `end` are within the page. */
export interface Delta {
  /** Place in the one order of all writes and metadata operations of the disk; unique. */
  readonly order: number;
  readonly start: number;
  readonly end: number;
  /** The new bytes are `bytes[at .. at + end - start)`. Never changed. */
  readonly bytes: Uint8Array;
  readonly at: number;
  /** True where no version ends here: the page only ever goes to the platter with the next delta as well. */
  joined: boolean;
  /** The truncation that cut these bytes off, where this is one. The bytes are zeros then. */
  readonly cut: SizeChange | undefined;
  /** Bytes that a misread put into the cache: writing them repairs nothing. */
  readonly wrong: boolean;
}

/** Versions up to `order` were acknowledged by a sync that left them in the device's cache. */
export interface Parked {
  readonly order: number;
  readonly fault: Fault;
}

/** What is wrong with the page where it is read from the platter. Holds for one generation. */
export interface PageDamage {
  /** Sector that cannot be read, or -1. Stays until it is overwritten on the platter. */
  badSector: number;
  badFault: Fault | undefined;
  /** What a read of the page gives instead of its bytes. */
  misread: Uint8Array | undefined;
}

/**
 * A page is *dirty* while it has versions that a sync of the file still has to write, *in the device's cache*
 * while it has versions that are parked, *believed clean* while it has ghosts, else clean.
 */
export class Page {
  readonly index: number;
  /** Unsynced, oldest first. The cache holds platter + versions + ghosts. */
  readonly versions: Delta[] = [];
  /** What the cache holds beyond the versions and no sync will write, oldest first. */
  ghosts: Delta[] = [];
  /** In the list of dirty pages of its file. */
  listed = false;
  /** Whether the cache holds it. */
  resident = false;
  /** Whether a block was given to it: writing it again needs no space. */
  allocated = false;
  /** How often the platter was written here: with the page, the identity of its damage. */
  generation = 0;
  /** The generation for which the read faults were asked; -1: never. */
  asked = -1;
  /** How often it was read from the platter. */
  loads = 0;
  parked: Parked[] | undefined = undefined;
  damage: PageDamage | undefined = undefined;
  /** The platter before its last change; kept only where a stale read can happen. */
  previous: Uint8Array | undefined = undefined;

  constructor(index: number) {
    this.index = index;
  }

  /** The last version in the device's cache; 0: none. */
  get deviceOrder(): number {
    return this.parked === undefined ? 0 : this.parked[this.parked.length - 1]!.order;
  }

  get dirty(): boolean {
    const count = this.versions.length;
    return count > 0 && this.versions[count - 1]!.order > this.deviceOrder;
  }

  /** Whether a sync that covers `order` has something to write here. */
  dirtyUpTo(order: number): boolean {
    const device = this.deviceOrder;
    return this.versions.some((delta) => delta.order > device && delta.order <= order);
  }

  /** Adds the newest version. A page that is believed clean becomes dirty with all that the cache holds. */
  push(delta: Delta): void {
    if (this.ghosts.length > 0) {
      for (const ghost of this.ghosts) this.versions.push(ghost);
      this.ghosts = [];
    }
    this.versions.push(delta);
  }

  /**
   * The dirty versions up to `order` are believed written but are not: they stay in the cache alone. Where
   * newer versions follow, the page is written with them again.
   */
  abandon(order: number): void {
    const device = this.deviceOrder;
    const { versions } = this;
    let first = 0;
    while (first < versions.length && versions[first]!.order <= device) first++;
    let next = first;
    while (next < versions.length && versions[next]!.order <= order) versions[next++]!.joined = true;
    if (next === versions.length) this.ghosts.push(...versions.splice(first));
    assert(this.ghosts.length === 0 || !this.dirty, "a page that is believed clean is not dirty");
  }

  /** Forgets the dirty versions up to `order`. */
  revert(order: number): void {
    assert(this.ghosts.length === 0, "a page that is reverted was dirty");
    const device = this.deviceOrder;
    const { versions } = this;
    let left = 0;
    for (const delta of versions) if (delta.order <= device || delta.order > order) versions[left++] = delta;
    versions.length = left;
  }

  /** Whether a truncation that is not durable cut into the page: it is then not written in the background. */
  get hasPendingCut(): boolean {
    return this.versions.some((delta) => delta.cut !== undefined && !delta.cut.durable);
  }

  /** Whether it can go from the cache: what a reader then sees is the platter's. */
  get evictable(): boolean {
    // A cut that is not durable must be remembered: the platter still has what it took away.
    const forgettable = (ghost: Delta): boolean => ghost.cut === undefined || ghost.cut.durable;
    return this.resident && this.versions.length === 0 && this.ghosts.every(forgettable);
  }

  /** Whether reads and partial writes of this sector need the platter. */
  needsSector(sector: number): boolean {
    const covers = (delta: Delta): boolean =>
      delta.start <= sector * SECTOR_BYTES && delta.end >= (sector + 1) * SECTOR_BYTES;
    return !this.versions.some(covers) && !this.ghosts.some(covers);
  }
}

/** Writes the bytes of `delta` into `target`, in which the page begins at `base`. */
export function applyDelta(delta: Delta, target: Uint8Array, base: number): void {
  const { bytes, at } = delta;
  const length = delta.end - delta.start;
  const to = base + delta.start;
  // A view costs more than the loop where there are few bytes.
  if (length > 48) target.set(bytes.subarray(at, at + length), to);
  else for (let i = 0; i < length; i++) target[to + i] = bytes[at + i]!;
}

/** A delta of all bytes of the page up to `limit`, not ending a version. `bytes` must not change any more. */
export function wholePage(order: number, bytes: Uint8Array, limit: number, wrong: boolean): Delta {
  assert(limit > 0 && limit <= PAGE_BYTES && bytes.length >= limit, "a whole page holds its bytes");
  return { order, start: 0, end: limit, bytes, at: 0, joined: true, cut: undefined, wrong };
}
