import { Slab, copyBytes } from "../bytes/index.js";
import type { Env } from "../env/index.js";
import {
  StoreError,
  badArgument,
  boundsOf,
  checkKey,
  claimDirectory,
  closed,
  isPromise,
  snapshotGone,
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
import { Background } from "./background.js";
import type { Core } from "./core.js";
import { PUT, type Found } from "./cursor.js";
import { observe, reached, tellDamage } from "./events.js";
import { inspectCore, type LsmInspection } from "./inspect.js";
import { iterateCore } from "./iterate.js";
import { lookUp } from "./lookup.js";
import { LSM_LIMITS, settingsOf, type LsmOptions } from "./options.js";
import { recover } from "./recovery.js";
import { LsmSnapshot } from "./snapshots.js";
import { statsOf } from "./stats.js";
import { verifyCore } from "./verify.js";
import { Writer } from "./writer.js";

/**
 * An LSM tree: an ordered map on disk that takes writes at the speed of its log.
 *
 * A batch goes to the log and to a memtable; full memtables become tables; tables are merged in the background. Nobody
 * but this store may change its directory, and one store at a time may have it open.
 */
export class LsmStore implements KeyValueStore {
  readonly limits: StoreLimits = LSM_LIMITS;
  readonly #core: Core;
  readonly #background: Background;
  readonly #writer: Writer;
  readonly #slab: Slab = new Slab();
  /** Gets that wait for the device. */
  #pendingGets = 0;
  readonly #release: () => void;
  #closing: Promise<void> | undefined;

  /** `release`: see `claimDirectory`. */
  private constructor(core: Core, release: () => void) {
    this.#core = core;
    this.#release = release;
    this.#background = new Background(core);
    this.#writer = new Writer(core, this.#background);
    this.#background.start();
  }

  /**
   * Opens the store, recovers it, or makes it. Throws STORE_BAD_ARGUMENT; STORE_IN_USE; STORE_DAMAGED, with nothing dropped;
   * STORE_NO_SPACE and STORE_IO_FAILED, after which it can be opened again.
   */
  static async open(env: Env, options: LsmOptions): Promise<LsmStore> {
    const settings = settingsOf(options);
    const { directory } = settings;
    const release = claimDirectory(env.disk, directory);
    try {
      return new LsmStore(await recover(env, settings), release);
    } catch (error) {
      release();
      const known = toStoreError(error, directory, "failed");
      tellDamage(env, directory, known);
      throw known;
    }
  }

  get(key: Uint8Array, options?: ReadOptions): MaybePromise<Uint8Array | undefined> {
    const { memtables, versions, context } = this.#core;
    this.#refuseClosed();
    checkKey(key, LSM_LIMITS, context.settings.directory);
    context.counters.gets++;
    const sequence = this.#sequenceOf(options?.snapshot);
    const recent = memtables.get(key, sequence);
    if (recent !== undefined) return this.#valueOf(recent);
    const found = lookUp(versions.current, key, sequence);
    return isPromise(found) ? this.#finishGet(found) : this.#valueOf(found);
  }

  put(key: Uint8Array, value: Uint8Array): Promise<Sequence> {
    return this.#writer.write([{ type: "put", key, value }]);
  }

  delete(key: Uint8Array): Promise<Sequence> {
    return this.#writer.write([{ type: "delete", key }]);
  }

  write(batch: readonly WriteOperation[]): Promise<Sequence> {
    return this.#writer.write(batch);
  }

  snapshot(): Snapshot {
    this.#refuseClosed();
    return this.#core.snapshots.take(this.#core.memtables.lastSequence);
  }

  iterate(range: Range = {}): StoreIterator {
    this.#refuseClosed();
    const bounds = boundsOf(range, this.#core.context.settings.directory);
    return iterateCore(this.#core, bounds, this.#sequenceOf(range.snapshot));
  }

  async flush(): Promise<void> {
    const { refusal } = this.#core.context.health;
    if (refusal !== undefined) throw refusal;
    await this.#background.flush();
  }

  /**
   * Merges every level into the next one that is in use, so that each key is in one table and what nobody can see is
   * gone, but for what snapshots need. Rejects as `flush` does.
   */
  async compact(): Promise<void> {
    const { refusal } = this.#core.context.health;
    if (refusal !== undefined) throw refusal;
    await this.#background.compactAll();
  }

  verify(): Promise<StoreReport> {
    const { health, settings } = this.#core.context;
    if (health.isClosed) return Promise.reject(closed(settings.directory));
    return verifyCore(this.#core, () => this.#background.isBusy);
  }

  stats(): StoreStats {
    return statsOf(this.#core);
  }

  inspect(): LsmInspection {
    return inspectCore(this.#core);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      const { context, wal, versions, memtables } = this.#core;
      const { env, settings, health, reaper } = context;
      health.close();
      await this.#writer.idle();
      await this.#background.stop();
      while (this.#pendingGets > 0) await health.changed.wait();
      await reaper.idle();
      reaper.stopRemoving();
      let failure: unknown;
      try {
        await wal.close();
      } catch (error) {
        failure = toStoreError(error, settings.directory, "unknown");
        if (!(failure instanceof StoreError)) throw failure;
      }
      await versions.close();
      await reaper.idle();
      observe(env, {
        kind: "lsm/closed",
        directory: settings.directory,
        lastSequence: memtables.lastSequence,
      });
      if (failure !== undefined) throw failure as StoreError;
    } finally {
      this.#release();
    }
  }

  async #finishGet(pending: Promise<Found | undefined>): Promise<Uint8Array | undefined> {
    const { env, settings, health } = this.#core.context;
    this.#pendingGets++;
    reached(env, "lsm/get-went-async");
    try {
      return this.#valueOf(await pending);
    } catch (error) {
      const known = toStoreError(error, settings.directory, "failed");
      tellDamage(env, settings.directory, known);
      throw known;
    } finally {
      this.#pendingGets--;
      if (health.isClosed) health.changed.fire();
    }
  }

  #sequenceOf(snapshot: Snapshot | undefined): Sequence {
    if (snapshot === undefined) return this.#core.memtables.lastSequence;
    const { directory } = this.#core.context.settings;
    if (!(snapshot instanceof LsmSnapshot) || snapshot.owner !== this.#core.snapshots) {
      throw badArgument("a snapshot of this store", "another", directory);
    }
    if (snapshot.isClosed) throw snapshotGone("one that was closed", directory);
    return snapshot.sequence;
  }

  #valueOf(found: Found | undefined): Uint8Array | undefined {
    return found === undefined || found.kind !== PUT ? undefined : this.#copy(found.value);
  }

  #copy(bytes: Uint8Array): Uint8Array {
    const copy = this.#slab.take(bytes.length);
    copyBytes(copy, 0, bytes, 0, bytes.length);
    return copy;
  }

  #refuseClosed(): void {
    if (this.#core.context.health.isClosed) throw closed(this.#core.context.settings.directory);
  }
}
