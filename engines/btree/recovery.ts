/**
 * Makes a store out of the files that a crash left.
 *
 * The log has the whole of every page that was changed since the checkpoint, and all its changes after that. So those
 * pages are made anew from the log alone, whatever stands in their places: torn, older, newer, or nothing at all. They
 * are dirty then, also where the file seems to have them: after a failed sync the cache may hold what the platter does
 * not (Rebello et al., "Can Applications Recover from fsync Failures?", ATC'20). Nothing that recovery writes has to be
 * durable before the next checkpoint, since the log stays; so it may die anywhere and begin again.
 */
import { makeDirectory } from "../bytes/index.js";
import { assert, type File } from "../env/index.js";
import { refuseOtherEngine, StoreDamagedError } from "../store/index.js";
import { Wal, type Lsn } from "../wal/index.js";
import { createPages, LOG_NAME, PAGES_NAME, sweepTemporary } from "./create.js";
import type { BtreeRecovery, Telling } from "./events.js";
import { decodeRecord, type PageChange } from "./log-record.js";
import type { Settings } from "./options.js";
import type { PageFile } from "./page-file.js";
import {
  applyPageOp,
  pageType,
  readState,
  STATE,
  STATE_PAGE,
  writePageLsn,
  type PageId,
} from "./page/index.js";
import type { MutableTreeState } from "./page/index.js";
import type { BufferPool, Frame, PageBuffers } from "./pool/index.js";
import { firstSlotToWrite, newestSlot, readSuperblocks, type Superblock } from "./superblock.js";

/** The files of a store, open, before their content is looked at. */
export interface OpenFiles {
  readonly wal: Wal;
  readonly file: File;
  readonly superblock: Superblock;
  /** See `firstSlotToWrite`. */
  readonly nextSlot: 0 | 1;
}

/** What of a store's files was opened so far: to be closed where the rest can't be. */
export interface Opened {
  wal: Wal | undefined;
  file: File | undefined;
}

/**
 * Opens the files, or makes them. `opened` gets each as it is opened. Throws STORE_DAMAGED, and what the log and the
 * disk throw.
 */
export async function openFiles(telling: Telling, settings: Settings, opened: Opened): Promise<OpenFiles> {
  const { env, directory } = telling;
  await makeDirectory(env.disk, directory);
  const names = await env.disk.list(directory);
  refuseOtherEngine(names, PAGES_NAME, directory);
  await sweepTemporary(telling, names);
  const path = `${directory}/${PAGES_NAME}`;
  const hasPages = names.includes(PAGES_NAME);
  // The log is made first, and durable before the pages get their name.
  if (hasPages && !names.includes(LOG_NAME)) throw damaged(telling, settings.wal.directory, "a log", "none");
  const wal = await Wal.open(env, settings.wal);
  opened.wal = wal;
  if (!hasPages) {
    if (wal.lastLsn > 0) throw damaged(telling, path, "the pages of the log", "no file");
    await createPages(telling, settings.pageBytes);
  }
  const file = await env.disk.open(path, "existing");
  opened.file = file;
  const slots = await readSuperblocks(file);
  const slot = newestSlot(slots);
  if (slot === undefined) throw damaged(telling, path, "a superblock", "none that is good");
  if (slots.includes(undefined)) telling.reached("btree/superblock-repaired");
  const superblock = slots[slot]!;
  refuseLostLog(telling, wal, superblock);
  return { wal, file, superblock, nextSlot: firstSlotToWrite(slots) };
}

/** Whether the log has what the pages need, and goes as far as they do. */
function refuseLostLog(telling: Telling, wal: Wal, { checkpointLsn, loggedLsn }: Superblock): void {
  const { directory } = wal.inspect();
  if (wal.firstLsn > checkpointLsn) {
    throw damaged(telling, directory, `the log from LSN ${checkpointLsn} on`, `LSN ${wal.firstLsn} on`);
  }
  const lastLsn = Math.max(loggedLsn, checkpointLsn - 1);
  if (wal.lastLsn < lastLsn) {
    throw damaged(telling, directory, `the log up to LSN ${lastLsn}`, `its end at ${wal.lastLsn}`);
  }
}

/** What recovery found. */
export interface Recovered {
  readonly tree: MutableTreeState;
  /** The state page, pinned. */
  readonly state: Frame;
  readonly recovery: BtreeRecovery;
  /** Bytes of the log records that were done again. */
  readonly replayedBytes: number;
}

/** The parts of a store that recovery works on. */
export interface RecoveryParts {
  readonly telling: Telling;
  readonly wal: Wal;
  readonly file: PageFile;
  readonly pool: BufferPool;
  readonly buffers: PageBuffers;
}

