import { assert, isDiskFull } from "../env/index.js";
import { toStoreError, type Sequence, type StoreError } from "../store/index.js";
import { WalError, type Lsn } from "../wal/index.js";
import type { Core } from "./core.js";
import type { Gate } from "./gate.js";
import type { PageId } from "./page/index.js";
import type { Superblock } from "./superblock.js";
import type { Workspace } from "./workspace.js";

/** So much is written before others get their turn: about a millisecond. */
const SLICE_BYTES = 256 * 1024;
/** Writers are slowed where so many times `checkpointBytes` were logged, and wait where it is the second. */
const SLOWED_FACTOR = 2;
const STALLED_FACTOR = 4;
/** A checkpoint for which there was no space is tried again after this, or when a writer has to wait for it. */
const RETRY_US = 100_000;

/** What a checkpoint has to do, as found at its beginning. */
interface Begun {
  /** Once it is through, an open needs the log from here on. */
  readonly redoLsn: Lsn;
  readonly dirty: readonly PageId[];
  readonly loggedBytes: number;
}

/**
 * Fuzzy checkpoints: writes the pages that are dirty at the beginning while writers go on, makes them durable, says so
 * in both superblocks, and drops the log before it. Until both say so, the log reaches back to what the older one needs.
 *
 * No space for a page: the checkpoint is postponed, and nothing is lost. Any other failure makes the store read-only: a
 * sync that failed is never believed again (PostgreSQL's "PANIC on fsync() failure"), and the log still has it all.
 */
export class Checkpointer {
  readonly #core: Core;
  readonly #workspace: Workspace;
  readonly #gate: Gate;
  #running: Promise<StoreError | undefined> | undefined;
  /** In all, those before the open that recovery did again included. */
  #loggedBytes: number;
  /** Up to the beginning of the last checkpoint that is through. */
  #checkpointedBytes = 0;
  #retryAtUs = 0;

