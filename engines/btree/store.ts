import type { Env } from "../env/index.js";
import {
  badArgument,
  boundsOf,
  checkBatch,
  checkKey,
  claimDirectory,
  readOnly,
  snapshotGone,
  StoreError,
  toStoreError,
  type KeyValueStore,
  type MaybePromise,
  type Range,
  type ReadOptions,
  type Sequence,
  type Snapshot,
  type StoreIterator,
  type StoreLimits,
  type StoreReport,
  type StoreStats,
  type WriteOperation,
} from "../store/index.js";
import { Checkpointer } from "./checkpoint.js";
import type { Core } from "./core.js";
import type { BtreeRecovery } from "./events.js";
import { Gate } from "./gate.js";
import { InFlight } from "./in-flight.js";
import { BtreeIterator } from "./iterator.js";
import { openCore } from "./open.js";
import { settingsOf, type BtreeOptions } from "./options.js";
import { Reads } from "./reads.js";
import type { Recovered } from "./recovery.js";
import { inspectionOf, statsOf, type BtreeInspection, type CountingParts } from "./stats.js";
import { treeLimits } from "./tree/index.js";
import { Verification } from "./verify.js";
import type { View } from "./views.js";
import { Workspace } from "./workspace.js";
import { Writer } from "./writer.js";

const BATCH_BYTES = 64 * 1024 * 1024;

/** A snapshot of one store. */
class BtreeSnapshot implements Snapshot {
  readonly sequence: Sequence;
  /** Undefined once it was closed. */
  view: View | undefined;

  constructor(view: View) {
    this.view = view;
    this.sequence = view.sequence;
  }

  close(): void {
    this.view?.close();
    this.view = undefined;
  }
}

/**
 * An ordered map in a B+ tree of pages in one file, with a redo log. See `KeyValueStore` for what its methods promise;
 * iterators that last long are given up as snapshots are, and then throw STORE_SNAPSHOT_GONE.
 *
 * One `BtreeStore` at a time may have the directory open.
 */
export class BtreeStore implements KeyValueStore {
  readonly limits: StoreLimits;
  readonly #core: Core;
  readonly #recovery: BtreeRecovery;
  readonly #writer: Writer;
  readonly #checkpointer: Checkpointer;
  readonly #reads: Reads;
  readonly #inFlight: InFlight;
  #steps = 0;
  readonly #release: () => void;
  #closing: Promise<void> | undefined;

  /** `release`: see `claimDirectory`. */
  private constructor(core: Core, release: () => void, { recovery, replayedBytes }: Recovered) {
    const { pool, buffers, telling, superblock } = core;
    this.#core = core;
    this.#release = release;
    this.#recovery = recovery;
    this.limits = limitsOf(superblock.pageBytes);
    const gate = new Gate();
    const workspace = new Workspace(pool, buffers, telling, superblock.checkpointLsn);
    this.#inFlight = new InFlight();
    this.#reads = new Reads(core, this.#inFlight);
    this.#checkpointer = new Checkpointer(core, workspace, gate, replayedBytes);
    this.#writer = new Writer(core, workspace, gate, this.#checkpointer);
  }

  /**
   * Opens the store, recovers it, or makes it. Throws STORE_BAD_ARGUMENT; STORE_IN_USE; STORE_DAMAGED, with nothing dropped or
   * changed for it; STORE_NO_SPACE and STORE_IO_FAILED, after which it can be opened again.
   */
  static async open(env: Env, options: BtreeOptions): Promise<BtreeStore> {
    const settings = settingsOf(options);
    const release = claimDirectory(env.disk, settings.directory);
    try {
      const { core, recovered } = await openCore(env, settings);
      return new BtreeStore(core, release, recovered);
    } catch (error) {
      release();
      throw error;
    }
  }

