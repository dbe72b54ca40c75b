import { isDiskError, type Disk, type File } from "../env/index.js";

/**
 * Writes all of `bytes` at `offset`, going on where the file took only a part; `onShort` is told each time.
 * Throws what `File.write` throws, and then any prefix may be in.
 */
export function writeFully(file: File, offset: number, bytes: Uint8Array, onShort: () => void): void {
  let taken = file.write(offset, bytes);
  while (taken < bytes.length) {
    onShort();
    taken += file.write(offset + taken, bytes.subarray(taken));
  }
}

/**
 * Reads `length` bytes at `offset`, going on where the file gave only a part. Fewer come back only where the
 * file ends. The array belongs to the caller.
 */
export async function readFully(file: File, offset: number, length: number): Promise<Uint8Array> {
  const first = await file.read(offset, length);
  if (first.length === length || first.length === 0) return first;
  const all = new Uint8Array(length);
  all.set(first);
  let filled = first.length;
  while (filled < length) {
    const part = await file.read(offset + filled, length - filled);
    if (part.length === 0) return all.subarray(0, filled);
    all.set(part, filled);
    filled += part.length;
  }
  return all;
}

/** Makes the directory where it is missing, and its name durable. Throws what the disk throws. */
export async function makeDirectory(disk: Disk, directory: string): Promise<void> {
  try {
    await disk.mkdir(directory);
  } catch (error) {
    if (!isDiskError(error, "EEXIST")) throw error;
  }
  // Also where it was there: the process may have died between mkdir and this.
  await disk.syncDir(directory.slice(0, Math.max(0, directory.lastIndexOf("/"))));
}
