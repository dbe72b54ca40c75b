/** A page goes from the cache to the platter, where writes may get lost or land in the wrong place. */
import type { Fault } from "../faults/index.js";
import type { DiskCore } from "./core.js";
import { copyOut } from "./file-io.js";
import type { Inode } from "./inode.js";
import { PAGE_BYTES, pageCount } from "./layout.js";
import { addMark } from "./marks.js";
import { applyDelta, wholePage, type Page } from "./page.js";
import { beforeChange, commitPage } from "./platter.js";

/** Writes the versions of a page up to `order` to the platter; the device says that it did. */
export function writeBack(core: DiskCore, inode: Inode, page: Page, order: number): void {
  if (core.faults.strikesWriteBack && strikeWriteBack(core, inode, page, order)) return;
  commitPage(core, inode, page, order);
}

/** Writes what an honest flush takes along: all that is in the device's cache. */
export function flushDevice(core: DiskCore): void {
  if (core.device.length === 0) return;
  for (const { inode, page } of core.device) {
    commitPage(core, inode, page, page.deviceOrder);
    page.parked = undefined;
  }
  core.device = [];
}

function strikeWriteBack(core: DiskCore, inode: Inode, page: Page, order: number): boolean {
  const { faults } = core;
  const { index, generation } = page;
  const place = (): string => `page ${index} of ${inode.path}`;
  const lost = faults.strike("lost-write", inode.id, index, generation, place);
  if (lost !== undefined) {
    miss(inode, page, order, lost);
    return true;
  }
  // A place that the file has on the platter.
  const pages = pageCount(inode.durableSize);
  const others = index < pages ? pages - 1 : pages;
  if (others < 1) return false;
  const misdirected = faults.strike("misdirected-write", inode.id, index, generation, place);
  if (misdirected === undefined) return false;
  const pick = faults.detail(others, "misdirected-write", inode.id, index, generation);
  const content = contentUpTo(inode, page, order);
  hit(core, inode, inode.pageAt(pick < index ? pick : pick + 1), content, misdirected);
  miss(inode, page, order, misdirected);
  return true;
}

/** The page as the write-back of these versions would make it. */
function contentUpTo(inode: Inode, page: Page, order: number): Uint8Array {
  const base = page.index * PAGE_BYTES;
  const content = copyOut(inode.platter, base, base + PAGE_BYTES);
  for (const delta of page.versions) if (delta.order <= order) applyDelta(delta, content, 0);
  return content;
}

/** The device says that these versions are written, but they are not. */
function miss(inode: Inode, page: Page, order: number, fault: Fault): void {
  const base = page.index * PAGE_BYTES;
  const content = contentUpTo(inode, page, order);
  for (const { order: at, start, end } of page.versions) {
    if (at <= order) addMark(inode, fault, base + start, content.slice(start, end));
  }
  page.abandon(order);
  page.generation++;
}

/** Another page's write lands on `page`. The file system knows nothing of it. */
function hit(core: DiskCore, inode: Inode, page: Page, content: Uint8Array, fault: Fault): void {
  const base = page.index * PAGE_BYTES;
  const limit = Math.min(PAGE_BYTES, inode.durableSize - base);
  const right = copyOut(inode.platter, base, base + limit);
  // The next time that the page is written, it is written whole, from a cache that never saw the wrong bytes.
  if (page.versions.length > 0)
    page.versions.unshift(wholePage(page.versions[0]!.order, right, limit, false));
  else if (page.resident) {
    page.ghosts.push(wholePage(++core.order, copyOut(inode.cache, base, base + limit), limit, false));
  }
  beforeChange(core, inode, page);
  if (page.damage !== undefined) page.damage.misread = undefined;
  inode.platter.set(content.subarray(0, limit), base);
  addMark(inode, fault, base, right);
}
