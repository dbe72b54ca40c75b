/** How a store's file comes into being. */
import { writeFully } from "../bytes/index.js";
import { assert, isDiskError, type Env, type File } from "../env/index.js";
import { DIRECTORY_MARKS } from "../store/index.js";
import type { Telling } from "./events.js";
import { applyPageOp, sealPage, type PageChanger, type PageId, type PageOp } from "./page/index.js";
import { encodeSuperblock, SUPERBLOCK_SLOTS } from "./superblock.js";
import { createTree } from "./tree/index.js";

export const PAGES_NAME: string = DIRECTORY_MARKS.btree;
export const TEMPORARY_PAGES_NAME = "pages.tmp";
export const LOG_NAME = "wal";

/**
 * Makes the file of an empty store. It gets its name only once it is durable as a whole: a file of that name was never
 * half made. Throws `DiskError`; opening again does it anew.
 */
export async function createPages(telling: Telling, pageBytes: number): Promise<void> {
  const { env, directory } = telling;
  const temporaryPath = `${directory}/${TEMPORARY_PAGES_NAME}`;
  const file = await env.disk.open(temporaryPath, "create");
  try {
    file.truncate(0);
    writeFully(file, 0, emptyStore(env, pageBytes), () => telling.reached("btree/short-write-continued"));
    await file.sync();
  } catch (error) {
    await discard(env, file, temporaryPath);
    throw error;
  }
  await file.close();
  await env.disk.rename(temporaryPath, `${directory}/${PAGES_NAME}`);
  await env.disk.syncDir(directory);
}

/** Removes what a crash in `createPages` left. */
export async function sweepTemporary(telling: Telling, names: readonly string[]): Promise<void> {
  if (!names.includes(TEMPORARY_PAGES_NAME)) return;
  const { env, directory } = telling;
  await env.disk.remove(`${directory}/${TEMPORARY_PAGES_NAME}`);
  await env.disk.syncDir(directory);
  telling.reached("btree/recovery-swept-tmp");
}

function emptyStore(env: Env, pageBytes: number): Uint8Array {
  const tag = env.random.below(0xffff_ffff) + 1;
  const pages = new NewPages(pageBytes);
  createTree(pages);
  const first = SUPERBLOCK_SLOTS;
  const bytes = new Uint8Array((first + pages.made.size) * pageBytes);
  for (let slot = 0; slot < SUPERBLOCK_SLOTS; slot++) {
    const superblock = { pageBytes, tag, counter: slot + 1, checkpointLsn: 1, loggedLsn: 0 };
    bytes.set(encodeSuperblock(superblock, slot), slot * pageBytes);
  }
  for (const [id, page] of pages.made) {
    assert(id >= first && id < first + pages.made.size, "a new store has no gaps");
    sealPage(page, id, tag);
    bytes.set(page, id * pageBytes);
  }
  return bytes;
}

/** The pages of a tree that is being made. */
class NewPages implements PageChanger {
  readonly pageBytes: number;
  readonly made: Map<PageId, Uint8Array> = new Map();

  constructor(pageBytes: number) {
    this.pageBytes = pageBytes;
  }

  page(id: PageId): Uint8Array {
    const page = this.made.get(id);
    assert(page !== undefined, "a new tree looks only at pages that it has made");
    return page;
  }

  change(id: PageId, op: PageOp): void {
    let page = this.made.get(id);
    if (page === undefined) this.made.set(id, (page = new Uint8Array(this.pageBytes)));
    assert(applyPageOp(page, op), "a change makes sense for the page that it changes");
  }
}

/** Gives a temporary file up. What can't be removed now is removed when the store is opened again. */
async function discard(env: Env, file: File, path: string): Promise<void> {
  try {
    await file.close();
    await env.disk.remove(path);
  } catch (error) {
    if (!isDiskError(error)) throw error;
  }
}
