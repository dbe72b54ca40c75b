/** Write, truncate and read, through the page cache. */
import { DiskError } from "#engines/env/index.js";
import type { DiskCore } from "./core.js";
import type { Inode } from "./inode.js";
import { PAGE_BYTES, SECTOR_BYTES, ZERO_PAGE, pageOf, reserve } from "./layout.js";
import { reportMarks } from "./marks.js";
import type { Page } from "./page.js";
import { checkReadable, loadPage } from "./read-faults.js";
import { admitWrite } from "./space.js";

/** See `File.write`. */
export function writeFile(core: DiskCore, inode: Inode, offset: number, bytes: Uint8Array): number {
  checkCount(offset, "write", inode);
  if (bytes.length === 0) return 0;
  if (!core.faults.strikesWrites) {
    take(core, inode, offset, bytes);
    return bytes.length;
  }
  const { taken, error } = admitWrite(core, inode, offset, bytes.length);
  if (taken > 0) take(core, inode, offset, bytes.subarray(0, taken));
  if (error !== undefined) throw error;
  return taken;
}

function take(core: DiskCore, inode: Inode, offset: number, bytes: Uint8Array): void {
  const end = offset + bytes.length;
  const last = pageOf(end - 1);
  const first = pageOf(offset);
  for (let index = first; index <= last; index++) prepare(core, inode, index, offset, end);
  inode.cache = reserve(inode.cache, end);
  inode.cache.set(bytes, offset);
  core.arena.put(bytes);
  const { chunk, at } = core.arena;
  for (let index = first; index <= last; index++) {
    const page = inode.pages[index]!;
    const base = index * PAGE_BYTES;
    const from = Math.max(offset, base);
    page.push({
      order: ++core.order,
      start: from - base,
      end: Math.min(end, base + PAGE_BYTES) - base,
      bytes: chunk,
      at: at + from - offset,
      joined: false,
      cut: undefined,
      wrong: false,
    });
    page.allocated = true;
    core.listDirty(inode, page);
  }
  if (end > inode.size) {
    core.log.addSize(++core.order, inode, end);
    inode.size = end;
  }
}

/** Makes the page resident; where only a part of it is written, the rest must be read from the platter. */
function prepare(core: DiskCore, inode: Inode, index: number, offset: number, end: number): void {
  const page = inode.pageAt(index);
  const base = index * PAGE_BYTES;
  const whole = offset <= base && end >= base + PAGE_BYTES;
  if (!page.resident) {
    if (whole) page.resident = true;
    else loadPage(core, inode, page);
  }
  if (page.damage === undefined || whole) return;
  // A sector that is written as a whole need not be readable.
  const from = Math.max(offset, base) - base;
  const to = Math.min(end, base + PAGE_BYTES) - base;
  const { badSector } = page.damage;
  if (from > badSector * SECTOR_BYTES || to < (badSector + 1) * SECTOR_BYTES)
    checkReadable(inode, page, from, to, "write");
}

/** See `File.truncate`. */
export function truncateFile(core: DiskCore, inode: Inode, size: number): void {
  checkCount(size, "truncate", inode);
  const before = inode.size;
  if (size > before) {
    core.log.addSize(++core.order, inode, size);
    inode.size = size;
  } else if (size < before) {
    cut(core, inode, size);
  }
}

function cut(core: DiskCore, inode: Inode, size: number): void {
  const before = inode.size;
  const cutPages: Page[] = [];
  for (let index = pageOf(size); index * PAGE_BYTES < before; index++) {
    // A page that was never touched is zeros here and on the platter.
    if (inode.pages[index] === undefined && !inode.onPlatter(index)) continue;
    const page = inode.pageAt(index);
    if (index * PAGE_BYTES < size && !page.resident) loadPage(core, inode, page);
    cutPages.push(page);
  }
  const change = core.log.addSize(++core.order, inode, size, cutPages);
  for (const page of cutPages) {
    const base = page.index * PAGE_BYTES;
    const start = Math.max(0, size - base);
    if (start === 0) {
      page.allocated = false;
      page.resident = true;
    }
    page.push({
      order: ++core.order,
      start,
      end: Math.min(PAGE_BYTES, before - base),
      bytes: ZERO_PAGE,
      at: 0,
      joined: false,
      cut: change,
      wrong: false,
    });
    core.listDirty(inode, page);
  }
  inode.cache.fill(0, size, before);
  inode.size = size;
}

/** See `File.read`. */
export function readFile(core: DiskCore, inode: Inode, offset: number, length: number): Uint8Array {
  let end = Math.min(offset + length, inode.size);
  if (offset >= end) return new Uint8Array(0);
  for (let index = pageOf(offset); index * PAGE_BYTES < end; index++) {
    let page = inode.pages[index];
    if (page === undefined) {
      if (!inode.onPlatter(index)) continue;
      page = inode.pageAt(index);
    }
    if (!page.resident) loadPage(core, inode, page);
    if (page.damage !== undefined) {
      const base = index * PAGE_BYTES;
      checkReadable(inode, page, Math.max(offset, base) - base, Math.min(end - base, PAGE_BYTES), "read");
    }
  }
  if (core.faults.strikesReads && end - offset > 1) end = offset + shorten(core, inode, offset, end - offset);
  const read = copyOut(inode.cache, offset, end);
  if (inode.marks.length > 0) reportMarks(inode, offset, read);
  return read;
}

/** Whether the page cache answers a read of these bytes. */
export function isCached(inode: Inode, offset: number, length: number): boolean {
  const end = Math.min(offset + length, inode.size);
  for (let index = pageOf(offset); index * PAGE_BYTES < end; index++) {
    const page = inode.pages[index];
    if (page === undefined ? inode.onPlatter(index) : !page.resident) return false;
  }
  return true;
}

function shorten(core: DiskCore, inode: Inode, offset: number, length: number): number {
  const { faults, incarnation } = core;
  const number = inode.reads.next(incarnation);
  const fault = faults.strike(
    "short-read",
    inode.id,
    incarnation,
    number,
    () => `${inode.path} at ${offset}`,
  );
  if (fault === undefined) return length;
  fault.changed();
  return 1 + faults.detail(length - 1, "short-read", inode.id, incarnation, number);
}

/** A copy of [from, to); zeros where the buffer ends before. */
export function copyOut(buffer: Uint8Array, from: number, to: number): Uint8Array {
  if (to <= buffer.length) return buffer.slice(from, to);
  const copy = new Uint8Array(to - from);
  if (from < buffer.length) copy.set(buffer.subarray(from));
  return copy;
}

/** EINVAL unless `value` is a count of bytes. */
export function checkCount(value: number, what: string, inode: Inode): void {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new DiskError("EINVAL", `${what} ${inode.path} at ${value}`);
}
