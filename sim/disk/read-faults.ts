/** Reading pages from the platter, where bit rot, bad sectors and misreads live. */
import { DiskError } from "#engines/env/index.js";
import type { Fault } from "../faults/index.js";
import type { DiskCore } from "./core.js";
import type { Inode } from "./inode.js";
import { PAGE_BYTES, SECTOR_BYTES, pageCount, reserve } from "./layout.js";
import { addMark } from "./marks.js";
import { applyDelta, wholePage, type Page } from "./page.js";
import { damageOf } from "./platter.js";

/** Brings a page into the cache: what the platter gives, with the versions that it lacks. */
export function loadPage(core: DiskCore, inode: Inode, page: Page): void {
  const base = page.index * PAGE_BYTES;
  inode.cache = reserve(inode.cache, base + PAGE_BYTES);
  const { cache } = inode;
  if (!inode.onPlatter(page.index)) cache.fill(0, base, base + PAGE_BYTES);
  else {
    if (core.faults.strikesLoads && page.asked !== page.generation && page.versions.length === 0) {
      page.asked = page.generation;
      strikeLoad(core, inode, page);
    }
    cache.set(inode.platter.subarray(base, base + PAGE_BYTES), base);
    const misread = page.damage?.misread;
    const limit = Math.min(misread?.length ?? 0, inode.size - base);
    if (misread !== undefined && limit > 0 && page.versions.length === 0) {
      cache.set(misread.subarray(0, limit), base);
      page.ghosts = [wholePage(++core.order, misread, limit, true)];
    }
  }
  for (const delta of page.versions) applyDelta(delta, cache, base);
  page.resident = true;
  page.loads++;
}

/** Throws EIO where one of these bytes of the page can't be read from the platter, and is needed from there. */
export function checkReadable(inode: Inode, page: Page, start: number, end: number, what: string): void {
  const { damage } = page;
  if (damage === undefined || damage.badSector < 0) return;
  const sector = damage.badSector;
  if (start >= (sector + 1) * SECTOR_BYTES || end <= sector * SECTOR_BYTES) return;
  if (!page.needsSector(sector)) return;
  damage.badFault!.changed();
  throw new DiskError("EIO", `${what} ${inode.path} at ${page.index * PAGE_BYTES + start}`);
}

/** Asks once for each generation of a page what is wrong with it. The answer stays until it is overwritten. */
function strikeLoad(core: DiskCore, inode: Inode, page: Page): void {
  const { faults } = core;
  const { id } = inode;
  const { index, generation } = page;
  const base = index * PAGE_BYTES;
  const limit = Math.min(PAGE_BYTES, Math.min(inode.durableSize, inode.size) - base);
  if (limit <= 0) return;
  const place = (): string => `page ${index} of ${inode.path}`;

  const bad = faults.strike("read-eio", id, index, generation, place);
  if (bad !== undefined) {
    const damage = damageOf(page);
    damage.badSector = faults.detail(Math.ceil(limit / SECTOR_BYTES), "read-eio", id, index, generation);
    damage.badFault = bad;
  }
  const rot = faults.strike("bit-rot", id, index, generation, place);
  if (rot !== undefined) {
    const bit = faults.detail(limit * 8, "bit-rot", id, index, generation);
    const at = base + (bit >>> 3);
    addMark(inode, rot, at, inode.platter.slice(at, at + 1));
    inode.platter[at]! ^= 1 << (bit & 7);
  }
  strikeMisread(core, inode, page, limit);
}

function strikeMisread(core: DiskCore, inode: Inode, page: Page, limit: number): void {
  const { faults } = core;
  const { id } = inode;
  const { index, generation, previous } = page;
  const place = (): string => `page ${index} of ${inode.path}`;
  const others = pageCount(inode.durableSize) - 1;
  let fault: Fault | undefined;
  let from: Uint8Array | undefined;
  if (others > 0) {
    fault = faults.strike("misdirected-read", id, index, generation, place);
    if (fault !== undefined) {
      const pick = faults.detail(others, "misdirected-read", id, index, generation);
      const other = (pick < index ? pick : pick + 1) * PAGE_BYTES;
      from = inode.platter.slice(other, other + PAGE_BYTES);
    }
  }
  if (fault === undefined && previous !== undefined) {
    fault = faults.strike("stale-read", id, index, generation, place);
    if (fault !== undefined) from = previous;
  }
  if (fault === undefined) return;
  const bytes = new Uint8Array(limit);
  bytes.set(from!.subarray(0, limit));
  damageOf(page).misread = bytes;
  const base = index * PAGE_BYTES;
  addMark(inode, fault, base, inode.platter.slice(base, base + limit));
}
