import { Slab } from "../bytes/index.js";
import { StoreError, checkBatch, toStoreError, type Sequence, type WriteOperation } from "../store/index.js";
import type { WalError, WalFollower, WrittenBatch } from "../wal/index.js";
import type { Background } from "./background.js";
import { BatchSource, encodeBatch } from "./batch.js";
import type { Core } from "./core.js";
import { observe, reached } from "./events.js";
import { LSM_LIMITS, isSynced } from "./options.js";
import { Task } from "./task.js";

/** How long writes are held back while tables pile up. LevelDB's. */
const SLOWDOWN_US = 1000;
/**
 * Writers that wait for no sync never leave the microtasks, and nothing else gets its turn. After so many bytes they give
 * up one, in which a compaction does a slice of its work, some times as many bytes: as many as a byte is written again on
 * its way down.
 */
const TURN_BYTES = 64 * 1024;

/** Why writes have to wait until something has happened. */
type Stop = "log" | "memtables" | "tables";

interface Waiting {
  readonly record: Uint8Array;
  readonly resolve: (sequence: Sequence) => void;
  readonly reject: (error: unknown) => void;
}

/** From so many batches on, adding them to the memtable takes longer than it takes to have the sync beside it. */
const BUSY_BATCHES = 32;

/**
 * The way of a batch: checked, let in (back-pressure), appended to the log, and when it is written there, in the log's
 * order, added to the memtable; reads see it there once the log has acknowledged it. What waits is let in in the order
 * of the calls.
 */
export class Writer implements WalFollower {
  readonly #core: Core;
  readonly #background: Background;
  readonly #slab: Slab = new Slab();
  #waiting: Waiting[] = [];
  readonly #admitting: Task;
  readonly #source: BatchSource = new BatchSource();
  /** The batch that is being added to the memtable. */
  #sequence: Sequence = 0;
  readonly #isSynced: boolean;
  /** Appended since the last turn that was given up. */
  #turnBytes = 0;