  get(key: Uint8Array, options?: ReadOptions): MaybePromise<Uint8Array | undefined> {
    this.#core.health.expectOpen();
    checkKey(key, this.limits, this.#core.telling.directory);
    const snapshot = options?.snapshot;
    return snapshot === undefined ? this.#reads.get(key) : this.#reads.getAt(this.#viewOf(snapshot), key);
  }

  put(key: Uint8Array, value: Uint8Array): Promise<Sequence> {
    try {
      checkBatch([{ type: "put", key, value }], this.limits, this.#core.telling.directory);
    } catch (error) {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- passed on as it is
      return Promise.reject(error);
    }
    return this.#writer.put(key, value);
  }

  delete(key: Uint8Array): Promise<Sequence> {
    try {
      checkBatch([{ type: "delete", key }], this.limits, this.#core.telling.directory);
    } catch (error) {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- passed on as it is
      return Promise.reject(error);
    }
    return this.#writer.delete(key);
  }

  write(batch: readonly WriteOperation[]): Promise<Sequence> {
    let sizeBytes: number;
    try {
      sizeBytes = checkBatch(batch, this.limits, this.#core.telling.directory);
    } catch (error) {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- passed on as it is
      return Promise.reject(error);
    }
    return this.#writer.write(batch, sizeBytes);
  }

  snapshot(): Snapshot {
    this.#core.health.expectOpen();
    return new BtreeSnapshot(this.#core.views.open());
  }

  iterate(range: Range = {}): StoreIterator {
    const core = this.#core;
    core.health.expectOpen();
    const bounds = boundsOf(range, core.telling.directory);
    const view = range.snapshot === undefined ? core.views.open() : this.#viewOf(range.snapshot).again();
    const stepped = (): void => void this.#steps++;
    return new BtreeIterator({ core, reads: this.#reads, inFlight: this.#inFlight, stepped }, view, bounds);
  }

  async flush(): Promise<void> {
    const refusal = this.#core.health.refusal();
    if (refusal !== undefined) throw refusal;
    await this.#checkpointer.flush();
  }

  /** Throws STORE_CLOSED. What it needs of older pages is kept beyond `snapshotBytes`, if it has to be. */
  async verify(): Promise<StoreReport> {
    this.#core.health.expectOpen();
    return this.#inFlight.run(async () => {
      try {
        return await new Verification(this.#core, this.#reads).run();
      } catch (error) {
        throw this.#reads.mapped(error);
      }
    });
  }

  stats(): StoreStats {
    return statsOf(this.#counting());
  }

  inspect(): BtreeInspection {
    return inspectionOf(this.#counting());
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      const { health, wal, file, telling, views } = this.#core;
      health.close();
      await this.#writer.drained();
      await this.#inFlight.drained();
      const errors: unknown[] = [];
      const note = (error: unknown): void => void errors.push(error);
      // Without space for the pages, the log has it all.
      await this.#checkpointer.flush().catch((error: unknown) => isNoSpace(error) || note(error));
      await this.#checkpointer.settled();
      await wal.close().catch(note);
      await file.close().catch(note);
      telling.observe({ kind: "btree/closed", directory: telling.directory, sequence: views.sequence });
      const mistake = errors.find((error) => !health.isExpected(error));
      // oxlint-disable-next-line typescript/only-throw-error -- passed on as it is
      if (mistake !== undefined) throw mistake;
      if (health.failure !== undefined) throw readOnly(telling.directory, health.failure);
      // oxlint-disable-next-line typescript/only-throw-error -- passed on as it is
      if (errors.length > 0) throw toStoreError(errors[0], telling.directory, "unknown");
    } finally {
      this.#release();
    }
  }

  #viewOf(snapshot: Snapshot): View {
    const where = this.#core.telling.directory;
    if (!(snapshot instanceof BtreeSnapshot)) throw badArgument("a snapshot of this store", "another", where);
    const { view } = snapshot;
    if (view === undefined) throw snapshotGone("a closed one", where);
    if (!view.isOf(this.#core.views)) throw badArgument("a snapshot of this store", "another", where);
    if (view.isGone) throw this.#reads.gone();
    return view;
  }

  #counting(): CountingParts {
    const parts = { core: this.#core, writer: this.#writer, reads: this.#reads };
    return { ...parts, checkpointer: this.#checkpointer, recovery: this.#recovery, steps: this.#steps };
  }
}

function limitsOf(pageBytes: number): StoreLimits {
  const { keyBytes, valueBytes } = treeLimits(pageBytes);
  return { keyBytes, valueBytes: Math.min(valueBytes, BATCH_BYTES), batchBytes: BATCH_BYTES };
}

function isNoSpace(error: unknown): boolean {
  return error instanceof StoreError && error.code === "STORE_NO_SPACE";
}
