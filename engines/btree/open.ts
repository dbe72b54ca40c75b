/** Opens the parts of a store, or makes them, and recovers its pages. */
import { isDiskError, type Env } from "../env/index.js";
import { badArgument, toStoreError } from "../store/index.js";
import { WalError } from "../wal/index.js";
import type { Core } from "./core.js";
import { Telling } from "./events.js";
import { Health } from "./health.js";
import { MIN_POOL_PAGES, type Settings } from "./options.js";
import { PageFile } from "./page-file.js";
import { BufferPool, makePolicy, PageBuffers } from "./pool/index.js";
import { openFiles, recover, type Opened, type OpenFiles, type Recovered } from "./recovery.js";
import { Views } from "./views.js";

/**
 * Buffers that wait for use again: enough for the pages that a group of batches changes. At least so many, and one for
 * so many of the pool's pages: a batch of 1000 random keys changes about as many of them.
 */
const SPARE_BUFFERS = 256;
const SPARE_PART = 16;

/** What an open store is made of. */
export interface OpenCore {
  readonly core: Core;
  readonly recovered: Recovered;
}

/** See `BtreeStore.open`, which throws the same. */
export async function openCore(env: Env, settings: Settings): Promise<OpenCore> {
  const telling = new Telling(env, settings.directory);
  const opened: Opened = { wal: undefined, file: undefined };
  try {
    const files = await openFiles(telling, settings, opened);
    const made = await assemble(telling, settings, files);
    const { directory } = telling;
    const { sequence } = made.core.views;
    const { checkpointLsn } = files.superblock;
    const { tree, recovery } = made.recovered;
    const { entries } = tree;
    telling.observe({ kind: "btree/opened", directory, sequence, checkpointLsn, entries, recovery });
    return made;
  } catch (error) {
    await abandon(opened);
    // oxlint-disable-next-line typescript/only-throw-error -- passed on as it is
    throw openError(error, settings.directory);
  }
}

/** Puts the parts together and recovers the pages. */
async function assemble(
  telling: Telling,
  settings: Settings,
  { wal, file: handle, superblock, nextSlot }: OpenFiles,
): Promise<OpenCore> {
  const { env } = telling;
  const { pageBytes } = superblock;
  const capacityPages = Math.floor(settings.poolBytes / pageBytes);
  if (capacityPages < MIN_POOL_PAGES) {
    const found = `${settings.poolBytes} for pages of ${pageBytes} bytes`;
    throw badArgument(`at least ${MIN_POOL_PAGES * pageBytes} bytes`, found, "option poolBytes");
  }
  const health = new Health(telling);
  const file = new PageFile(handle, superblock, telling);
  const buffers = new PageBuffers(
    pageBytes,
    Math.min(capacityPages, Math.max(SPARE_BUFFERS, Math.floor(capacityPages / SPARE_PART))),
  );
  const hooks = {
    evictedDirty: (): void => telling.reached("btree/dirty-page-evicted"),
    synced: (): void => telling.reached("btree/synced-for-eviction"),
    overflowed: (): void => telling.reached("btree/pool-overflow"),
    failed: (error: unknown): void => void health.fail(error, "unknown"),
    evictsEarly: (): boolean => env.buggify("btree/evict-early"),
  };
  const policy = makePolicy(settings.eviction, capacityPages);
  const pool = new BufferPool({ capacityPages, policy, source: file, log: wal, buffers, hooks });
  const recovered = await recover({ telling, wal, file, pool, buffers }, superblock.checkpointLsn);
  const limits = { sequence: wal.lastLsn, keptBytesMost: settings.snapshotBytes };
  const views = new Views(pool, buffers, limits, {
    gaveUp: (sequence, keptBytes) => {
      telling.reached("btree/snapshot-given-up");
      telling.observe({ kind: "btree/snapshot-given-up", directory: telling.directory, sequence, keptBytes });
    },
    readOlder: () => telling.reached("btree/version-read"),
  });
  const { tree } = recovered;
  const shared = { env, settings, telling, health, wal, file, buffers, pool, views };
  return { core: { ...shared, tree, superblock, nextSlot }, recovered };
}

/** Closes what was opened, on the way out with another error, which says more. */
async function abandon({ wal, file }: Opened): Promise<void> {
  for (const part of [wal, file]) {
    try {
      await part?.close();
    } catch (error) {
      if (!(error instanceof WalError) && !isDiskError(error)) throw error;
    }
  }
}

function openError(error: unknown, where: string): unknown {
  if (error instanceof WalError && error.code === "WAL_BAD_ARGUMENT") {
    return badArgument(error.parts.expected, error.parts.found, error.parts.where);
  }
  return toStoreError(error, where, "failed");
}
