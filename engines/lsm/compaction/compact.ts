import { assert } from "../../env/index.js";
import type { Core } from "../core.js";
import type { Cursor } from "../cursor.js";
import { observe, reached } from "../events.js";
import { commitOrDiscard } from "../flush.js";
import { ConcatenatingCursor, MergingCursor } from "../read/index.js";
import { bytesOf } from "../version/levels.js";
import type { PlacedFile } from "../version/version-set.js";
import type { TableFile } from "../version/version.js";
import { OlderLists, Retention } from "./retention.js";
import type { Compaction, CompactionInput } from "./strategy.js";
import { writeTables } from "./table-writer.js";

const READ_AHEAD_BYTES = 256 * 1024;

/**
 * Carries out a compaction. Reads go on meanwhile, from the version that has its inputs; these stay, since only
 * compactions drop tables and there is one at a time. `pause` is called between slices of work; where it gives false,
 * the compaction is given up. Rejects with STORE_NO_SPACE where nothing has happened.
 */
export async function compact(
  core: Core,
  compaction: Compaction,
  pause: () => Promise<boolean>,
): Promise<void> {
  if (compaction.isMove) return move(core, compaction);
  const { context, snapshots, versions } = core;
  const { env } = context;
  const { inputs, outputLevel, outputBytes } = compaction;
  const retention = new Retention(env, snapshots.sequences, new OlderLists(compaction.older));
  const files = await writeTables(context, {
    cursor: cursorOver(inputs),
    retention,
    level: outputLevel,
    outputBytes,
    pause,
    allocate: () => versions.allocate(),
  });
  if (files === undefined) return reached(env, "lsm/compaction-interrupted");
  const removed = placed(inputs);
  const added = files.map((file) => ({ level: outputLevel, file }));
  const change = { removed, added, ...(compaction.pointer && { pointer: compaction.pointer }) };
  await commitOrDiscard(versions, context, change, files, () => undefined);
  for (const { level, files: its } of inputs) context.counters.compactedBytes[level]! += bytesOf(its);
  observe(env, {
    kind: "lsm/compacted",
    directory: context.settings.directory,
    outputLevel,
    inputs: removed.map(({ file }) => file.meta.number),
    outputs: files.map(({ meta }) => meta.number),
    readBytes: bytesOf(removed.map(({ file }) => file)),
    writtenBytes: bytesOf(files),
    droppedEntries: retention.droppedEntries,
    droppedTombstones: retention.droppedTombstones,
  });
}

/** The one input has nothing to be merged with, so only the manifest has to know. */
async function move(
  { context, versions }: Core,
  { inputs, outputLevel, pointer }: Compaction,
): Promise<void> {
  const removed = placed(inputs);
  assert(removed.length === 1, "one table is moved");
  const { file } = removed[0]!;
  const change = { removed, added: [{ level: outputLevel, file }], ...(pointer && { pointer }) };
  await versions.commit(change, () => undefined);
  const { env, settings } = context;
  reached(env, "lsm/move");
  observe(env, { kind: "lsm/moved", directory: settings.directory, number: file.meta.number, outputLevel });
}

function placed(inputs: readonly CompactionInput[]): readonly PlacedFile[] {
  return inputs.flatMap(({ level, files }) => files.map((file) => ({ level, file })));
}

function cursorOver(inputs: readonly CompactionInput[]): Cursor {
  const cursors = inputs.flatMap(({ level, files }) => (level === 0 ? files.map(scan) : [scanLevel(files)]));
  return cursors.length === 1 ? cursors[0]! : new MergingCursor(cursors);
}

function scan(file: TableFile): Cursor {
  return file.table.scanCursor(READ_AHEAD_BYTES);
}

function scanLevel(files: readonly TableFile[]): Cursor {
  const sources = files.map((file) => {
    const { smallestKey, largestKey } = file.meta;
    return { smallestKey, largestKey, cursor: () => scan(file) };
  });
  return new ConcatenatingCursor(sources);
}
