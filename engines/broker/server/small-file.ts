/**
 * Small files that are replaced as a whole: a checksum over all that follows it, then the body. What is read is what was
 * written last, or what was there before.
 */
import { crc32c, readFully, readU32, writeFully, writeU32 } from "../../bytes/index.js";
import { isDiskError, type Disk } from "../../env/index.js";

const CRC_BYTES = 4;

/** The new body is durable when it resolves. Throws `DiskError`; then either body is there. */
export async function replaceFile(
  disk: Disk,
  directory: string,
  name: string,
  body: Uint8Array,
): Promise<void> {
  const bytes = new Uint8Array(CRC_BYTES + body.length);
  bytes.set(body, CRC_BYTES);
  writeU32(bytes, 0, crc32c(bytes, CRC_BYTES, bytes.length));
  const [path, temporary] = [`${directory}/${name}`, `${directory}/${name}.tmp`];
  const file = await disk.open(temporary, "create");
  try {
    file.truncate(0);
    writeFully(file, 0, bytes, () => undefined);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(temporary, path);
  await disk.syncDir(directory);
}

/** Undefined where there is none; `damaged` where its checksum does not fit. Throws `DiskError`. */
export async function readWhole(
  disk: Disk,
  directory: string,
  name: string,
): Promise<Uint8Array | "damaged" | undefined> {
  try {
    const file = await disk.open(`${directory}/${name}`, "existing");
    try {
      const bytes = await readFully(file, 0, file.size());
      if (bytes.length < CRC_BYTES) return "damaged";
      const isWhole = readU32(bytes, 0) === crc32c(bytes, CRC_BYTES, bytes.length);
      return isWhole ? bytes.subarray(CRC_BYTES) : "damaged";
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isDiskError(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** It is gone for good when it resolves. No effect where there is none. Throws `DiskError`. */
export async function removeForGood(disk: Disk, directory: string, name: string): Promise<void> {
  try {
    await disk.remove(`${directory}/${name}`);
  } catch (error) {
    if (!isDiskError(error, "ENOENT")) throw error;
  }
  // Also where it was gone: the process may have died between removing it and this.
  await disk.syncDir(directory);
}
