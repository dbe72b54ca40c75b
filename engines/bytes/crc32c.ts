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

/** From this length on, a view that reads 32 bits at once saves more than it costs to make. */
const VIEW_BYTES_MIN = 512;

/**
 * The CRC-32C of `bytes[start, end)`, as an unsigned integer. "123456789" gives 0xe3069283.
 *
 * `seed` is the CRC of what comes before, so that `crc32c(b, 0, n, crc32c(a, 0, m))` is the CRC of both. For
 * the same bytes, different seeds always give different results.
 */
export function crc32c(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  const bulkEnd = start + ((end - start) & ~15);
  const isLong = end - start >= VIEW_BYTES_MIN;
  let crc = (isLong ? longCrc : shortCrc)(~seed, bytes, start, bulkEnd);
  for (let at = bulkEnd; at < end; at++) crc = (crc >>> 8) ^ TABLE[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}

function shortCrc(seed: number, bytes: Uint8Array, start: number, end: number): number {
  let crc = seed;
  for (let at = start; at < end; at += 16) {
    const first = crc ^ wordAt(bytes, at);
    crc = next16(first, wordAt(bytes, at + 4), wordAt(bytes, at + 8), wordAt(bytes, at + 12));
  }
  return crc;
}

function longCrc(seed: number, bytes: Uint8Array, start: number, end: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let crc = seed;
  for (let at = start; at < end; at += 16) {
    const first = crc ^ view.getInt32(at, true);
    crc = next16(
      first,
      view.getInt32(at + 4, true),
      view.getInt32(at + 8, true),
      view.getInt32(at + 12, true),
    );
  }
  return crc;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** The CRC sixteen bytes on: four words, the CRC so far already in the first. */
function next16(a: number, b: number, c: number, d: number): number {
  const t = TABLE;
  return (
    t[3840 + (a & 0xff)]! ^
    t[3584 + ((a >>> 8) & 0xff)]! ^
    t[3328 + ((a >>> 16) & 0xff)]! ^
    t[3072 + (a >>> 24)]! ^
    t[2816 + (b & 0xff)]! ^
    t[2560 + ((b >>> 8) & 0xff)]! ^
    t[2304 + ((b >>> 16) & 0xff)]! ^
    t[2048 + (b >>> 24)]! ^
    t[1792 + (c & 0xff)]! ^
    t[1536 + ((c >>> 8) & 0xff)]! ^
    t[1280 + ((c >>> 16) & 0xff)]! ^
    t[1024 + (c >>> 24)]! ^
    t[768 + (d & 0xff)]! ^
    t[512 + ((d >>> 8) & 0xff)]! ^
    t[256 + ((d >>> 16) & 0xff)]! ^
    t[d >>> 24]!
  );
}
