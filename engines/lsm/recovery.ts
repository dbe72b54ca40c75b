/**
 * Makes a store out of what a crash, or `close`, left. Everything is judged before anything is removed: CURRENT, the
 * manifest, each table, and that the log reaches down to what is in no table. Dying anywhere in it, again and again,
 * changes nothing of what the store holds.
 */

import { makeDirectory } from "../bytes/index.js";
import { isDiskError, type Env } from "../env/index.js";
import { StoreDamagedError, StoreError, badArgument, refuseOtherEngine } from "../store/index.js";
import { Wal, WalError } from "../wal/index.js";
import type { Context } from "./context.js";
import type { Core } from "./core.js";
import { observe, reached } from "./events.js";
import { discard } from "./files.js";
import { flushOldest } from "./flush.js";
import { Health } from "./health.js";
import { Memtables } from "./memtables.js";
import {
  CURRENT_NAME,
  CURRENT_TEMPORARY_NAME,
  LOG_NAME,
  classify,
  manifestName,
  tableName,
  type Listing,
} from "./names.js";
import type { Settings } from "./options.js";
import { Reaper } from "./reaper.js";
import { Snapshots } from "./snapshots.js";
import { Counters } from "./stats.js";
import { BlockCache, Table } from "./table/index.js";
import type { HasMeta, Levels } from "./version/levels.js";
import { NOTHING_RECORDED, readManifest, type Recorded } from "./version/manifest-reader.js";
import { isSameTable, metaOf } from "./version/meta.js";
import { VersionSet } from "./version/version-set.js";
import { TableFile } from "./version/version.js";

/** What has to be closed where the rest fails, in this order. */
type Opened = { close(): Promise<void> }[];

export async function recover(env: Env, settings: Settings): Promise<Core> {
  const opened: Opened = [];
  try {
    return await recoverInto(makeContext(env, settings), opened);
  } catch (error) {
    // After what is no error of the files, they are not asked for anything more.
    if (isOfFiles(error)) for (const each of opened) await closeInSpite(each);
    throw error;
  }
}

/** What went wrong before is what the caller has to know. */
async function closeInSpite(each: Opened[number]): Promise<void> {
  try {
    await each.close();
  } catch (error) {
    if (!isOfFiles(error)) throw error;
  }
}

function isOfFiles(error: unknown): boolean {
  return error instanceof StoreError || error instanceof WalError || isDiskError(error);
}

async function recoverInto(context: Context, opened: Opened): Promise<Core> {
  const { env, settings, reaper } = context;
  const { directory } = settings;
  await makeDirectory(env.disk, directory);
  const names = await env.disk.list(directory);
  refuseOtherEngine(names, CURRENT_NAME, directory);
  const listing = classify(names);
  const { recorded, tornBytes } = await readRecorded(context, listing);
  const wal = await openLog(context);
  opened.push(wal);
  if (!listing.hasCurrent) refuseLostCurrent(context, wal);
  const levels = await openTables(context, recorded.levels, opened);
  const isLogRestarted = await joinLog(context, wal, recorded);
  // Above all numbers in the directory: a file that an older manifest knew must not come back under a new one's name.
  const largest = Math.max(0, ...listing.tables, ...listing.manifests);
  const nextNumber = Math.max(recorded.nextNumber, largest + 1);
  const versions = await VersionSet.begin(context, { ...recorded, levels, nextNumber });
  // The tables are the version's from now on.
  opened.splice(0, opened.length, wal, { close: () => versions.close() }, { close: () => reaper.idle() });
  const sweptFiles = await sweep(context, listing, versions);
  const memtables = new Memtables(env.random, settings, recorded.logStart - 1);
  const core: Core = { context, wal, memtables, snapshots: new Snapshots(), versions };
  const replayed = await replay(core);
  memtables.resetCounts();
  await reaper.idle();
  observe(env, {
    kind: "lsm/opened",
    directory,
    lastSequence: memtables.lastSequence,
    logStart: versions.logStart,
    files: versions.current.files,
    recovery: { ...replayed, tornBytes, sweptFiles, isLogRestarted },
  });
  return core;
}

function makeContext(env: Env, settings: Settings): Context {
  const { directory } = settings;
  const health = new Health(env, directory);
  const reaper = new Reaper(env, directory, health);
  return {
    env,
    settings,
    cache: new BlockCache(settings.blockCacheBytes),
    counters: new Counters(),
    health,
    reaper,
  };
}

/** What the manifest says; nothing, where there never was one. */
async function readRecorded(
  { env, settings }: Context,
  listing: Listing,
): Promise<{ readonly recorded: Recorded; readonly tornBytes: number }> {
  const { directory } = settings;
  const currentPath = `${directory}/${CURRENT_NAME}`;
  if (!listing.hasCurrent) {
    // Tables come after CURRENT: nothing that dies while it makes a store leaves one.
    if (listing.tables.length > 0)
      throw new StoreDamagedError(currentPath, 0, "a file", "none, beside tables");
    if (listing.hasLog || listing.manifests.length > 0) reached(env, "lsm/recovery-of-creation");
    return { recorded: NOTHING_RECORDED, tornBytes: 0 };
  }
  await expectLog(env, directory, listing);
  const { recorded, tornBytes } = await readManifest(env, directory);
  if (tornBytes > 0) reached(env, "lsm/manifest-torn-tail");
  return { recorded, tornBytes };
}