  /** `loggedBytes`: of the log records that an open would need now. */
  constructor(core: Core, workspace: Workspace, gate: Gate, loggedBytes: number) {
    this.#core = core;
    this.#workspace = workspace;
    this.#gate = gate;
    this.#loggedBytes = loggedBytes;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Logged since the last checkpoint that is through began. */
  get pendingBytes(): number {
    return this.#loggedBytes - this.#checkpointedBytes;
  }

  get slowsWriters(): boolean {
    return this.pendingBytes >= SLOWED_FACTOR * this.#core.settings.checkpointBytes;
  }

  get stallsWriters(): boolean {
    return this.pendingBytes >= STALLED_FACTOR * this.#core.settings.checkpointBytes;
  }

  /** Takes note of log records; begins a checkpoint where it is time for one. */
  logged(bytes: number): void {
    this.#loggedBytes += bytes;
    const { settings, env, health } = this.#core;
    if (this.#running !== undefined || health.failure !== undefined) return;
    const isTime = this.pendingBytes >= settings.checkpointBytes || env.buggify("btree/checkpoint-early");
    if (isTime && env.clock.nowUs() >= this.#retryAtUs) void this.#start();
  }

  /** Waits until writers need no longer wait. Gives why they can't go on, where that is so. */
  async relieve(): Promise<StoreError | undefined> {
    while (this.stallsWriters && this.#core.health.failure === undefined) {
      const postponed = await (this.#running ?? this.#start());
      if (postponed !== undefined) return postponed;
    }
    return undefined;
  }

  /** Resolves once every batch that readers see now stands in the pages for good. Throws `StoreError`. */
  async flush(): Promise<void> {
    const { sequence } = this.#core.views;
    // One that is under way began too early, and its troubles are not ours.
    await this.#running;
    while (!this.#covers(sequence)) {
      const refusal = this.#core.health.failure;
      const failure = refusal ?? (await (this.#running ?? this.#start()));
      if (failure !== undefined) throw failure;
    }
  }

  /** Waits for the one that is under way. */
  async settled(): Promise<void> {
    await this.#running;
  }

  #covers(sequence: Sequence): boolean {
    return this.#running === undefined && this.#core.superblock.checkpointLsn > sequence;
  }

  #start(): Promise<StoreError | undefined> {
    const running = this.#run();
    this.#running = running;
    return running;
  }

  /** Why it was postponed, or failed. */
  async #run(): Promise<StoreError | undefined> {
    const { health } = this.#core;
    try {
      await this.#checkpoint();
      return undefined;
    } catch (error) {
      if (isNoSpace(error)) return this.#postpone(error);
      if (!health.isExpected(error)) return health.broke(error);
      return health.fail(error, "unknown");
    } finally {
      this.#running = undefined;
    }
  }

  async #checkpoint(): Promise<void> {
    const { telling, wal, views } = this.#core;
    const begun = await this.#gate.whenFree(() => this.#begin());
    const { redoLsn, dirty } = begun;
    telling.observe({
      kind: "btree/checkpoint-begun",
      directory: telling.directory,
      redoLsn,
      dirtyPages: dirty.length,
    });
    // Also where no page waits for it, as after the removal of what isn't there: the log must not end before `redoLsn`.
    if (wal.durableLsn < redoLsn - 1) await wal.sync();
    const writtenPages = await this.#writePages(dirty);
    await this.#sync();
    // One after the other: at any moment one of them is good.
    await this.#writeSuperblock(redoLsn);
    await this.#writeSuperblock(redoLsn);
    await wal.truncatePrefix(redoLsn);
    this.#checkpointedBytes = begun.loggedBytes;
    if (views.sequence >= redoLsn) telling.reached("btree/checkpoint-under-writes");
    telling.observe({ kind: "btree/checkpointed", directory: telling.directory, redoLsn, writtenPages });
  }

  #begin(): Begun {
    const { wal, pool } = this.#core;
    const redoLsn = wal.lastLsn + 1;
    this.#workspace.imagesFrom(redoLsn);
    return { redoLsn, dirty: pool.dirtyIds(), loggedBytes: this.#loggedBytes };
  }

  /** How many it wrote; the others had to make room meanwhile, and were written for that. */
  async #writePages(ids: readonly PageId[]): Promise<number> {
    const { env, wal, pool } = this.#core;
    let written = 0;
    let sliceBytes = 0;
    for (const id of ids) {
      let frame = pool.frame(id);
      // A round is enough, unless the page is changed again before the log's answer has come.
      while (frame !== undefined && frame.isDirty && frame.lsn > wal.durableLsn) {
        await wal.sync();
        frame = pool.frame(id);
      }
      if (frame === undefined || !frame.isDirty) continue;
      pool.write(frame);
      written++;
      sliceBytes += pool.pageBytes;
      if (sliceBytes < SLICE_BYTES && !env.buggify("btree/checkpoint-pauses")) continue;
      sliceBytes = 0;
      await env.clock.sleep(0);
    }
    return written;
  }

  async #writeSuperblock(checkpointLsn: Lsn): Promise<void> {
    const core = this.#core;
    assert(core.wal.durableLsn >= checkpointLsn - 1, "the log reaches up to where the pages are");
    const slot = core.nextSlot;
    const { superblock: last, file, wal } = core;
    const counter = last.counter + 1;
    const superblock: Superblock = { ...last, counter, checkpointLsn, loggedLsn: wal.durableLsn };
    file.writeSuperblock(superblock, slot);
    await this.#sync();
    core.superblock = superblock;
    core.nextSlot = slot === 0 ? 1 : 0;
  }

  /** Throws what makes the store read-only, also for want of space: what was written may be gone. */
  async #sync(): Promise<void> {
    try {
      await this.#core.file.sync();
    } catch (error) {
      throw this.#core.health.fail(error, "unknown");
    }
  }

  #postpone(error: unknown): StoreError {
    const { env, telling, health } = this.#core;
    this.#retryAtUs = env.clock.nowUs() + RETRY_US;
    const postponed = toStoreError(error, telling.directory, "failed") as StoreError;
    telling.reached("btree/checkpoint-postponed");
    telling.observe({
      kind: "btree/checkpoint-postponed",
      directory: telling.directory,
      code: postponed.code,
    });
    return health.failure ?? postponed;
  }
}

function isNoSpace(error: unknown): boolean {
  if (error instanceof WalError) return error.code === "WAL_NO_SPACE";
  return isDiskFull(error);
}
