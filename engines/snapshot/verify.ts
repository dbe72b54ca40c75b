import type { Env } from "../env/index.js";
import { SnapshotDamagedError } from "./errors.js";
import { listSnapshots, snapshotPath } from "./names.js";
import { readAll } from "./recovery.js";
import { openSnapshot } from "./snapshot-file.js";

const READ_BYTES = 256 * 1024;

/** What `verify` found. `problems` empty means that every snapshot can be loaded. */
export interface SnapshotReport {
  readonly problems: readonly SnapshotDamagedError[];
  /** The LSNs of the snapshots, the damaged ones too, in order; the last one is the one that counts. */
  readonly lsns: readonly number[];
  /** Files that opening the store removes. */
  readonly leftovers: readonly string[];
  /** Files that are not the store's. */
  readonly foreign: readonly string[];
}

/** Checks every byte of every snapshot. Changes nothing. Throws `DiskError` where a file can't be opened. */
export async function verify(env: Env, directory: string): Promise<SnapshotReport> {
  const { lsns, temporaryPaths, foreignPaths } = await listSnapshots(env, directory);
  const problems: SnapshotDamagedError[] = [];
  for (const lsn of lsns) {
    const problem = await problemOf(env, snapshotPath(directory, lsn), lsn);
    if (problem !== undefined) problems.push(problem);
  }
  const older = lsns.slice(0, -1).map((lsn) => snapshotPath(directory, lsn));
  return { problems, lsns, leftovers: [...temporaryPaths, ...older], foreign: foreignPaths };
}

async function problemOf(env: Env, path: string, lsn: number): Promise<SnapshotDamagedError | undefined> {
  try {
    const snapshot = await openSnapshot(env, path, lsn);
    try {
      await readAll(snapshot, READ_BYTES);
    } finally {
      await snapshot.file.close();
    }
    return undefined;
  } catch (error) {
    if (error instanceof SnapshotDamagedError) return error;
    throw error;
  }
}
