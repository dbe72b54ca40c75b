import { makeDirectory } from "../bytes/index.js";
import { isDiskError, isDiskFull, type Env, type File } from "../env/index.js";
import {
  SnapshotDamagedError,
  SnapshotError,
  badArgument,
  ioFailed,
  noSpace,
  readOnly,
  type Outcome,
  type SnapshotErrorCode,
} from "./errors.js";
import { HEADER_BYTES, type Footer } from "./format.js";
import { listSnapshots, snapshotPath } from "./names.js";
import { checkLatest, infoOf, observe, removeOlder, sweep, type SnapshotInfo } from "./recovery.js";
import {
  openSnapshot,
  reached,
  readChunks,
  writeSnapshot,
  type Chunks,
  type OpenSnapshot,
} from "./snapshot-file.js";

const DEFAULT_READ_BYTES = 256 * 1024;

export interface SnapshotOptions {
  /** The store's directory; made where it is missing, its parent must be there. */
  readonly directory: string;
  /** How much `load` reads at once. Default 256 KiB. */
  readonly readBytes?: number;
}

/** A store's state, as `SnapshotStore.inspect` shows it. */
export interface SnapshotInspection {
  readonly directory: string;
  readonly latest: SnapshotInfo | undefined;
  readonly isSaving: boolean;
  /** Why nothing can be saved before the store is opened again. */
  readonly failure: SnapshotErrorCode | undefined;
}

/**
 * The latest snapshot of a state, in a file. At any time, and after a crash at any step, there is the old one
 * or the new one, whole; the old one goes only once the new one is durable under its name.
 *
 * A caller that also has a log makes it durable up to the snapshot's LSN first, saves, and then drops the
 * log's records up to that LSN: `wal.truncatePrefix(lsn + 1)`.
 *
 * One `SnapshotStore` at a time may have the directory open. Loads may go on beside a save.
 */
export class SnapshotStore {
  readonly #env: Env;
  readonly #directory: string;
  readonly #readBytes: number;
  #latest: SnapshotInfo | undefined;
  #isSaving = false;
  /** The save that ended `unknown`. Which snapshot is the latest now, only opening the store again can tell. */
  #failure: SnapshotError | undefined;

  private constructor(env: Env, options: SnapshotOptions, latest: SnapshotInfo | undefined) {
    this.#env = env;
    this.#directory = options.directory;
    this.#readBytes = options.readBytes ?? DEFAULT_READ_BYTES;
    this.#latest = latest;
  }

  /**
   * Opens the store, or makes it, and removes what a crash left: temporary files, and snapshots older than the
   * latest, which is checked as a whole before one of those goes. Throws SNAPSHOT_DAMAGED, with nothing
   * changed; SNAPSHOT_BAD_ARGUMENT; SNAPSHOT_NO_SPACE and SNAPSHOT_IO_FAILED, after which it can be opened
   * again.
   */
  static async open(env: Env, options: SnapshotOptions): Promise<SnapshotStore> {
    const { directory, readBytes = DEFAULT_READ_BYTES } = options;
    if (directory === "") throw badArgument("a directory below the root", "the root", "directory");
    if (!Number.isSafeInteger(readBytes) || readBytes < HEADER_BYTES) {
      throw badArgument(`an integer of at least ${HEADER_BYTES}`, String(readBytes), "option readBytes");
    }
    try {
      await makeDirectory(env.disk, directory);
      const names = await listSnapshots(env, directory);
      const latest = await checkLatest(env, directory, names.lsns, readBytes);
      // The name may be from a process that died before it was durable; the caller may drop its log for it.
      await env.disk.syncDir(directory);
      await sweep(env, directory, names);
      const sweptFiles = names.temporaryPaths.length;
      observe(env, { kind: "snapshot/opened", directory, lsn: latest?.lsn, sweptFiles });
      return new SnapshotStore(env, options, latest);
    } catch (error) {
      throw toSnapshotError(env, directory, error, "failed");
    }
  }

  /** The latest snapshot. Undefined where there is none. */
  latest(): SnapshotInfo | undefined {
    return this.#latest;
  }

