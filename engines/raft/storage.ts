/**
 * What the shell needs of a disk. `journal/` is the real one; `MemoryStorage` has no disk under it: it
 * keeps what it is given in memory, so that a test can restart a server with the same object.
 */
import type { StateStream } from "./state-machine.js";
import type { Entry, HardState, LogPosition, SnapshotMeta } from "./types.js";

/** What has to become durable, all of it or nothing: first `rebase`, then `entries`. */
export interface Persist {
  readonly hardState: HardState | undefined;
  /** Dense. What the log holds from the first one's index on is replaced. */
  readonly entries: readonly Entry[];
  /**
   * The log begins behind this place from now on: a durable snapshot covers what is before. `keepsLog`: what
   * is above stays, else all of it goes.
   */
  readonly rebase: (LogPosition & { readonly keepsLog: boolean }) | undefined;
  /** The server's repair is complete. */
  readonly repaired: boolean;
}

/** What a server finds when it boots. */
export interface Recovered {
  readonly hardState: HardState;
  /** The place before the first entry. */
  readonly base: LogPosition;
  readonly entries: readonly Entry[];
  readonly snapshot: SavedSnapshot | undefined;
  /** Damage was found, now or before, and the repair from the others is not complete. */
  readonly isRepairing: boolean;
}

export interface SavedSnapshot extends SnapshotToSave {
  readonly chunks: readonly Uint8Array[];
}

export interface SnapshotToSave {
  readonly meta: SnapshotMeta;
  /** The digest of all that was applied up to it. */
  readonly digest: number;
  /** A stream is left open. */
  readonly chunks: readonly Uint8Array[] | StateStream;
}

/**
 * One server's durable state. Any rejection but that of `saveSnapshot` with a full device means that nobody
 * knows what is durable: the server has to stop and be opened again.
 */
export interface RaftStorage {
  /** What is there; to be called once, first. Damage is not thrown: the state is set aside, see `isRepairing`. */
  recover(): Promise<Recovered>;
  /** Returns nothing where it is durable at once, else a promise. Calls take effect in their order. */
  persist(what: Persist): Promise<void> | undefined;
  /**
   * Makes the snapshot the latest, above the one before. Atomic. One at a time; `persist` may go on beside it.
   * Rejects also with what its chunks reject with; nothing has changed then.
   */
  saveSnapshot(snapshot: SnapshotToSave): Promise<void>;
  /** The latest snapshot; undefined where there is none. */
  loadSnapshot(): Promise<SavedSnapshot | undefined>;
  close(): Promise<void>;
  /** What there is to see of it, after `recover`. For people. */
  inspect?(): unknown;
}