/** Does the log again from the checkpoint on. Throws STORE_DAMAGED, and what the log and the disk throw. */
export async function recover(parts: RecoveryParts, checkpointLsn: Lsn): Promise<Recovered> {
  const { wal, telling, pool, file } = parts;
  const redo = new Redo(parts);
  // Until the state page says how many there are, all that a page number can name are looked for.
  file.pageCount = Number.MAX_SAFE_INTEGER;
  for await (const { firstLsn, records } of wal.scan(checkpointLsn)) {
    for (let i = 0; i < records.length; i++) await redo.apply(firstLsn + i, records[i]!);
    await telling.env.clock.sleep(0);
  }
  if (redo.records > 0) telling.reached("btree/redo");
  const state = await pool.load(STATE_PAGE);
  if (pageType(state.bytes) !== STATE) throw file.damage(STATE_PAGE, "the state of the tree", "another page");
  const tree = readState(state.bytes);
  file.pageCount = tree.pageCount;
  redo.expectWithin(tree.pageCount);
  const recovery = {
    replayedRecords: redo.records,
    replayedPages: redo.pages,
    repairedPages: redo.repaired,
  };
  return { tree, state, recovery, replayedBytes: redo.bytes };
}

class Redo {
  readonly #parts: RecoveryParts;
  /** Pages of which the log has given the whole. */
  readonly #whole: Set<PageId> = new Set();
  records = 0;
  repaired = 0;
  bytes = 0;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  get pages(): number {
    return this.#whole.size;
  }

  /** No page that the log gave may be beyond the end. */
  expectWithin(pageCount: number): void {
    for (const page of this.#whole) {
      if (page >= pageCount) throw this.#parts.file.damage(page, `a page below ${pageCount}`, `page ${page}`);
    }
  }

  async apply(lsn: Lsn, record: Uint8Array): Promise<void> {
    const changes = decodeRecord(record);
    if (changes === undefined) throw this.#damage(lsn, "the changes of a batch", "other bytes");
    const changed = new Set<Frame>();
    for (const change of changes) {
      const frame = await this.#frame(change, lsn);
      if (!changed.has(frame)) {
        changed.add(frame);
        this.#parts.pool.pin(frame);
      }
      if (!applyPageOp(frame.bytes, change.op)) {
        throw this.#damage(lsn, "changes that the pages allow", `a ${change.op.kind} of page ${change.page}`);
      }
    }
    const { pool } = this.#parts;
    for (const frame of changed) {
      writePageLsn(frame.bytes, lsn);
      pool.redone(frame, lsn);
      pool.unpin(frame);
    }
    this.records++;
    this.bytes += record.length;
    if (pool.pages > pool.capacityPages) await pool.makeRoom();
  }

  /** The page that is to be changed, in memory. */
  async #frame({ page, op }: PageChange, lsn: Lsn): Promise<Frame> {
    const { pool, buffers } = this.#parts;
    if (this.#whole.has(page)) {
      const present = pool.frame(page);
      if (present !== undefined) return present;
      const frame = await pool.load(page);
      pool.unpin(frame);
      return frame;
    }
    if (op.kind !== "image") throw this.#damage(lsn, `the whole of page ${page} before its changes`, op.kind);
    await this.#lookAt(page);
    this.#whole.add(page);
    assert(pool.frame(page) === undefined, "recovery reads no page that the log doesn't give");
    return pool.restore(page, buffers.take().fill(0));
  }

  /** What stands in the page's place is not needed; but it tells whether the log has lost its end. */
  async #lookAt(page: PageId): Promise<void> {
    const { file, wal, telling } = this.#parts;
    const found = await file.look(page);
    if ("bad" in found) {
      this.repaired++;
      telling.reached("btree/page-repaired");
    } else if (found.lsn > wal.lastLsn) {
      throw file.damage(page, `a page up to LSN ${wal.lastLsn}, the log's end`, `one of LSN ${found.lsn}`);
    }
  }

  #damage(lsn: Lsn, expected: string, found: string): StoreDamagedError {
    const { telling, wal } = this.#parts;
    return damaged(telling, wal.inspect().directory, expected, `${found}, in record ${lsn}`);
  }
}

function damaged(telling: Telling, path: string, expected: string, found: string): StoreDamagedError {
  telling.observe({ kind: "btree/damage", directory: telling.directory, path, offset: 0 });
  telling.reached("btree/damage-refused");
  return new StoreDamagedError(path, 0, expected, found);
}
