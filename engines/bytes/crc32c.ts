/**
 * CRC-32C (Castagnoli), by slicing: sixteen table look-ups take sixteen bytes at once, so that they do not
 * wait for each other (Kounavis and Berry, "A Systematic Approach to Building High Performance Software-based
 * CRC Generators", 2005).
 */

const POLYNOMIAL_REFLECTED = 0x82f63b78;
const SLICES = 16;

/** `TABLE[k * 256 + b]` is the CRC of byte `b` followed by `k` zero bytes. */
const TABLE: Int32Array = makeTable();

function makeTable(): Int32Array {
  const table = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL_REFLECTED : 0);
    table[byte] = crc;
  }
  for (let at = 256; at < table.length; at++) {
    const previous = table[at - 256]!;
    table[at] = (previous >>> 8) ^ table[previous & 0xff]!;
  }
  return table;
}

/**
 * The CRC-32C of `bytes[start, end)`, as an unsigned integer. "123456789" gives 0xe3069283.
 *
 * `seed` is the CRC of what comes before, so that `crc32c(b, 0, n, crc32c(a, 0, m))` is the CRC of both. For
 * the same bytes, different seeds always give different results.
 */
export function crc32c(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  let crc = ~seed;
  let at = start;
  const t = TABLE;
  for (const bulkEnd = end - 15; at < bulkEnd; at += 16) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      t[3840 + (crc & 0xff)]! ^
      t[3584 + ((crc >>> 8) & 0xff)]! ^
      t[3328 + ((crc >>> 16) & 0xff)]! ^
      t[3072 + (crc >>> 24)]! ^
      t[2816 + bytes[at + 4]!]! ^
      t[2560 + bytes[at + 5]!]! ^
      t[2304 + bytes[at + 6]!]! ^
      t[2048 + bytes[at + 7]!]! ^
      t[1792 + bytes[at + 8]!]! ^
      t[1536 + bytes[at + 9]!]! ^
      t[1280 + bytes[at + 10]!]! ^
      t[1024 + bytes[at + 11]!]! ^
      t[768 + bytes[at + 12]!]! ^
      t[512 + bytes[at + 13]!]! ^
      t[256 + bytes[at + 14]!]! ^
      t[bytes[at + 15]!]!;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ t[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}
