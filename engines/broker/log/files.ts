import { isDiskError, type Env } from "../../env/index.js";
import type { Offset } from "../types.js";
import { INDEX_SUFFIX, LOG_SUFFIX, TIME_INDEX_SUFFIX, fileName } from "./names.js";

export async function removeIfThere(env: Env, path: string): Promise<void> {
  try {
    await env.disk.remove(path);
  } catch (error) {
    if (!isDiskError(error, "ENOENT")) throw error;
  }
}

/** Before a file gets other content: an index that outlived it would be believed. */
export async function removeIndexes(env: Env, directory: string, baseOffset: Offset): Promise<void> {
  await removeIfThere(env, `${directory}/${fileName(baseOffset, INDEX_SUFFIX)}`);
  await removeIfThere(env, `${directory}/${fileName(baseOffset, TIME_INDEX_SUFFIX)}`);
}

export async function removeSegmentFiles(env: Env, directory: string, baseOffset: Offset): Promise<void> {
  await removeIndexes(env, directory, baseOffset);
  await removeIfThere(env, `${directory}/${fileName(baseOffset, LOG_SUFFIX)}`);
}

/**
 * Removes segments, the newest first and each for good before the next: a power loss may keep any of several removals,
 * and must not leave a hole.
 */
export async function removeFromEnd(
  env: Env,
  directory: string,
  baseOffsets: readonly Offset[],
): Promise<void> {
  for (const baseOffset of baseOffsets.toSorted((a, b) => b - a)) {
    await removeSegmentFiles(env, directory, baseOffset);
    await env.disk.syncDir(directory);
  }
}
