/** Changes of the platter, page by page, and what they repair. */
import type { DiskCore } from "./core.js";
import type { Inode } from "./inode.js";
import { PAGE_BYTES, SECTOR_BYTES, reserve } from "./layout.js";
import { trimMarks } from "./marks.js";
import { applyDelta, type Delta, type Page, type PageDamage } from "./page.js";

/** To be called before any change of the page on the platter: its damage is asked for anew afterwards. */
export function beforeChange(core: DiskCore, inode: Inode, page: Page): void {
  const base = page.index * PAGE_BYTES;
  inode.platter = reserve(inode.platter, base + PAGE_BYTES);
  if (core.faults.keepsPrevious) page.previous = inode.platter.slice(base, base + PAGE_BYTES);
  page.generation++;
}

/** Writes the versions up to `order` to the platter. */
export function commitPage(core: DiskCore, inode: Inode, page: Page, order: number): void {
  const { versions } = page;
  let count = 0;
  while (count < versions.length && versions[count]!.order <= order) count++;
  if (count === 0) return;
  beforeChange(core, inode, page);
  const base = page.index * PAGE_BYTES;
  if (count === versions.length && page.resident && page.ghosts.length === 0) {
    copyFromCache(inode, versions, base);
  } else {
    for (let i = 0; i < count; i++) applyDelta(versions[i]!, inode.platter, base);
  }
  if (count === versions.length) {
    if (inode.marks.length > 0 || page.damage !== undefined) repair(inode, page, versions);
    versions.length = 0;
  } else {
    repair(inode, page, versions.splice(0, count));
  }
}

/** The cache is the platter and all versions: one copy instead of one for each. */
function copyFromCache(inode: Inode, versions: readonly Delta[], base: number): void {
  let start = PAGE_BYTES;
  let end = 0;
  for (const delta of versions) {
    if (delta.start < start) start = delta.start;
    if (delta.end > end) end = delta.end;
  }
  inode.platter.set(inode.cache.subarray(base + start, base + end), base + start);
}

/** Notes that these deltas reached the platter: what they cover is right again. */
export function repair(inode: Inode, page: Page, written: readonly Delta[]): void {
  const base = page.index * PAGE_BYTES;
  const { damage } = page;
  for (const delta of written) {
    if (delta.wrong) continue;
    trimMarks(inode, base + delta.start, base + delta.end);
    if (damage !== undefined && coversSector(delta, damage.badSector)) damage.badSector = -1;
  }
  // What a misread gives was drawn for the content before.
  if (damage !== undefined) damage.misread = undefined;
}

function coversSector(delta: Delta, sector: number): boolean {
  return delta.start <= sector * SECTOR_BYTES && delta.end >= (sector + 1) * SECTOR_BYTES;
}

/** The page's damage, made where it has none. */
export function damageOf(page: Page): PageDamage {
  return (page.damage ??= { badSector: -1, badFault: undefined, misread: undefined });
}
