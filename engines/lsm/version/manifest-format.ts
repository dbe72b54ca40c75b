/** The bytes of a manifest and of CURRENT. FORMAT.md has the picture; this is the only code that knows it. */

import { crc32c, readU32, readU64, writeU32, writeU64 } from "../../bytes/index.js";

export const MANIFEST_HEADER_BYTES = 32;
export const CURRENT_BYTES = 40;

const RECORD_HEADER_BYTES = 12;
const RECORD_ALIGNMENT = 8;
const MANIFEST_MAGIC = 0x4d4d4c53; // "SLMM"
const CURRENT_MAGIC = 0x434d4c53; // "SLMC"
const FORMAT_VERSION = 1;

/** What a manifest's beginning says of it. */
export interface ManifestHeader {
  /** As in its name. */
  readonly number: number;
  /** Random, never 0: it stands in each record and seeds its CRC, so that no other file's bytes pass for one. */
  readonly tag: number;
}

/** Which manifest counts. */
export interface Current extends ManifestHeader {
  /** How long the manifest was then. All of it was durable. */
  readonly durableBytes: number;
}

export interface Bad {
  readonly bad: string;
}

export interface ManifestRecord {
  readonly payload: Uint8Array;
  /** With its header and the zeros behind it. */
  readonly sizeBytes: number;
}

export function encodeHeader({ number, tag }: ManifestHeader): Uint8Array {
  const bytes = new Uint8Array(MANIFEST_HEADER_BYTES);
  writeU32(bytes, 4, MANIFEST_MAGIC);
  writeU32(bytes, 8, FORMAT_VERSION);
  writeU32(bytes, 12, tag);
  writeU64(bytes, 16, number);
  writeU32(bytes, 0, crc32c(bytes, 4, MANIFEST_HEADER_BYTES));
  return bytes;
}

export function decodeHeader(bytes: Uint8Array): ManifestHeader | Bad {
  if (bytes.length < MANIFEST_HEADER_BYTES) return { bad: `a manifest of ${bytes.length} bytes` };
  const why = whyNotSealed(bytes.subarray(0, MANIFEST_HEADER_BYTES), MANIFEST_MAGIC);
  return why ?? { number: readU64(bytes, 16), tag: readU32(bytes, 12) };
}

export function encodeCurrent({ number, tag, durableBytes }: Current): Uint8Array {
  const bytes = new Uint8Array(CURRENT_BYTES);
  writeU32(bytes, 4, CURRENT_MAGIC);
  writeU32(bytes, 8, FORMAT_VERSION);
  writeU32(bytes, 12, tag);
  writeU64(bytes, 16, number);
  writeU64(bytes, 24, durableBytes);
  writeU32(bytes, 0, crc32c(bytes, 4, CURRENT_BYTES));
  return bytes;
}

export function decodeCurrent(bytes: Uint8Array): Current | Bad {
  if (bytes.length !== CURRENT_BYTES) return { bad: `a file of ${bytes.length} bytes` };
  const why = whyNotSealed(bytes, CURRENT_MAGIC);
  return why ?? { number: readU64(bytes, 16), tag: readU32(bytes, 12), durableBytes: readU64(bytes, 24) };
}

/** The record that goes to `offset` of the manifest with this tag. */
export function encodeRecord(payload: Uint8Array, tag: number, offset: number): Uint8Array {
  const bytes = new Uint8Array(aligned(RECORD_HEADER_BYTES + payload.length));
  writeU32(bytes, 4, tag);
  writeU32(bytes, 8, payload.length);
  bytes.set(payload, RECORD_HEADER_BYTES);
  writeU32(bytes, 0, crc32c(bytes, 4, bytes.length, seedOf(tag, offset)));
  return bytes;
}

/** The record at `offset` of a whole manifest's bytes. The payload is a view. No length is followed before it is bounded. */
export function decodeRecord(bytes: Uint8Array, offset: number, tag: number): ManifestRecord | Bad {
  const available = bytes.length - offset;
  if (available < RECORD_HEADER_BYTES) return { bad: `${available} bytes, too few for a record` };
  if (readU32(bytes, offset + 4) !== tag) return { bad: "bytes that are no record of this manifest" };
  const payloadBytes = readU32(bytes, offset + 8);
  const sizeBytes = aligned(RECORD_HEADER_BYTES + payloadBytes);
  if (sizeBytes > available) return { bad: `a record of ${sizeBytes} bytes where ${available} are left` };
  const crc = crc32c(bytes, offset + 4, offset + sizeBytes, seedOf(tag, offset));
  if (readU32(bytes, offset) !== crc) return { bad: "a record with a wrong CRC" };
  const start = offset + RECORD_HEADER_BYTES;
  return { payload: bytes.subarray(start, start + payloadBytes), sizeBytes };
}

/** Whether a record stands anywhere behind `offset`. */
export function hasRecordBehind(bytes: Uint8Array, offset: number, tag: number): boolean {
  for (let at = offset + RECORD_ALIGNMENT; at + RECORD_HEADER_BYTES <= bytes.length; at += RECORD_ALIGNMENT) {
    if (!("bad" in decodeRecord(bytes, at, tag))) return true;
  }
  return false;
}

function whyNotSealed(bytes: Uint8Array, magic: number): Bad | undefined {
  if (readU32(bytes, 4) !== magic) return { bad: "another magic number" };
  if (readU32(bytes, 0) !== crc32c(bytes, 4, bytes.length)) return { bad: "a wrong CRC" };
  const version = readU32(bytes, 8);
  if (version !== FORMAT_VERSION) return { bad: `format version ${version}` };
  const isSound = readU32(bytes, 12) !== 0 && Number.isSafeInteger(readU64(bytes, 16));
  return isSound ? undefined : { bad: "bytes that were never written so" };
}

function aligned(length: number): number {
  return Math.ceil(length / RECORD_ALIGNMENT) * RECORD_ALIGNMENT;
}

/** For equal bytes, unequal seeds give unequal CRCs: a record at another place is not taken for one that belongs there. */
function seedOf(tag: number, offset: number): number {
  return (tag ^ Math.floor(offset / RECORD_ALIGNMENT)) >>> 0;
}
