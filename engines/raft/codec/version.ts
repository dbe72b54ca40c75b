/** How formats change: a new version only adds fields at the end (FORMAT.md). */
import type { ByteReader } from "../../bytes/index.js";

/** The version of messages and journal records that a program writes. It reads all lower and all higher ones. */
export type FormatVersion = 1 | 2;
export const LATEST_FORMAT: FormatVersion = 2;

/** The version that the bytes begin with. */
export function readVersion(reader: ByteReader): number {
  const version = reader.integer();
  if (version === 0) reader.fail("a format version", "0");
  return version;
}

/** A higher version than the reader's may have added fields, which are left alone. */
export function readEnd(reader: ByteReader, version: number, known: number): void {
  if (version <= known) reader.end();
}
