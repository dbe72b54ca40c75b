/** Opening a store: what a crash left is judged first, and removed after. */

import { assert, type Env } from "../env/index.js";
import type { SnapshotEvent } from "./events.js";
import type { Footer } from "./format.js";
import { snapshotPath, type SnapshotNames } from "./names.js";
import { openSnapshot, reached, readChunks, type OpenSnapshot } from "./snapshot-file.js";

export interface SnapshotInfo {
  /** The state is that after this record (for Raft: the last included index). */
  readonly lsn: number;
  readonly path: string;
  readonly chunks: number;
  readonly payloadBytes: number;
}

export function infoOf(path: string, footer: Footer): SnapshotInfo {
  return { lsn: footer.lsn, path, chunks: footer.chunks, payloadBytes: footer.payloadBytes };
}

export function observe(env: Env, event: SnapshotEvent): void {
  env.observe(event);
}

/** The latest snapshot, which must be good: an older one is never taken instead, since the log may not reach back to it. */
export async function checkLatest(
  env: Env,
  directory: string,
  lsns: readonly number[],
  readBytes: number,
): Promise<SnapshotInfo | undefined> {
  const lsn = lsns.at(-1);
  if (lsn === undefined) return undefined;
  const path = snapshotPath(directory, lsn);
  const snapshot = await openSnapshot(env, path, lsn);
  try {
    const hasOlder = lsns.length > 1;
    if (hasOlder) await readAll(snapshot, readBytes);
  } finally {
    await snapshot.file.close();
  }
  return infoOf(path, snapshot.footer);
}

/** Throws SNAPSHOT_DAMAGED unless all of it is good. */
export async function readAll(snapshot: OpenSnapshot, readBytes: number): Promise<void> {
  let chunks = 0;
  for await (const _ of readChunks(snapshot, readBytes)) chunks++;
  assert(chunks === snapshot.footer.chunks, "all chunks were read");
}

export async function sweep(env: Env, directory: string, names: SnapshotNames): Promise<void> {
  for (const path of names.temporaryPaths) {
    await env.disk.remove(path);
    reached(env, "snapshot/recovery-swept-tmp");
  }
  const latest = names.lsns.at(-1);
  if (latest === undefined || names.lsns.length === 1) return;
  await removeOlder(env, directory, names.lsns, latest);
  reached(env, "snapshot/recovery-removed-older");
}

export async function removeOlder(
  env: Env,
  directory: string,
  lsns: readonly number[],
  latest: number,
): Promise<void> {
  for (const lsn of lsns) {
    if (lsn >= latest) continue;
    const path = snapshotPath(directory, lsn);
    await env.disk.remove(path);
    observe(env, { kind: "snapshot/removed", directory, path });
  }
}
