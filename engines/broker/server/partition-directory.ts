/** The directories of partitions below the broker's own. */
import { isDiskError, type Disk } from "../../env/index.js";
import { removeForGood } from "./small-file.js";

/**
 * Stands in a directory whose log is being removed: a power loss may keep any of its files, and what is left is no log.
 */
const REMOVED = "removed";

const NAME = /^[A-Za-z0-9._-]+-(0|[1-9][0-9]*)$/u;

/** Partitions whose directories have something in them. Throws `DiskError`. */
export async function listPartitions(disk: Disk, directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await disk.list(directory)) {
    if (NAME.test(name) && (await filesOf(disk, `${directory}/${name}`)).length > 0) found.push(name);
  }
  return found;
}

/** Finishes what `removePartition` began before the broker died. Throws `DiskError`. */
export async function finishRemovals(disk: Disk, directory: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const path = `${directory}/${name}`;
    if ((await filesOf(disk, path)).includes(REMOVED)) await removeFiles(disk, path);
  }
}

/** Removes a log, whole or not at all, as it seems from now on. Its directory stays, empty. Throws `DiskError`. */
export async function removePartition(disk: Disk, path: string): Promise<void> {
  const note = await disk.open(`${path}/${REMOVED}`, "create");
  await note.close();
  await disk.syncDir(path);
  await removeFiles(disk, path);
}

async function removeFiles(disk: Disk, path: string): Promise<void> {
  for (const name of await filesOf(disk, path)) if (name !== REMOVED) await disk.remove(`${path}/${name}`);
  await disk.syncDir(path);
  await removeForGood(disk, path, REMOVED);
}

/** None where it is no directory. */
async function filesOf(disk: Disk, path: string): Promise<string[]> {
  try {
    return await disk.list(path);
  } catch (error) {
    if (isDiskError(error, "ENOTDIR")) return [];
    throw error;
  }
}
