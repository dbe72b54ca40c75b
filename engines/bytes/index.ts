/**
 * Bytes: what every engine's file format needs.
 *
 * What lives here: CRC-32C, little-endian integers, varints, and whole reads and writes over files that may
 * take or give only a part. What it promises: no allocation on the way, the same bytes on every machine. What
 * it does not: it knows no format, and checks no bounds that its caller has not checked.
 */

export { crc32c } from "./crc32c.js";
export { readFully, writeFully } from "./file-io.js";
export { readU32, readU64, readVarint, varintLength, writeU32, writeU64, writeVarint } from "./integers.js";
