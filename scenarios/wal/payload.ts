/** Records that say who they are, so that an oracle can tell which of them came back, and whether whole. */

import { readU32, writeU32 } from "#engines/bytes/index.js";

/** Key and length; what follows is filler. */
export const MIN_PAYLOAD_BYTES = 8;

/** Filler, from a place that depends on the key: bytes of one record don't pass for those of another. */
const FILLER: Uint8Array = makeFiller(1 << 17);

/** The record with this key and length, or the least length: the key, the length, and filler that depends on both. */
export function makePayload(key: number, wantedBytes: number): Uint8Array {
  const sizeBytes = Math.max(wantedBytes, MIN_PAYLOAD_BYTES);
  const from = (Math.imul(key + 1, 0x9e3779b1) >>> 16) % (FILLER.length - sizeBytes);
  const bytes = FILLER.slice(from, from + sizeBytes);
  writeU32(bytes, 0, key);
  writeU32(bytes, 4, sizeBytes);
  return bytes;
}

/** The key that a record claims; -1 where it is too short to have one. */
export function keyOfPayload(bytes: Uint8Array): number {
  if (bytes.length < MIN_PAYLOAD_BYTES) return -1;
  return readU32(bytes, 0);
}

function makeFiller(sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  let word = 1;
  for (let i = 0; i < sizeBytes; i++) {
    word = (Math.imul(word, 0x41c64e6d) + 0x3039) | 0;
    bytes[i] = word >>> 16;
  }
  return bytes;
}
