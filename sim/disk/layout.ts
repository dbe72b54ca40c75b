/** The units of the disk: what is torn, what falls back as a whole, and zeros to copy from. */

/** What the page cache holds and writes back as one, and what a power loss decides about. */
export const PAGE_BYTES: number = 4096;

/** What a device writes atomically: a torn page is mixed at this grain. */
export const SECTOR_BYTES: number = 512;

export const SECTORS_PER_PAGE: number = PAGE_BYTES / SECTOR_BYTES;

export const NO_BYTES: Uint8Array = new Uint8Array(0);

/** Never written to. */
export const ZERO_PAGE: Uint8Array = new Uint8Array(PAGE_BYTES);

/** The page that holds the byte at `offset`. */
export function pageOf(offset: number): number {
  return Math.floor(offset / PAGE_BYTES);
}

/** How many pages `size` bytes take. */
export function pageCount(size: number): number {
  return Math.ceil(size / PAGE_BYTES);
}

/**
 * `buffer`, or a larger copy of it, that holds at least `size` bytes. Lengths are whole pages, so that a page
 * can always be copied as one.
 */
export function reserve(buffer: Uint8Array, size: number): Uint8Array {
  if (size <= buffer.length) return buffer;
  const grown = new Uint8Array(Math.max(pageCount(size) * PAGE_BYTES, buffer.length * 2));
  grown.set(buffer);
  return grown;
}
