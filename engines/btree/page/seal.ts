import { crc32c, readU32, writeU32 } from "../../bytes/index.js";
import { headerProblem } from "./header-problem.js";
import type { PageId } from "./types.js";

const CRC_BYTES = 4;

/**
 * Stamps the checksum, which a page needs to be written. `tag` is the file's random identity: with it and the page's
 * number in the checksum, the bytes of another place or another file are refused.
 */
export function sealPage(page: Uint8Array, id: PageId, tag: number): void {
  writeU32(page, 0, checksum(page, id, tag));
}

/** What is wrong with the bytes that were read for page `id`; undefined where they are what was sealed for it. */
export function checkPage(page: Uint8Array, id: PageId, tag: number): string | undefined {
  if (readU32(page, 0) !== checksum(page, id, tag)) return "bytes that don't fit their checksum";
  return headerProblem(page);
}

function checksum(page: Uint8Array, id: PageId, tag: number): number {
  return crc32c(page, CRC_BYTES, page.length, (tag ^ id) >>> 0);
}
