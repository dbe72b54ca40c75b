import { assert } from "../env/index.js";
import { StoreError, toStoreError } from "../store/index.js";
import { ANY_OLDER, Retention } from "./compaction/retention.js";
import { discardTables, writeTables } from "./compaction/table-writer.js";
import type { Core } from "./core.js";
import { observe } from "./events.js";
import { isNoSpace } from "./health.js";
import type { Change } from "./version/version-set.js";
import type { TableFile } from "./version/version.js";

/**
 * Writes the oldest immutable memtable to a table of L0. The log is cut only once the manifest names the table: until
 * then the log is what a crash leaves of it. Rejects with STORE_NO_SPACE where nothing has happened.
 */
export async function flushOldest({ context, wal, memtables, snapshots, versions }: Core): Promise<void> {
  const { env, settings, health } = context;
  const immutable = memtables.oldest;
  assert(immutable !== undefined, "there is a memtable to flush");
  const files = await writeTables(context, {
    cursor: immutable.memtable.cursor(),
    // A snapshot that is taken from now on sees the newest versions only.
    retention: new Retention(env, snapshots.sequences, ANY_OLDER),
    level: 0,
    outputBytes: Number.MAX_SAFE_INTEGER,
    pause: async () => {
      await env.clock.sleep(0);
      return true;
    },
    allocate: () => versions.allocate(),
  });
  const file = files?.[0];
  assert(file !== undefined && files!.length === 1, "a memtable goes to one table");
  const logStart = immutable.lastSequence + 1;
  const change: Change = { logStart, removed: [], added: [{ level: 0, file }] };
  await commitOrDiscard(versions, context, change, [file], () => memtables.drop(immutable));
  health.hasSpaceAgain();
  health.changed.fire();
  const { number, fileBytes: bytes } = file.meta;
  const { entries } = file.table.properties;
  observe(env, { kind: "lsm/flushed", directory: settings.directory, number, bytes, entries, logStart });
  try {
    await wal.truncatePrefix(logStart);
  } catch (error) {
    throw toStoreError(error, settings.directory, "unknown");
  }
}

/** Commits a change that brings new tables, which go where it fails. */
export async function commitOrDiscard(
  versions: Core["versions"],
  context: Core["context"],
  change: Change,
  files: readonly TableFile[],
  onInstalled: () => void,
): Promise<void> {
  try {
    await versions.commit(change, onInstalled);
  } catch (error) {
    const known = toStoreError(error, context.settings.directory, "unknown");
    if (known instanceof StoreError) await discardTables(context, files, !isNoSpace(known));
    throw known;
  }
}
