/** Every canonical content of one file after a power loss, page by page. */
import { copyOut } from "./file-io.js";
import { hashPage, hashPages } from "./image.js";
import type { Inode } from "./inode.js";
import { PAGE_BYTES, SECTOR_BYTES, SECTORS_PER_PAGE } from "./layout.js";
import { pageAtStop, stopsOf, touchedBytes, type KeepsCut } from "./outcome.js";
import type { Page } from "./page.js";

const GARBAGE = 0xa5;

/** The distinct contents that one page may have. */
export interface PageVariants {
  /** Where the page begins in the file. */
  readonly base: number;
  /** Nothing unsynced kept comes first. */
  readonly contents: readonly Uint8Array[];
  readonly hashes: readonly number[];
  /** Index of the content with everything kept. */
  readonly full: number;
}

export interface FileVariants {
  /** What is not in `pages`; ends where the file has only zeros. */
  readonly bytes: Uint8Array;
  readonly hashes: readonly number[];
  readonly pages: readonly PageVariants[];
}

/**
 * The variants of a file of this size. Per page: each version; each version's sectors up to any one over the
 * version before; and one fixed garbage pattern in the bytes that are being written.
 */
export function fileVariants(inode: Inode, size: number, keeps: KeepsCut): FileVariants {
  const bytes = copyOut(inode.platter, 0, Math.min(size, inode.platter.length));
  const pages: PageVariants[] = [];
  for (const page of inode.pages) {
    if (page === undefined) continue;
    const base = page.index * PAGE_BYTES;
    const limit = Math.min(PAGE_BYTES, size - base);
    if (limit > 0 && (page.versions.length > 0 || page.ghosts.length > 0)) {
      pages.push({ base, ...pageVariants(inode, page, keeps, limit) });
    }
  }
  return { bytes, hashes: hashPages(bytes), pages };
}

/** The hash of each page of a file with these choices, one for each of its `pages`. */
export function composeHashes(
  { hashes, pages }: FileVariants,
  choices: readonly number[],
): readonly number[] {
  if (pages.length === 0) return hashes;
  const composed = [...hashes];
  for (const [index, page] of pages.entries()) {
    const at = page.base / PAGE_BYTES;
    while (composed.length < at) composed.push(0);
    composed[at] = page.hashes[choices[index]!]!;
  }
  return composed;
}

/** The content of a file with these choices, one for each of its `pages`. */
export function compose({ bytes, pages }: FileVariants, choices: readonly number[]): Uint8Array {
  if (pages.length === 0) return bytes;
  let end = bytes.length;
  for (const { base, contents } of pages) end = Math.max(end, base + contents[0]!.length);
  const composed = new Uint8Array(end);
  composed.set(bytes);
  for (const [index, { base, contents }] of pages.entries()) composed.set(contents[choices[index]!]!, base);
  return composed;
}

function pageVariants(
  inode: Inode,
  page: Page,
  keeps: KeepsCut,
  limit: number,
): { contents: Uint8Array[]; hashes: number[]; full: number } {
  const contents: Uint8Array[] = [];
  const hashes: number[] = [];
  const add = (content: Uint8Array): number => {
    const hash = hashPage(content);
    const known = hashes.indexOf(hash);
    if (known >= 0) return known;
    hashes.push(hash);
    return contents.push(content) - 1;
  };
  const stops = stopsOf(page, keeps).map((stop) => {
    const content = new Uint8Array(PAGE_BYTES);
    pageAtStop(inode, page, stop, keeps, content);
    return content.subarray(0, limit);
  });
  let full = 0;
  for (const content of stops) full = add(content);
  for (let i = 1; i < stops.length; i++) {
    for (let sector = 1; sector < SECTORS_PER_PAGE && sector * SECTOR_BYTES < limit; sector++) {
      const torn = stops[i - 1]!.slice();
      torn.set(stops[i]!.subarray(0, sector * SECTOR_BYTES));
      add(torn);
    }
  }
  const touched = touchedBytes(page, keeps);
  const garbage = stops[stops.length - 1]!.slice();
  for (let i = 0; i < limit; i++) if (touched[i] === 1) garbage[i] = GARBAGE ^ (i & 0xff);
  add(garbage);
  return { contents, hashes, full };
}
