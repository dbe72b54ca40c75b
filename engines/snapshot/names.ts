import type { Env } from "../env/index.js";

const LSN_DIGITS = 16;
const SUFFIX = ".snap";
const TEMPORARY_SUFFIX = ".snap.tmp";

/** The names in a store's directory. */
export interface SnapshotNames {
  /** LSNs, in order. */
  readonly lsns: readonly number[];
  readonly temporaryPaths: readonly string[];
  readonly foreignPaths: readonly string[];
}

export function snapshotPath(directory: string, lsn: number): string {
  return `${directory}/${String(lsn).padStart(LSN_DIGITS, "0")}${SUFFIX}`;
}

export async function listSnapshots(env: Env, directory: string): Promise<SnapshotNames> {
  const lsns: number[] = [];
  const temporaryPaths: string[] = [];
  const foreignPaths: string[] = [];
  for (const name of await env.disk.list(directory)) {
    const path = `${directory}/${name}`;
    const lsn = name.endsWith(SUFFIX) ? Number(name.slice(0, -SUFFIX.length)) : NaN;
    if (name.endsWith(TEMPORARY_SUFFIX)) temporaryPaths.push(path);
    else if (Number.isSafeInteger(lsn) && snapshotPath(directory, lsn) === path) lsns.push(lsn);
    else foreignPaths.push(path);
  }
  return { lsns: lsns.sort((a, b) => a - b), temporaryPaths, foreignPaths };
}
