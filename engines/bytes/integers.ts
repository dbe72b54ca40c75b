/** Integers as little-endian bytes. Nothing is allocated; the caller sees to it that the bytes are there. */

const TWO_32 = 0x1_0000_0000;
const VARINT_BYTES_MAX = 8;

export function readU32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** Eight bytes as a number. Above `Number.MAX_SAFE_INTEGER` it is inexact, which the caller has to refuse. */
export function readU64(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at + 4) * TWO_32 + readU32(bytes, at);
}

/** Writes a safe integer >= 0 as eight bytes. */
export function writeU64(bytes: Uint8Array, at: number, value: number): void {
  writeU32(bytes, at, value >>> 0);
  writeU32(bytes, at + 4, Math.floor(value / TWO_32));
}

/** How many bytes `writeVarint` takes for a safe integer >= 0: one for each seven bits, so 1 to 8. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++;
  return length;
}

/** Writes a safe integer >= 0, low bits first, as LEB128 does. Returns where the next thing goes. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  let end = at;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[end++] = (rest % 0x80) | 0x80;
  bytes[end] = rest;
  return end + 1;
}

/**
 * The integer that `writeVarint` wrote at `at`; the next thing is `varintLength` of it further on. -1 where
 * `bytes` ends before the integer does, and for bytes that `writeVarint` never writes (a longer form than
 * needed, more than a safe integer).
 */
export function readVarint(bytes: Uint8Array, at: number): number {
  let value = 0;
  let scale = 1;
  for (let length = 1; length <= VARINT_BYTES_MAX && at + length <= bytes.length; length++) {
    const byte = bytes[at + length - 1]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return (byte === 0 && length > 1) || !Number.isSafeInteger(value) ? -1 : value;
    scale *= 0x80;
  }
  return -1;
}
