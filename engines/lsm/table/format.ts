/** The frame of a table's file: how blocks are sealed, and the footer. FORMAT.md has the picture. */

import { crc32c, readU32, readU64, writeU32, writeU64 } from "../../bytes/index.js";

export const FOOTER_BYTES = 64;
/** Type and CRC behind the content of each block. */
export const TRAILER_BYTES = 5;

const MAGIC = 0x42545353; // "SSTB"
const FORMAT_VERSION = 1;
const TWO_32 = 0x1_0000_0000;

export type BlockType = "data" | "filter" | "index" | "properties";
const BLOCK_TYPES: readonly BlockType[] = ["data", "filter", "index", "properties"];

/** Where the parts of a table are. They follow each other without a gap: each ends where the next begins. */
export interface Layout {
  /** 32 random bits of this table. They go into every block's CRC, so that no other table's block passes. */
  readonly tag: number;
  /** Equal to `indexOffset` where there is no filter. */
  readonly filterOffset: number;
  readonly indexOffset: number;
  readonly propertiesOffset: number;
  readonly footerOffset: number;
}

export interface Bad {
  readonly bad: string;
}

/**
 * Writes the trailer of the block whose content is `bytes[start, end)` and that goes to `offset` of the file; there
 * must be room. Returns where it ends.
 */
export function sealBlock(
  bytes: Uint8Array,
  start: number,
  end: number,
  type: BlockType,
  place: { readonly tag: number; readonly offset: number },
): number {
  bytes[end] = BLOCK_TYPES.indexOf(type);
  writeU32(bytes, end + 1, crc32c(bytes, start, end + 1, seedOf(place.tag, place.offset)));
  return end + TRAILER_BYTES;
}

/** Why `bytes`, read at `offset`, are not a block of this type; undefined where they are. */
export function whyNoBlock(
  bytes: Uint8Array,
  type: BlockType,
  place: { readonly tag: number; readonly offset: number },
): string | undefined {
  const typeAt = bytes.length - TRAILER_BYTES;
  if (typeAt < 0) return `${bytes.length} bytes, too few for a block`;
  const crc = crc32c(bytes, 0, typeAt + 1, seedOf(place.tag, place.offset));
  if (readU32(bytes, typeAt + 1) !== crc) return "a block with a wrong CRC";
  return bytes[typeAt] === BLOCK_TYPES.indexOf(type) ? undefined : "a block of another type";
}

export function encodeFooter(number: number, layout: Layout): Uint8Array {
  const bytes = new Uint8Array(FOOTER_BYTES);
  writeU32(bytes, 4, MAGIC);
  writeU32(bytes, 8, FORMAT_VERSION);
  writeU32(bytes, 12, layout.tag);
  writeU64(bytes, 16, number);
  writeU64(bytes, 24, layout.filterOffset);
  writeU64(bytes, 32, layout.indexOffset);
  writeU64(bytes, 40, layout.propertiesOffset);
  writeU64(bytes, 48, layout.footerOffset);
  writeU32(bytes, 0, crc32c(bytes, 4, FOOTER_BYTES));
  return bytes;
}

/** The layout that the footer `bytes`, read at `offset` of table `number`, gives; or why it is none. */
export function decodeFooter(bytes: Uint8Array, offset: number, number: number): Layout | Bad {
  if (bytes.length !== FOOTER_BYTES) return { bad: `a footer of ${bytes.length} bytes` };
  if (readU32(bytes, 4) !== MAGIC) return { bad: "another magic number" };
  if (readU32(bytes, 0) !== crc32c(bytes, 4, FOOTER_BYTES)) return { bad: "a footer with a wrong CRC" };
  const version = readU32(bytes, 8);
  if (version !== FORMAT_VERSION) return { bad: `format version ${version}` };
  if (readU64(bytes, 16) !== number) return { bad: `the footer of table ${readU64(bytes, 16)}` };
  const layout: Layout = {
    tag: readU32(bytes, 12),
    filterOffset: readU64(bytes, 24),
    indexOffset: readU64(bytes, 32),
    propertiesOffset: readU64(bytes, 40),
    footerOffset: readU64(bytes, 48),
  };
  if (layout.footerOffset !== offset) return { bad: `the footer of a table that ends elsewhere` };
  const { filterOffset, indexOffset, propertiesOffset } = layout;
  const isInOrder =
    filterOffset <= indexOffset && indexOffset < propertiesOffset && propertiesOffset < offset;
  return isInOrder ? layout : { bad: "a footer that was never written so" };
}

/**
 * What a block's CRC starts from. The offset is in it so that a block which a device wrote to, or read from, another
 * place is not taken for the one that belongs there: for equal bytes, unequal seeds give unequal CRCs.
 */
function seedOf(tag: number, offset: number): number {
  return (tag ^ (offset % TWO_32) ^ Math.floor(offset / TWO_32)) >>> 0;
}
