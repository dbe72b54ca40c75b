/** How the store's files come and go. */

import { writeFully } from "../bytes/index.js";
import { isDiskError, type Env, type File } from "../env/index.js";
import { reached } from "./events.js";

/** Writes all of `bytes`, however little the file takes at once. */
export function writeAll(env: Env, file: File, offset: number, bytes: Uint8Array): void {
  writeFully(file, offset, bytes, () => reached(env, "lsm/short-write-continued"));
}

/**
 * Closes a file, where it is open, and removes it. False where the device did not do it: what stays is removed when
 * the store is opened again.
 */
export async function discard(env: Env, file: File | undefined, path: string): Promise<boolean> {
  try {
    await file?.close();
    await env.disk.remove(path);
    return true;
  } catch (error) {
    if (isDiskError(error, "ENOENT")) return true;
    if (!isDiskError(error)) throw error;
    reached(env, "lsm/removal-failed");
    return false;
  }
}

/** Closes a file or a table on the way out with another error, which says more. */
export async function closeQuietly(file: { close(): Promise<void> } | undefined): Promise<void> {
  try {
    await file?.close();
  } catch (error) {
    if (!isDiskError(error)) throw error;
  }
}