  constructor(core: Core, background: Background) {
    this.#core = core;
    this.#background = background;
    this.#isSynced = isSynced(core.context.settings);
    core.wal.follow(this);
    this.#admitting = new Task(
      () => this.#admit(),
      (error) => this.#refuseAll(core.context.health.fail(error)),
    );
  }

  write(batch: readonly WriteOperation[]): Promise<Sequence> {
    const { health, settings } = this.#core.context;
    const { refusal } = health;
    if (refusal !== undefined) return Promise.reject(refusal);
    try {
      checkBatch(batch, LSM_LIMITS, settings.directory);
      const mustWait =
        this.#waiting.length > 0 || this.#stop() !== undefined || this.#isSlow() || this.#isTurnDue();
      if (mustWait) return this.#wait(encodeBatch(batch, this.#slab));
      const source = this.#source.of(batch);
      this.#turnBytes += source.sizeBytes;
      return this.#core.wal.appendFrom(source);
    } catch (error) {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- passed on as it is
      return Promise.reject(error);
    }
  }

  /** Resolves once every batch so far has its answer. */
  async idle(): Promise<void> {
    while (this.#core.wal.unansweredBytes > 0 || this.#waiting.length > 0)
      await this.#core.context.health.changed.wait();
  }

  #wait(record: Uint8Array): Promise<Sequence> {
    const { counters, env } = this.#core.context;
    const stop = this.#stop();
    if (stop !== undefined) counters.stalledWrites++;
    else if (this.#isSlow()) {
      counters.slowedWrites++;
      reached(env, "lsm/slowed");
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject });
      this.#admitting.start();
    });
  }

  /** Lets in who waits, as soon as it may. */
  async #admit(): Promise<void> {
    const { env } = this.#core.context;
    while (this.#waiting.length > 0) {
      const stop = this.#stop();
      if (stop !== undefined) {
        await this.#stopped(stop);
        continue;
      }
      if (this.#isSlow()) await env.clock.sleep(SLOWDOWN_US);
      else if (this.#isTurnDue()) await env.clock.sleep(0);
      this.#turnBytes = 0;
      this.#letIn();
    }
  }

  /** All that wait now, as far as it goes: they share what they waited for. */
  #letIn(): void {
    const { refusal } = this.#core.context.health;
    let count = 0;
    while (count < this.#waiting.length && this.#stop() === undefined) {
      const { record, resolve, reject } = this.#waiting[count++]!;
      if (refusal !== undefined && refusal.code !== "STORE_CLOSED") reject(refusal);
      else {
        this.#turnBytes += record.length;
        this.#core.wal.append(record).then(resolve, reject);
      }
    }
    this.#waiting = this.#waiting.slice(count);
    this.#core.context.health.changed.fire();
  }

  /** Waits for something to change. Nobody waits for what may never come: a store that failed, or that has no space. */
  async #stopped(stop: Stop): Promise<void> {
    const { env, health, settings } = this.#core.context;
    if (health.failure !== undefined) return this.#refuseAll(health.readOnly(health.failure));
    if (stop !== "log") {
      if (health.shortage !== undefined) return this.#refuseAll(health.shortage);
      reached(env, stop === "memtables" ? "lsm/stalled-memtables" : "lsm/stalled-tables");
      observe(env, { kind: "lsm/stalled", directory: settings.directory, reason: stop });
    }
    this.#background.start();
    await health.changed.wait();
  }

  #refuseAll(error: StoreError): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(error);
    this.#core.context.health.changed.fire();
  }

  #stop(): Stop | undefined {
    const { memtables, context } = this.#core;
    const { memtableBytes, stopFiles } = context.settings;
    const hasRoom = memtables.hasRoomForImmutable;
    if (memtables.isActiveFull && !hasRoom) return "memtables";
    if (this.#background.backlog >= stopFiles) return "tables";
    // What is under way goes to the active memtable, and where that can't give way, it has to fit.
    const heldBytes = hasRoom ? 0 : memtables.active.sizeBytes;
    const { unansweredBytes } = this.#core.wal;
    return unansweredBytes > 0 && unansweredBytes + heldBytes >= memtableBytes ? "log" : undefined;
  }

  #isSlow(): boolean {
    return this.#background.backlog >= this.#core.context.settings.slowdownFiles;
  }

  #isTurnDue(): boolean {
    return !this.#isSynced && this.#turnBytes >= TURN_BYTES && this.#background.isBusy;
  }

  isBusyWith(batch: WrittenBatch): boolean {
    return batch.count >= BUSY_BATCHES;
  }

  written(firstSequence: Sequence, batch: WrittenBatch): void {
    this.#sequence = firstSequence;
    batch.forEachRecord(this.#add);
  }

  acknowledged(lastSequence: Sequence, batch: WrittenBatch): void {
    const { memtables, context } = this.#core;
    memtables.publish(lastSequence);
    context.counters.batches += batch.count;
    context.counters.logBytes += batch.recordBytes;
    context.health.changed.fire();
    const isFull = memtables.isActiveFull || context.env.buggify("lsm/rotate-early");
    if (!isFull || !memtables.hasRoomForImmutable) return;
    memtables.rotate();
    this.#background.start();
  }

  /** What the batch's caller is told. */
  refused(error: WalError): unknown {
    const { health, settings } = this.#core.context;
    health.changed.fire();
    if (error.code === "WAL_READ_ONLY" && health.failure !== undefined) {
      return health.readOnly(health.failure);
    }
    const known = toStoreError(error, settings.directory, "unknown");
    return known instanceof StoreError && known.isHarmless ? known : health.fail(error);
  }

  readonly #add = (bytes: Uint8Array, start: number): void => {
    this.#core.memtables.add(this.#sequence++, bytes, start);
  };
}
