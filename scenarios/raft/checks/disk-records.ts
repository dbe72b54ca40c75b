/**
 * What a server's disk durably holds of its Raft state, read from the bytes of its files alone
 * (engines/raft/FORMAT.md): the journal's records, replayed, and the latest snapshot.
 *
 * What it does not: it repairs nothing and judges no damage; where a file is not what was written, it gives up.
 */
import { decodeRecord } from "#engines/raft/codec/index.js";
import { RaftError } from "#engines/raft/errors.js";
import type { Persist } from "#engines/raft/storage.js";
import type { Entry, HardState, LogPosition } from "#engines/raft/types.js";
import type { EntryNode } from "./entry-tree.js";
import { sameEntry } from "./entry-tree.js";
import { scanSnapshot } from "./snapshot-scan.js";
import { scanWal } from "./wal-scan.js";

export interface DiskFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const ORIGIN: LogPosition = { index: 0, term: 0 };
const PLACE = /^raft-(\d+)\/(log|snapshots)\/[^/]*\.(wal|snap)$/;

/** The replay of a journal. */
export class DiskRecords {
  hardState: HardState = { term: 0, vote: undefined };
  readonly snapshot: LogPosition;
  #base: LogPosition = ORIGIN;
  /** By index; those at and below the base may still be there. */
  readonly #entries: Map<number, Entry> = new Map();
  #last = 0;

  constructor(snapshot: LogPosition) {
    this.snapshot = snapshot;
  }

  /** Whether the log, or the snapshot before it, holds the entry. */
  holds(node: EntryNode): boolean {
    if (node.index === this.snapshot.index) return node.term === this.snapshot.term;
    if (node.index < this.snapshot.index) return true;
    if (node.index <= this.#base.index || node.index > this.#last) return false;
    const entry = this.#entries.get(node.index);
    return entry?.term === node.term && (node.entry === undefined || sameEntry(node.entry, entry));
  }

  add({ hardState, entries, rebase }: Persist): void {
    this.hardState = hardState ?? this.hardState;
    if (rebase !== undefined && !rebase.keepsLog) this.#rebase(rebase);
    for (const entry of entries) {
      if (entry.index <= this.#base.index) continue;
      this.#entries.set(entry.index, entry);
      this.#last = entry.index;
    }
    if (rebase !== undefined && rebase.keepsLog) this.#base = rebase;
  }

  #rebase(base: LogPosition): void {
    this.#entries.clear();
    this.#base = base;
    this.#last = base.index;
  }
}

/** Undefined where the disk holds no journal, or something that is not what was written. */
export function readDiskRecords(files: readonly DiskFile[]): DiskRecords | undefined {
  const latest = latestGeneration(files);
  const log = scanWal(latest.filter(({ path }) => path.endsWith(".wal")).map(({ bytes }) => bytes));
  const snapshots = latest.filter(({ path }) => path.endsWith(".snap"));
  // Names have a fixed length, so that the last one is the newest.
  const newest = snapshots.toSorted((a, b) => (a.path < b.path ? -1 : 1)).at(-1);
  if (log === undefined) return undefined;
  try {
    const snapshot = newest === undefined ? ORIGIN : scanSnapshot(newest.bytes);
    if (snapshot === undefined) return undefined;
    const found = new DiskRecords(snapshot);
    // An empty record says nothing, but that those before it were durable.
    for (const record of log.records) if (record.length > 0) found.add(decodeRecord(record).persist);
    return found;
  } catch (error) {
    if (error instanceof RaftError && error.code === "RAFT_BAD_FORMAT") return undefined;
    throw error;
  }
}

function latestGeneration(files: readonly DiskFile[]): DiskFile[] {
  let generation = 0;
  let latest: DiskFile[] = [];
  for (const file of files) {
    const place = PLACE.exec(file.path);
    if (place === null) continue;
    const its = Number(place[1]);
    if (its > generation) [generation, latest] = [its, []];
    if (its === generation) latest.push(file);
  }
  return latest;
}
