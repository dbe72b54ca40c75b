import { isDiskError } from "../env/index.js";
import { StoreError, type StoreProblem, type StoreReport } from "../store/index.js";
import { WalError } from "../wal/index.js";
import type { Core } from "./core.js";
import { TEMPORARY_PAGES_NAME } from "./create.js";
import { decodeRecord } from "./log-record.js";
import { readState, STATE_PAGE, type PageId } from "./page/index.js";
import { Pins, type Reads } from "./reads.js";
import { newestSlot, readSuperblocks } from "./superblock.js";
import { verifyTree } from "./tree/index.js";
import type { View } from "./views.js";

/** So many pages are read before others get their turn. */
const PAGES_A_TURN = 64;
/** So often a place may be written to while it is read, before it is said to be bad. */
const TRIES = 8;

/** Checks an open store, beside its readers and its writer, and changes nothing. */
export class Verification {
  readonly #core: Core;
  readonly #reads: Reads;
  readonly #problems: StoreProblem[] = [];

  constructor(core: Core, reads: Reads) {
    this.#core = core;
    this.#reads = reads;
  }

  /** Its view is never given up: it would hardly come to its end beside writers. */
  async run(): Promise<StoreReport> {
    const { views, buffers } = this.#core;
    await this.#checkFiles();
    await this.#checkLog();
    await this.#checkPages();
    const view = views.openLasting();
    buffers.hold();
    try {
      const { entries, checked } = await this.#checkTree(view);
      return { problems: this.#problems, entries, checked };
    } finally {
      buffers.release();
      view.close();
    }
  }

  /** The tree's own rules, in one state of it. */
  async #checkTree(view: View): Promise<{ readonly entries: number; readonly checked: number }> {
    const { env } = this.#core;
    const check = verifyTree(view);
    const pins = new Pins(this.#reads);
    for (let answer: string | undefined; ;) {
      const step = check.next(answer);
      pins.release();
      if (step.done === true) {
        this.#problems.push(...step.value.problems);
        return step.value;
      }
      answer = undefined;
      if (step.value === 0) await env.clock.sleep(0);
      else answer = await bring(pins, step.value);
    }
  }

  /** The names in the directory, the superblock that counts, and what is known of the state page. */
  async #checkFiles(): Promise<void> {
    const core = this.#core;
    const { env, telling, file, pool } = core;
    const { directory } = telling;
    const names = await env.disk.list(directory);
    if (names.includes(TEMPORARY_PAGES_NAME)) {
      this.#report("orphan-file", `${directory}/${TEMPORARY_PAGES_NAME}`, "a file that nobody needs");
    }
    if (!(await this.#isSuperblockThere())) {
      this.#report("superblock", file.path, "the superblock on the disk is not the one that was written");
    }
    const state = pool.frame(STATE_PAGE);
    if (state === undefined || readState(state.bytes).root !== core.tree.root) {
      this.#report("state-page", file.path, "the state page is not what readers see");
    }
  }

  /** Whether the slots hold what was written last. A checkpoint may write one meanwhile, and be seen half-way. */
  async #isSuperblockThere(): Promise<boolean> {
    const core = this.#core;
    for (let tries = 1; ; tries++) {
      const { counter, checkpointLsn } = core.superblock;
      const { writtenBytes } = core.file;
      const slots = await readSuperblocks(core.file.handle);
      const slot = newestSlot(slots);
      const found = slot === undefined ? undefined : slots[slot];
      // The store was opened from one that may have been in the cache only, after a sync that failed.
      if (found !== undefined && core.file.writtenSuperblocks === 0) return true;
      // A newer one was written, and is not known to be durable.
      if (found !== undefined && found.counter > counter) return true;
      if (found?.counter === counter && found.checkpointLsn === checkpointLsn) return true;
      if (writtenBytes === core.file.writtenBytes || tries === TRIES) return false;
    }
  }

  /** The log has what an open would need. */
  async #checkLog(): Promise<void> {
    const { wal, superblock, settings, env } = this.#core;
    const where = settings.wal.directory;
    const { checkpointLsn } = superblock;
    if (wal.firstLsn > checkpointLsn) {
      this.#report("log-begins-late", where, `begins at ${wal.firstLsn}, needed from ${checkpointLsn} on`);
    }
    try {
      for await (const { firstLsn, records } of wal.scan(Math.max(checkpointLsn, wal.firstLsn))) {
        records.forEach((record, i) => {
          if (decodeRecord(record) === undefined) {
            this.#report("log-record", where, `record ${firstLsn + i} is no record of a batch`);
          }
        });
        await env.clock.sleep(0);
      }
    } catch (error) {
      if (!(error instanceof WalError) && !isDiskError(error)) throw error;
      // A checkpoint may drop the records meanwhile: then they are no longer needed.
      if (error.code !== "WAL_OUT_OF_RANGE") this.#report("log-damaged", where, error.message);
    }
  }

  /** Every page on the disk is what was written, but for those that are newer in memory. */
  async #checkPages(): Promise<void> {
    const { env, file } = this.#core;
    for (let id: PageId = STATE_PAGE; id < file.pageCount; id++) {
      await this.#checkPage(id);
      if (id % PAGES_A_TURN === 0) await env.clock.sleep(0);
    }
  }

  async #checkPage(id: PageId): Promise<void> {
    const { pool, file } = this.#core;
    for (let tries = 1; ; tries++) {
      if (pool.frame(id)?.isDirty === true) return;
      const { writtenBytes } = file;
      const problem = await file.problem(id);
      if (problem === undefined) return;
      if (pool.frame(id)?.isDirty === true) return;
      if (writtenBytes !== file.writtenBytes && tries < TRIES) continue;
      return this.#report("page-damaged", `${file.path} page ${id}`, problem);
    }
  }

  #report(rule: string, where: string, message: string): void {
    this.#problems.push({ rule, where, message });
  }
}

/** Brings a page into memory; why it can't be read, where that is so. */
async function bring(pins: Pins, id: PageId): Promise<string | undefined> {
  try {
    await pins.load(id);
    return undefined;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return error.parts.found;
  }
}
