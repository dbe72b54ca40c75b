/**
 * Bytes: what every engine's files and messages are made of.
 *
 * What lives here: CRC-32C, little-endian integers, varints, whole reads and writes over files that may take or
 * give only a part, and the fields of a format: `encodeWith`, which writes what is put into a `Sink`, and
 * `ByteReader`; `Slab` and `copyBytes`, for code that makes many small arrays.
 *
 * What it promises: the same bytes on every machine. Checksums and integers allocate nothing; an encoded value
 * is one array of exactly its size, and decoded bytes are views. A `ByteReader` never reads past the end,
 * whatever it is given; no two texts have the same bytes. What is refused is refused with the error of whoever
 * owns the format.
 *
 * What it does not: it knows no format, and no versions. Checksums and integers check no bounds that their
 * caller has not checked.
 */

export { copyBytes } from "./copy-bytes.js";
export { crc32c } from "./crc32c.js";
export { encodeWith, putTexts, sizeWith, type Sink } from "./encode.js";
export { makeDirectory, readFully, writeFully } from "./file-io.js";
export { readU32, readU64, readVarint, varintLength, writeU32, writeU64, writeVarint } from "./integers.js";
export type { MakeError } from "./make-error.js";
export { ByteReader, readTexts } from "./reader.js";
export { Slab } from "./slab.js";
