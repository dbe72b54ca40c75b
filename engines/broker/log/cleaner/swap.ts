import type { Env } from "../../../env/index.js";
import type { Offset } from "../../types.js";
import { removeIndexes, removeSegmentFiles } from "../files.js";
import { LOG_SUFFIX, SWAP_SUFFIX, fileName } from "../names.js";

/**
 * Puts a durable `.swap` in place of the segments it replaces. May be done again from the start, after a crash at any
 * point: the `.swap` has its own name until nothing is left of the others.
 */
export async function finishSwap(
  env: Env,
  directory: string,
  baseOffset: Offset,
  replaced: readonly Offset[],
): Promise<void> {
  for (const each of replaced) if (each !== baseOffset) await removeSegmentFiles(env, directory, each);
  await removeIndexes(env, directory, baseOffset);
  await env.disk.syncDir(directory);
  const swap = `${directory}/${fileName(baseOffset, SWAP_SUFFIX)}`;
  await env.disk.rename(swap, `${directory}/${fileName(baseOffset, LOG_SUFFIX)}`);
  await env.disk.syncDir(directory);
}
