import type { Sequence, StoreErrorCode } from "../store/index.js";
import type { WalInspection } from "../wal/index.js";
import type { Core } from "./core.js";

export interface TableInspection {
  readonly number: number;
  readonly bytes: number;
  readonly entries: number;
  readonly tombstones: number;
  readonly smallestSequence: Sequence;
  readonly largestSequence: Sequence;
  /** In hexadecimal digits. */
  readonly smallestKey: string;
  readonly largestKey: string;
}

/** A store's state, for people and for checks. */
export interface LsmInspection {
  readonly directory: string;
  readonly state: "open" | "read-only" | "closed";
  /** Why it is read-only. */
  readonly failure: StoreErrorCode | undefined;
  /** Of the last batch that reads see. */
  readonly lastSequence: Sequence;
  /** The first record of the log that is in no table. */
  readonly logStart: Sequence;
  /** Of the next file. */
  readonly nextNumber: number;
  readonly manifest: { readonly number: number; readonly bytes: number };
  /** The one that is written to, then those that wait, the oldest first. */
  readonly memtables: readonly { readonly entries: number; readonly bytes: number }[];
  readonly levels: readonly (readonly TableInspection[])[];
  readonly snapshots: readonly Sequence[];
  readonly wal: WalInspection;
}

export function inspectCore({ context, wal, memtables, snapshots, versions }: Core): LsmInspection {
  const { health, settings } = context;
  const failure = health.failure?.code;
  const all = [memtables.active, ...memtables.immutables.map(({ memtable }) => memtable)];
  return {
    directory: settings.directory,
    state: health.isClosed ? "closed" : failure === undefined ? "open" : "read-only",
    failure,
    lastSequence: memtables.lastSequence,
    logStart: versions.logStart,
    nextNumber: versions.nextNumber,
    manifest: { number: versions.manifest.header.number, bytes: versions.manifest.sizeBytes },
    memtables: all.map(({ entries, sizeBytes: bytes }) => ({ entries, bytes })),
    levels: versions.current.levels.map((files) =>
      files.map(({ meta, table }) => ({
        number: meta.number,
        bytes: meta.fileBytes,
        entries: table.properties.entries,
        tombstones: table.properties.tombstones,
        smallestSequence: meta.smallestSequence,
        largestSequence: meta.largestSequence,
        smallestKey: hex(meta.smallestKey),
        largestKey: hex(meta.largestKey),
      })),
    ),
    snapshots: snapshots.sequences,
    wal: wal.inspect(),
  };
}

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}
