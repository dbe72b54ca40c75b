import { isDiskError, type Disk } from "#engines/env/index.js";
import type { DiskOpSink } from "#engines/env/recording-disk.js";

/**
 * Touches every file below `directory`, so that the recording of `disk` begins with all that is there. Directories
 * that were made before can't be found by touching: `sink` is told.
 */
export async function touchAll(disk: Disk, directory: string, sink: DiskOpSink): Promise<void> {
  const names = await namesIn(disk, directory);
  if (names === undefined) return;
  sink({ kind: "mkdir", path: directory });
  await disk.syncDir(directory.split("/").slice(0, -1).join("/"));
  for (const name of names) {
    const path = `${directory}/${name}`;
    if ((await namesIn(disk, path)) !== undefined) await touchAll(disk, path, sink);
    else await (await disk.open(path, "existing")).close();
  }
}

/** Undefined where it is no directory. */
async function namesIn(disk: Disk, path: string): Promise<readonly string[] | undefined> {
  try {
    return await disk.list(path);
  } catch (error) {
    if (isDiskError(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}
