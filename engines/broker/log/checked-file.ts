/** Small files that are read and written whole: a checksum, then the content. */
import {
  ByteReader,
  crc32c,
  readFully,
  readU32,
  writeFully,
  writeU32,
  type MakeError,
} from "../../bytes/index.js";
import { isDiskError, type Env, type File } from "../../env/index.js";
import { TEMPORARY_SUFFIX } from "./names.js";

const CRC_BYTES = 4;

/** The content; undefined where there is no such file, or not what was written. */
export async function readChecked(env: Env, path: string): Promise<Uint8Array | undefined> {
  let file: File;
  try {
    file = await env.disk.open(path, "existing");
  } catch (error) {
    if (isDiskError(error, "ENOENT")) return undefined;
    throw error;
  }
  try {
    const bytes = await readFully(file, 0, file.size());
    const isWhole = bytes.length >= CRC_BYTES && readU32(bytes, 0) === crc32c(bytes, CRC_BYTES, bytes.length);
    return isWhole ? bytes.subarray(CRC_BYTES) : undefined;
  } catch (error) {
    // What can't be read is as good as lost: all of these files can be worked out again.
    if (isDiskError(error, "EIO")) return undefined;
    throw error;
  } finally {
    await file.close();
  }
}

/** Writes a file without making anything durable: whoever reads it has to bear that it is stale, cut or gone. */
export async function writeChecked(env: Env, path: string, content: Uint8Array): Promise<void> {
  const file = await env.disk.open(path, "create");
  try {
    file.truncate(0);
    writeFully(file, 0, framed(content), () => undefined);
  } finally {
    await file.close();
  }
}

/**
 * Replaces a file, durably: after a crash it has either content. The rename is synced as well, since else what relies
 * on the new content could come before it (KAFKA-3968, KAFKA-16541).
 */
export async function replaceChecked(
  env: Env,
  directory: string,
  name: string,
  content: Uint8Array,
): Promise<void> {
  const path = `${directory}/${name}`;
  const file = await env.disk.open(path + TEMPORARY_SUFFIX, "create");
  try {
    file.truncate(0);
    writeFully(file, 0, framed(content), () => undefined);
    await file.sync();
  } finally {
    await file.close();
  }
  await env.disk.rename(path + TEMPORARY_SUFFIX, path);
  await env.disk.syncDir(directory);
}

function framed(content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(CRC_BYTES + content.length);
  bytes.set(content, CRC_BYTES);
  writeU32(bytes, 0, crc32c(content, 0, content.length));
  return bytes;
}

class Unreadable extends Error {}

/** For `encodeWith` and `ByteReader`: nothing that passed its checksum is malformed but by another version. */
export const unreadable: MakeError = (expected, found, where) =>
  new Unreadable(`expected ${expected}, found ${found}, at ${where}`);

/** What `read` makes of the content; undefined where it is not what this version writes. */
export function decodeChecked<T>(
  content: Uint8Array | undefined,
  where: string,
  read: (reader: ByteReader) => T,
): T | undefined {
  if (content === undefined) return undefined;
  try {
    const reader = new ByteReader(content, where, unreadable);
    const value = read(reader);
    reader.end();
    return value;
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}