  /** For people and checks. */
  inspect(): SnapshotInspection {
    const failure = this.#failure?.code;
    return { directory: this.#directory, latest: this.#latest, isSaving: this.#isSaving, failure };
  }

  /**
   * Saves the state after record `lsn`, which must be above the latest snapshot's. Each chunk (best some tens of
   * KiB) comes out of `load` as it went in. When it resolves, the snapshot is durable and the latest, and the
   * older one is gone, or goes with the next save.
   *
   * Throws SNAPSHOT_BAD_ARGUMENT, SNAPSHOT_BUSY, SNAPSHOT_NO_SPACE, SNAPSHOT_IO_FAILED (see its `outcome`), and
   * what `chunks` throws; but for an `unknown` outcome the snapshots are as before. After one of those every
   * later save throws SNAPSHOT_READ_ONLY, until the store is opened again.
   */
  async save(lsn: number, chunks: Chunks): Promise<SnapshotInfo> {
    if (this.#failure !== undefined) throw readOnly(this.#directory, this.#failure);
    const least = (this.#latest?.lsn ?? 0) + 1;
    if (!Number.isSafeInteger(lsn) || lsn < least) {
      throw badArgument(`an LSN of at least ${least}`, String(lsn), this.#directory);
    }
    if (this.#isSaving) {
      const parts = { expected: "one save at a time", found: "another under way", where: this.#directory };
      throw new SnapshotError("SNAPSHOT_BUSY", { ...parts, todo: "wait for it" }, "failed");
    }
    this.#isSaving = true;
    try {
      return await this.#save(lsn, chunks);
    } catch (error) {
      if (error instanceof SnapshotError && error.outcome === "unknown") this.#failure = error;
      throw error;
    } finally {
      this.#isSaving = false;
    }
  }

  /**
   * The chunks of the latest snapshot, one by one; each is checked before it is served. The state is complete
   * only once the iteration has ended: damage further on ends it with SNAPSHOT_DAMAGED. Throws SNAPSHOT_NONE.
   */
  async *load(): AsyncGenerator<Uint8Array, void, void> {
    const snapshot = await this.#openLatest();
    try {
      yield* readChunks(snapshot, this.#readBytes);
    } catch (error) {
      throw toSnapshotError(this.#env, this.#directory, error, "failed");
    } finally {
      await snapshot.file.close();
    }
  }

  async #save(lsn: number, chunks: Chunks): Promise<SnapshotInfo> {
    const env = this.#env;
    const path = snapshotPath(this.#directory, lsn);
    const footer = await this.#write(path, lsn, chunks);
    try {
      await env.disk.syncDir(this.#directory);
    } catch (error) {
      throw toSnapshotError(env, this.#directory, error, "unknown");
    }
    const hadOlder = this.#latest !== undefined;
    this.#latest = infoOf(path, footer);
    const { payloadBytes } = footer;
    observe(env, { kind: "snapshot/saved", directory: this.#directory, lsn, payloadBytes });
    if (hadOlder) reached(env, "snapshot/replaced-older");
    await this.#removeOlder(lsn);
    return this.#latest;
  }

  /** Writes the snapshot under a temporary name; it gets its own once all its bytes are durable. */
  async #write(path: string, lsn: number, chunks: Chunks): Promise<Footer> {
    const { disk } = this.#env;
    const temporaryPath = `${path}.tmp`;
    let file: File | undefined;
    let isRenaming = false;
    try {
      file = await disk.open(temporaryPath, "create");
      file.truncate(0);
      const footer = await writeSnapshot(this.#env, file, lsn, chunks);
      await file.sync();
      await file.close();
      isRenaming = true;
      await disk.rename(temporaryPath, path);
      return footer;
    } catch (error) {
      await discard(this.#env, file, temporaryPath);
      const outcome = isRenaming && !isDiskFull(error) ? "unknown" : "failed";
      throw toSnapshotError(this.#env, this.#directory, error, outcome);
    }
  }

  /** The new snapshot is good whether this succeeds or not; what stays goes with the next save or open. */
  async #removeOlder(lsn: number): Promise<void> {
    try {
      const { lsns } = await listSnapshots(this.#env, this.#directory);
      await removeOlder(this.#env, this.#directory, lsns, lsn);
    } catch (error) {
      if (!isDiskError(error)) throw error;
      reached(this.#env, "snapshot/removal-failed");
    }
  }

  /** A save may replace the latest snapshot between the look at it and the opening of its file. */
  async #openLatest(): Promise<OpenSnapshot> {
    for (;;) {
      const latest = this.#latest;
      if (latest === undefined) {
        const parts = { expected: "a snapshot", found: "none", where: this.#directory };
        throw new SnapshotError("SNAPSHOT_NONE", { ...parts, todo: "look at latest() first" }, "failed");
      }
      try {
        return await openSnapshot(this.#env, latest.path, latest.lsn);
      } catch (error) {
        if (latest !== this.#latest) continue;
        const found = isDiskError(error, "ENOENT")
          ? new SnapshotDamagedError(latest.path, 0, "no file")
          : error;
        throw toSnapshotError(this.#env, this.#directory, found, "failed");
      }
    }
  }
}

/** Gives up a temporary file. What can't be removed now is removed when the store is opened again. */
async function discard(env: Env, file: File | undefined, path: string): Promise<void> {
  try {
    await file?.close();
    await env.disk.remove(path);
  } catch (error) {
    if (!isDiskError(error)) throw error;
  }
}

/** The typed error for what went wrong; what is none of the disk's stays what it is. */
function toSnapshotError(env: Env, directory: string, error: unknown, outcome: Outcome): unknown {
  if (error instanceof SnapshotDamagedError) {
    reached(env, "snapshot/damage-refused");
    observe(env, { kind: "snapshot/damage", directory, path: error.path, offset: error.offset });
  }
  if (!isDiskError(error)) return error;
  const isHarmless = isDiskFull(error) && outcome === "failed";
  reached(env, isHarmless ? "snapshot/enospc" : "snapshot/save-failed");
  return isHarmless ? noSpace(directory, error) : ioFailed(directory, error, outcome);
}
