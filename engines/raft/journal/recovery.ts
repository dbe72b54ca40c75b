/** Opens one generation of a journal and judges what is in it. Nothing that is damaged is changed. */

import type { Env } from "../../env/index.js";
import { SnapshotDamagedError, SnapshotStore } from "../../snapshot/index.js";
import { Wal, WalDamagedError } from "../../wal/index.js";
import { decodeRecord, decodeSnapshotHeader } from "../codec/index.js";
import { RaftError, badFormat } from "../errors.js";
import type { SavedSnapshot } from "../storage.js";
import type { Entry, HardState, LogPosition } from "../types.js";
import { partPath, type Generation } from "./generations.js";
import type { LiveRecords } from "./live-records.js";
import type { Settings } from "./options.js";
import { isProof } from "./proven-log.js";
import { Replay, type ReplayedLog } from "./replay.js";

/** A generation that is whole. */
export interface OpenGeneration {
  readonly generation: Generation;
  readonly wal: Wal;
  readonly store: SnapshotStore;
  readonly hardState: HardState;
  readonly base: LogPosition;
  readonly entries: readonly Entry[];
  readonly snapshot: SavedSnapshot | undefined;
  readonly isRepaired: boolean;
  /** The snapshot took the place of the whole log, and no rebase says so yet. */
  readonly needsRebase: boolean;
  readonly live: LiveRecords;
}

/** Why a generation is not whole. */
export interface Damage {
  readonly damage: string;
}

/**
 * Opens a generation whose directory is there, or begins it. Throws what `Wal.open` and `SnapshotStore.open`
 * throw but for damage, and then it can be opened again.
 */
export async function openGeneration(
  env: Env,
  settings: Settings,
  generation: Generation,
): Promise<OpenGeneration | Damage> {
  let wal: Wal | undefined;
  try {
    const logPath = partPath(settings.directory, generation, "log");
    wal = await Wal.open(env, { ...settings.wal, directory: logPath });
    const directory = partPath(settings.directory, generation, "snapshots");
    const store = await SnapshotStore.open(env, { directory });
    const snapshot = await readSnapshot(store);
    const log = await replay(wal, logPath, settings);
    return { generation, wal, store, ...combine(log, snapshot, directory), snapshot };
  } catch (error) {
    // What is wrong already says more than what closing adds.
    await wal?.close().catch(() => undefined);
    if (isDamage(error)) return { damage: error.message };
    throw error;
  }
}

/**
 * The latest snapshot, all of it checked; undefined where there is none. Throws SNAPSHOT_DAMAGED, also for a
 * place that can't be read; RAFT_BAD_FORMAT; SNAPSHOT_IO_FAILED.
 */
export async function readSnapshot(store: SnapshotStore): Promise<SavedSnapshot | undefined> {
  const latest = store.latest();
  if (latest === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.load()) chunks.push(chunk);
  const header = chunks.shift();
  if (header === undefined) throw badFormat("a header and chunks", "no chunks", latest.path);
  const { meta, digest } = decodeSnapshotHeader(header);
  if (meta.index !== latest.lsn) throw badFormat(`index ${latest.lsn}`, `${meta.index}`, latest.path);
  return { meta, digest, chunks };
}

async function replay(wal: Wal, where: string, { formatVersion }: Settings): Promise<ReplayedLog> {
  const replayed = new Replay(wal.firstLsn, where);
  for await (const { firstLsn, records } of wal.scan()) {
    for (const [i, record] of records.entries()) {
      if (!isProof(record)) replayed.add(firstLsn + i, decodeRecord(record, formatVersion).persist);
    }
  }
  return replayed.end();
}

/**
 * What a log and a snapshot come to together. A crash between saving a snapshot and the rebase leaves a log that
 * may not reach up to it, or conflicts with it: the snapshot is of committed entries, so it takes the whole log's
 * place then (Raft, section 7). A snapshot that does not reach up to the log's base is not the latest.
 */
function combine(
  log: ReplayedLog,
  snapshot: SavedSnapshot | undefined,
  where: string,
): Omit<OpenGeneration, "generation" | "wal" | "store" | "snapshot"> {
  const { base, entries, isRepaired, live } = log;
  if (base.index > (snapshot?.meta.index ?? 0)) {
    throw badFormat(`a snapshot from ${base.index} on`, String(snapshot?.meta.index ?? "none"), where);
  }
  if (snapshot === undefined) return { ...log, needsRebase: false };
  const { index, term } = snapshot.meta;
  const hardState = log.hardState.term < term ? { term, vote: undefined } : log.hardState;
  const held = index === base.index ? base : entries[index - base.index - 1];
  if (index === base.index && term !== base.term) {
    throw badFormat(`a snapshot of term ${base.term}`, String(term), where);
  }
  if (held?.term === term) return { hardState, base, entries, isRepaired, live, needsRebase: false };
  return { hardState, base: { index, term }, entries: [], isRepaired, live, needsRebase: true };
}

/** Whether bytes that must be there are not what was written. Any other error may go away. */
function isDamage(error: unknown): error is Error {
  if (error instanceof RaftError) return error.code === "RAFT_BAD_FORMAT";
  return error instanceof WalDamagedError || error instanceof SnapshotDamagedError;
}
