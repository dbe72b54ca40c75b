/** What one page may be after a power loss: its stops, and the bytes at each. Shared by chance and enumeration. */
import type { Inode } from "./inode.js";
import { PAGE_BYTES, SECTOR_BYTES, SECTORS_PER_PAGE } from "./layout.js";
import type { SizeChange } from "./metadata-log.js";
import { applyDelta, type Page } from "./page.js";

/** Whether a truncation survives. */
export type KeepsCut = (cut: SizeChange) => boolean;

/**
 * How many of the page's deltas may have reached the platter: 0 is the synced version, each other one the end
 * of a version. Blocks written after a cut that took the whole page are the file's only if the cut is kept.
 */
export function stopsOf(page: Page, keeps: KeepsCut): number[] {
  const stops = [0];
  for (const [index, delta] of page.versions.entries()) {
    if (delta.cut !== undefined && delta.start === 0 && !keeps(delta.cut)) break;
    if (!delta.joined) stops.push(index + 1);
  }
  return stops;
}

/** Puts the page at a stop into `into`. A truncation that is kept cuts, whatever else reached the platter. */
export function pageAtStop(inode: Inode, page: Page, stop: number, keeps: KeepsCut, into: Uint8Array): void {
  const base = page.index * PAGE_BYTES;
  if (inode.onPlatter(page.index)) into.set(inode.platter.subarray(base, base + PAGE_BYTES));
  else into.fill(0);
  for (const [index, delta] of page.versions.entries()) {
    if (delta.cut === undefined ? index < stop : index < stop || keeps(delta.cut)) applyDelta(delta, into, 0);
  }
  for (const ghost of page.ghosts) {
    if (ghost.cut !== undefined && keeps(ghost.cut)) applyDelta(ghost, into, 0);
  }
}

/** One byte a byte of the page: 1 where an unsynced write touched it, and no truncation that is kept since. */
export function touchedBytes(page: Page, keeps: KeepsCut): Uint8Array {
  const touched = new Uint8Array(PAGE_BYTES);
  const stops = stopsOf(page, keeps);
  const last = stops[stops.length - 1]!;
  for (const [index, delta] of page.versions.entries()) {
    if (delta.cut === undefined) {
      if (index < last) touched.fill(1, delta.start, delta.end);
    } else if (keeps(delta.cut)) touched.fill(0, delta.start, delta.end);
  }
  return touched;
}

/** The sectors with a touched byte below `limit`. */
export function touchedSectors(touched: Uint8Array, limit: number): number[] {
  const sectors: number[] = [];
  for (let sector = 0; sector < SECTORS_PER_PAGE; sector++) {
    const from = sector * SECTOR_BYTES;
    const to = Math.min(from + SECTOR_BYTES, limit);
    if (from < to && touched.subarray(from, to).includes(1)) sectors.push(sector);
  }
  return sectors;
}

/** Whether two pages have the same bytes below `limit`. */
export function sameBytes(a: Uint8Array, b: Uint8Array, limit: number): boolean {
  for (let i = 0; i < limit; i++) if (a[i] !== b[i]) return false;
  return true;
}
