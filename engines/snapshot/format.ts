/** The bytes of a snapshot file, encoded and checked. FORMAT.md has the picture. */

import { crc32c, readU32, readU64, writeU32, writeU64 } from "../bytes/index.js";
import type { Random } from "../env/index.js";

export const HEADER_BYTES = 32;
export const BLOCK_HEADER_BYTES = 16;
const FOOTER_PAYLOAD_BYTES = 24;
export const FOOTER_BYTES: number = BLOCK_HEADER_BYTES + FOOTER_PAYLOAD_BYTES;
const BLOCK_ALIGNMENT = 8;
/** A chunk has to fit into memory, twice. */
export const MAX_CHUNK_BYTES: number = 0x4000_0000 - BLOCK_HEADER_BYTES;

const MAGIC = 0x50414e53; // "SNAP"
const FORMAT_VERSION = 1;

export type BlockType = "chunk" | "footer";
const BLOCK_TYPES: readonly BlockType[] = ["chunk", "footer"];

/** 64 random bits that only this file has: no other file's bytes pass for its blocks. */
export interface Identity {
  readonly tag: number;
  readonly salt: number;
}

export interface Header {
  readonly lsn: number;
  readonly identity: Identity;
}

export interface Footer {
  readonly lsn: number;
  readonly chunks: number;
  readonly payloadBytes: number;
}

export interface Bad {
  readonly bad: string;
}

export function newIdentity(random: Random): Identity {
  return { tag: random.uint32(), salt: random.uint32() };
}

export function encodeHeader(header: Header): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  writeU32(bytes, 4, MAGIC);
  writeU32(bytes, 8, FORMAT_VERSION);
  writeU32(bytes, 12, header.identity.tag);
  writeU32(bytes, 16, header.identity.salt);
  writeU64(bytes, 24, header.lsn);
  writeU32(bytes, 0, crc32c(bytes, 4, HEADER_BYTES));
  return bytes;
}

export function decodeHeader(bytes: Uint8Array): Header | Bad {
  if (bytes.length < HEADER_BYTES) return { bad: `a file of ${bytes.length} bytes` };
  if (readU32(bytes, 4) !== MAGIC) return { bad: "another magic number" };
  if (readU32(bytes, 0) !== crc32c(bytes, 4, HEADER_BYTES)) return { bad: "a header with a wrong CRC" };
  const version = readU32(bytes, 8);
  if (version !== FORMAT_VERSION) return { bad: `format version ${version}` };
  return { lsn: readU64(bytes, 24), identity: { tag: readU32(bytes, 12), salt: readU32(bytes, 16) } };
}

/** How much of the file a block with this payload takes. */
export function blockBytes(payloadBytes: number): number {
  return Math.ceil((BLOCK_HEADER_BYTES + payloadBytes) / BLOCK_ALIGNMENT) * BLOCK_ALIGNMENT;
}

/** A block that goes to `offset`. */
export function encodeBlock(
  type: BlockType,
  payload: Uint8Array,
  offset: number,
  identity: Identity,
): Uint8Array {
  const bytes = new Uint8Array(blockBytes(payload.length));
  writeU32(bytes, 4, identity.tag);
  writeU32(bytes, 8, payload.length);
  writeU32(bytes, 12, BLOCK_TYPES.indexOf(type));
  bytes.set(payload, BLOCK_HEADER_BYTES);
  writeU32(bytes, 0, crc32c(bytes, 4, bytes.length, seedOf(identity, offset)));
  return bytes;
}

/**
 * The payload, as a view, of the block that stands at `bytes[at]`, which is `offset` of the file; how many
 * bytes are needed to tell; or why there is none. Blocks end at `endOffset`, which bounds the length before it
 * is believed.
 */
export function decodeBlock(
  type: BlockType,
  bytes: Uint8Array,
  at: number,
  place: { readonly offset: number; readonly endOffset: number; readonly identity: Identity },
): { readonly payload: Uint8Array; readonly sizeBytes: number } | { readonly needBytes: number } | Bad {
  const left = place.endOffset - place.offset;
  if (left < BLOCK_HEADER_BYTES) return { bad: `${left} bytes, too few for a block` };
  if (bytes.length - at < BLOCK_HEADER_BYTES) return { needBytes: BLOCK_HEADER_BYTES };
  if (readU32(bytes, at + 4) !== place.identity.tag) return { bad: "bytes that are no block of this file" };
  const payloadBytes = readU32(bytes, at + 8);
  const sizeBytes = blockBytes(payloadBytes);
  if (sizeBytes > left) return { bad: `a block of ${sizeBytes} bytes where ${left} are left` };
  if (bytes.length - at < sizeBytes) return { needBytes: sizeBytes };
  const crc = crc32c(bytes, at + 4, at + sizeBytes, seedOf(place.identity, place.offset));
  if (readU32(bytes, at) !== crc) return { bad: "a block with a wrong CRC" };
  if (BLOCK_TYPES[readU32(bytes, at + 12)] !== type) return { bad: "a block of another type" };
  const start = at + BLOCK_HEADER_BYTES;
  return { payload: bytes.subarray(start, start + payloadBytes), sizeBytes };
}

export function encodeFooter(footer: Footer): Uint8Array {
  const bytes = new Uint8Array(FOOTER_PAYLOAD_BYTES);
  writeU64(bytes, 0, footer.chunks);
  writeU64(bytes, 8, footer.payloadBytes);
  writeU64(bytes, 16, footer.lsn);
  return bytes;
}

export function decodeFooter(payload: Uint8Array): Footer | Bad {
  if (payload.length !== FOOTER_PAYLOAD_BYTES) return { bad: `a footer of ${payload.length} bytes` };
  return { chunks: readU64(payload, 0), payloadBytes: readU64(payload, 8), lsn: readU64(payload, 16) };
}

/** The offset is in the CRC, so that a block read from, or written to, another place does not pass. */
function seedOf(identity: Identity, offset: number): number {
  return (identity.salt ^ Math.floor(offset / BLOCK_ALIGNMENT)) >>> 0;
}
