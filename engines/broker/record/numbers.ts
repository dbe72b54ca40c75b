/** Kafka's numbers: big-endian integers, and varints in zigzag. The caller sees to it that the bytes are there. */

const TWO_32 = 0x1_0000_0000;
const VARINT_BYTES_MAX = 8;

export function readI16(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) >> 16) | bytes[at + 1]!;
}

export function writeI16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
}

export function readI32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** Takes signed and unsigned alike. */
export function writeI32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Inexact beyond safe integers, which the caller has to refuse. */
export function readI64(bytes: Uint8Array, at: number): number {
  return readI32(bytes, at) * TWO_32 + (readI32(bytes, at + 4) >>> 0);
}

/** A safe integer. */
export function writeI64(bytes: Uint8Array, at: number, value: number): void {
  writeI32(bytes, at, Math.floor(value / TWO_32) | 0);
  writeI32(bytes, at + 4, value >>> 0);
}

/** What zigzag makes twice as large: from 0 on, the sign apart, so that every safe integer counts exactly. */
function magnitude(value: number): number {
  return value < 0 ? -value - 1 : value;
}

/** How many bytes `writeZigzag` takes for a safe integer: 1 to 8. */
export function zigzagLength(value: number): number {
  let length = 1;
  for (let rest = Math.floor(magnitude(value) / 0x40); rest > 0; rest = Math.floor(rest / 0x80)) length++;
  return length;
}

/** Writes a safe integer as Protocol Buffers' sint does. Returns where the next thing goes. */
export function writeZigzag(bytes: Uint8Array, at: number, value: number): number {
  const whole = magnitude(value);
  let rest = Math.floor(whole / 0x40);
  let end = at;
  bytes[end++] = ((whole % 0x40) << 1) | (value < 0 ? 1 : 0) | (rest > 0 ? 0x80 : 0);
  while (rest > 0) {
    const low = rest % 0x80;
    rest = Math.floor(rest / 0x80);
    bytes[end++] = low | (rest > 0 ? 0x80 : 0);
  }
  return end;
}

/** Takes varints one after the other, and never goes past `end`: `isBad` once it would have had to. */
export class VarintReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  at: number;
  isBad = false;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes;
    this.at = at;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.at === this.#end;
  }

  byte(): number {
    if (this.at >= this.#end) this.isBad = true;
    return this.isBad ? 0 : this.#bytes[this.at++]!;
  }

  /** 0 where there is none. */
  zigzag(): number {
    const first = this.byte();
    let whole = (first >> 1) & 0x3f;
    let isLast = first < 0x80;
    let scale = 0x40;
    for (let length = 1; !isLast; length++) {
      const byte = this.byte();
      whole += (byte & 0x7f) * scale;
      scale *= 0x80;
      isLast = byte < 0x80;
      if (length === VARINT_BYTES_MAX) this.isBad = true;
      if (this.isBad) return 0;
    }
    if (!Number.isSafeInteger(whole)) this.isBad = true;
    return (first & 1) === 1 ? -whole - 1 : whole;
  }

  /** A view of so many bytes; empty where they are not there. */
  take(length: number): Uint8Array {
    if (length < 0 || length > this.#end - this.at) this.isBad = true;
    if (this.isBad) return this.#bytes.subarray(0, 0);
    const start = this.at;
    this.at += length;
    return this.#bytes.subarray(start, this.at);
  }

  /** Its length, then the bytes; null for the length -1. */
  nullable(): Uint8Array | null {
    const length = this.zigzag();
    return length === -1 ? null : this.take(length);
  }
}