/** The log is made before CURRENT, and never without a segment: opening it must not make another one in its place. */
async function expectLog(env: Env, directory: string, listing: Listing): Promise<void> {
  const path = `${directory}/${LOG_NAME}`;
  const names = listing.hasLog ? await env.disk.list(path) : [];
  if (!names.some((name) => name.endsWith(".wal"))) throw new StoreDamagedError(path, 0, "a log", "none");
}

async function openLog({ env, settings }: Context): Promise<Wal> {
  const { directory, policy, wal } = settings;
  try {
    return await Wal.open(env, { ...wal, directory: `${directory}/${LOG_NAME}`, policy });
  } catch (error) {
    if (!(error instanceof WalError) || error.code !== "WAL_BAD_ARGUMENT") throw error;
    throw badArgument(error.parts.expected, error.parts.found, error.parts.where);
  }
}

/** What dies while it makes a store leaves an empty log. One that holds something had a CURRENT beside it. */
function refuseLostCurrent({ settings }: Context, wal: Wal): void {
  if (wal.lastLsn === 0) return;
  const path = `${settings.directory}/${CURRENT_NAME}`;
  throw new StoreDamagedError(path, 0, "a file", `none, beside a log of ${wal.lastLsn} records`);
}

async function openTables(
  context: Context,
  levels: Levels<HasMeta>,
  opened: Opened,
): Promise<Levels<TableFile>> {
  const { env, settings, cache } = context;
  const result: TableFile[][] = [];
  for (const level of levels) {
    const files: TableFile[] = [];
    for (const { meta } of level) {
      const path = `${settings.directory}/${tableName(meta.number)}`;
      const table = await openTable(env, path, meta.number, cache);
      opened.push(table);
      if (!isSameTable(meta, metaOf(meta.number, table.properties))) {
        throw new StoreDamagedError(path, 0, "the table that the manifest names", "another one");
      }
      files.push(new TableFile(meta, table));
    }
    result.push(files);
  }
  return result;
}

async function openTable(env: Env, path: string, number: number, cache: BlockCache): Promise<Table> {
  try {
    return await Table.open(env, path, number, cache);
  } catch (error) {
    if (!isDiskError(error, "ENOENT")) throw error;
    throw new StoreDamagedError(path, 0, "a table that the manifest names", "no file", error);
  }
}

/**
 * Sees to it that the log goes on where the tables end. It may end below: what was not synced is in tables all the same
 * where a memtable was flushed before. Such a log begins anew, so that no sequence is ever given twice. True where it
 * did.
 */
async function joinLog({ env, settings }: Context, wal: Wal, { logStart }: Recorded): Promise<boolean> {
  if (wal.firstLsn > logStart) {
    const path = `${settings.directory}/${LOG_NAME}`;
    throw new StoreDamagedError(
      path,
      0,
      `records from ${logStart} on`,
      `a log that begins with ${wal.firstLsn}`,
    );
  }
  if (wal.lastLsn >= logStart - 1) return false;
  await wal.restartAt(logStart);
  reached(env, "lsm/log-restarted");
  return true;
}

/** Removes what no manifest counts any more. The new manifest is durable, and gives none of their numbers again. */
async function sweep({ env, settings }: Context, listing: Listing, versions: VersionSet): Promise<number> {
  const live = new Set(versions.current.levels.flat().map(({ meta }) => meta.number));
  const orphans = listing.tables.filter((number) => !live.has(number)).map(tableName);
  const older = listing.manifests.map(manifestName);
  const temporary = listing.hasTemporary ? [CURRENT_TEMPORARY_NAME] : [];
  if (orphans.length > 0) reached(env, "lsm/recovery-swept-orphan");
  const names = [...orphans, ...older, ...temporary];
  for (const name of names) await discard(env, undefined, `${settings.directory}/${name}`);
  return names.length;
}

/** Brings back what is in no table. Full memtables are flushed meanwhile, as they would be later. */
async function replay(
  core: Core,
): Promise<{ readonly replayedBatches: number; readonly flushedTables: number }> {
  const { context, wal, memtables, versions } = core;
  let replayedBatches = 0;
  let flushedTables = 0;
  if (wal.lastLsn < versions.logStart) return { replayedBatches, flushedTables };
  for await (const { firstLsn, records } of wal.scan(versions.logStart)) {
    for (const [i, record] of records.entries()) {
      if (!memtables.replay(firstLsn + i, record)) {
        const path = `${context.settings.directory}/${LOG_NAME}`;
        throw new StoreDamagedError(path, 0, "a batch", `record ${firstLsn + i}, which is none`);
      }
      replayedBatches++;
      if (!memtables.isActiveFull) continue;
      memtables.rotate();
      await flushOldest(core);
      flushedTables++;
      reached(context.env, "lsm/recovery-flushed");
    }
  }
  return { replayedBatches, flushedTables };
}
