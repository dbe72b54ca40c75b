import { makeDirectory } from "../../../bytes/index.js";
import { assert, isDiskError, type Env, type File } from "../../../env/index.js";
import type { Offset } from "../../types.js";
import type { CoreParts } from "../core.js";
import { EpochCache, readEpochs, writeEpochs } from "../epoch-cache.js";
import { damaged } from "../errors.js";
import { removeSegmentFiles } from "../files.js";
import { finishSwap } from "../cleaner/swap.js";
import {
  EPOCH_FILE,
  LOG_SUFFIX,
  NEXT_SEGMENT,
  SNAPSHOT_SUFFIX,
  SWAP_SUFFIX,
  fileName,
  isTemporary,
  offsetsOf,
} from "../names.js";
import { walkFile, type Segment } from "../segment.js";
import { NEW_STATE, readState, writeState, type LogState } from "../state.js";
import type { LogOptions } from "../types.js";
import { rebuildProducers } from "./producers.js";
import { scanSegment } from "./scan.js";
import { recoverSegments, type Recovered } from "./segments.js";

export interface Recovery extends CoreParts {
  readonly found: Recovered;
}

/**
 * Brings a log's files into order, whatever crash left them. May itself be interrupted anywhere and begin again.
 * When it resolves all that it found is durable. Throws LOG_DAMAGED, and what the disk throws.
 */
export async function recover(env: Env, options: LogOptions): Promise<Recovery> {
  const { directory } = options;
  await makeDirectory(env.disk, directory);
  for (const name of await env.disk.list(directory)) {
    if (isTemporary(name)) await env.disk.remove(`${directory}/${name}`);
  }
  let state = await findState(env, options);
  if (state.isRestarting) state = await beginAnew(env, options, state);
  await finishSwaps(env, options);
  let baseOffsets = await dropBelowStart(env, options, state);
  const given = options.recoveryPoint > state.distrusted ? options.recoveryPoint : 0;
  const recoveryPoint = Math.max(state.recoveryPoint, given);
  // Below the log's start nothing has to be there.
  const provenOffset = recoveryPoint > state.logStartOffset ? recoveryPoint : 0;
  checkStart(baseOffsets, state, provenOffset, directory);
  if (baseOffsets.length === 0) {
    await createFirst(env, options, state.logStartOffset);
    baseOffsets = [state.logStartOffset];
  }

  let found = await openSegments(env, options, state, { provenOffset, baseOffsets });
  const endOffset = found.segments.at(-1)!.endOffset;
  if (endOffset < provenOffset) {
    await retireAll(found.segments);
    throw damaged("less than was durable", `offset ${endOffset} of ${directory}`);
  }
  if (endOffset < state.logStartOffset) {
    // What was deleted had not all been flushed: the log goes on where it was to begin.
    await retireAll(found.segments);
    state = await beginAnew(env, options, { ...state, firstDirtyOffset: state.logStartOffset });
    found = await openSegments(env, options, state, { provenOffset: 0, baseOffsets: [state.logStartOffset] });
  }
  return finish(env, options, state, found);
}

async function finish(env: Env, options: LogOptions, before: LogState, found: Recovered): Promise<Recovery> {
  const { segments } = found;
  const endOffset = segments.at(-1)!.endOffset;
  const epochs = await recoverEpochs(env, options, before, found);
  await removeSnapshotsAbove(env, options, endOffset);
  const producers = await rebuildProducers(env, options, segments, { ...before, endOffset });
  const state: LogState = {
    ...before,
    // All of it was durable, or has been written again.
    recoveryPoint: endOffset,
    distrusted: Math.max(before.distrusted, options.recoveryPoint > endOffset ? options.recoveryPoint : 0),
    firstDirtyOffset: Math.min(before.firstDirtyOffset, endOffset),
  };
  await writeState(env, options.directory, state);
  return { segments, state, epochs, producers, found };
}

/** What was saved; where that is lost, what the files say, and no recovery point is believed. */
async function findState(env: Env, options: LogOptions): Promise<LogState> {
  const { directory } = options;
  const saved = await readState(env, directory);
  if (saved !== undefined) return saved;
  const names = await env.disk.list(directory);
  const first = Math.min(...offsetsOf(names, LOG_SUFFIX), ...offsetsOf(names, SWAP_SUFFIX));
  const logStartOffset = Number.isSafeInteger(first) ? first : 0;
  const state = { ...NEW_STATE, logStartOffset, distrusted: options.recoveryPoint };
  await writeState(env, directory, state);
  return state;
}

/** Removes everything, then begins at the log's start: see `restartAt`. */
async function beginAnew(env: Env, options: LogOptions, given: LogState): Promise<LogState> {
  const { directory } = options;
  const { logStartOffset } = given;
  const state = { ...given, recoveryPoint: logStartOffset, isRestarting: true };
  await writeState(env, directory, state);
  const names = await env.disk.list(directory);
  for (const offset of offsetsOf(names, LOG_SUFFIX)) await removeSegmentFiles(env, directory, offset);
  for (const name of names) {
    const isGone = [SNAPSHOT_SUFFIX, SWAP_SUFFIX].some((suffix) => name.endsWith(suffix));
    if (isGone || name === EPOCH_FILE || name === NEXT_SEGMENT) await env.disk.remove(`${directory}/${name}`);
  }
  await createFirst(env, options, logStartOffset);
  const done = { ...state, isRestarting: false };
  await writeState(env, directory, done);
  return done;
}

async function createFirst(env: Env, { directory }: LogOptions, offset: Offset): Promise<void> {
  const file = await env.disk.open(`${directory}/${fileName(offset, LOG_SUFFIX)}`, "exclusive");
  await file.close();
  await env.disk.syncDir(directory);
}

/** A `.swap` was durable before it got that name: it replaces all segments within its offsets. */
async function finishSwaps(env: Env, options: LogOptions): Promise<void> {
  const { directory } = options;
  const names = await env.disk.list(directory);
  for (const baseOffset of offsetsOf(names, SWAP_SUFFIX)) {
    const path = `${directory}/${fileName(baseOffset, SWAP_SUFFIX)}`;
    const file = await env.disk.open(path, "existing");
    const scanned = await scanSegment(file, options, baseOffset, Number.MAX_SAFE_INTEGER, 0);
    await file.close();
    if (scanned.problem !== undefined) throw damaged(scanned.problem, path);
    const { endOffset } = scanned.index;
    const replaced = offsetsOf(names, LOG_SUFFIX).filter((each) => each >= baseOffset && each < endOffset);
    await finishSwap(env, directory, baseOffset, replaced);
    env.reached("broker/swap-finished");
  }
}

/** Removes the segments below the log's start, as whoever advanced it would have. */
async function dropBelowStart(env: Env, options: LogOptions, state: LogState): Promise<Offset[]> {
  const { directory } = options;
  const baseOffsets = offsetsOf(await env.disk.list(directory), LOG_SUFFIX);
  while (baseOffsets.length > 1 && baseOffsets[1]! <= state.logStartOffset) {
    await removeSegmentFiles(env, directory, baseOffsets.shift()!);
  }
  return baseOffsets;
}

function checkStart(
  baseOffsets: readonly Offset[],
  state: LogState,
  provenOffset: Offset,
  directory: string,
): void {
  const first = baseOffsets[0];
  if (first === undefined ? provenOffset > 0 : first > state.logStartOffset) {
    throw damaged("no segment there", `offset ${state.logStartOffset} of ${directory}`);
  }
}

/** As a clean shutdown left them if that is what there is, else by recovery; then the segment that had no name yet. */
async function openSegments(
  env: Env,
  options: LogOptions,
  state: LogState,
  { provenOffset, baseOffsets }: { readonly provenOffset: Offset; readonly baseOffsets: readonly Offset[] },
): Promise<Recovered> {
  const plan = { env, options, provenOffset, baseOffsets };
  const adoptable = await sizeOfNext(env, options);
  if (options.wasClosedCleanly && adoptable === 0) {
    const found = await recoverSegments({ ...plan, isClean: true });
    if (!found.isCut && found.segments.at(-1)!.endOffset === state.recoveryPoint) return found;
    // The broker closed, but this log did not.
    await retireAll(found.segments);
  }
  const found = await recoverSegments({ ...plan, isClean: false });
  const endOffset = found.segments.at(-1)!.endOffset;
  if (found.isCut || adoptable === 0 || !(await nextBeginsAt(env, options, endOffset))) return found;
  env.reached("broker/next-segment-adopted");
  await retireAll(found.segments);
  await env.disk.rename(nextPath(options), `${options.directory}/${fileName(endOffset, LOG_SUFFIX)}`);
  await env.disk.syncDir(options.directory);
  return recoverSegments({ ...plan, baseOffsets: [...baseOffsets, endOffset], isClean: false });
}

function nextPath({ directory }: LogOptions): string {
  return `${directory}/${NEXT_SEGMENT}`;
}

async function openIfThere(env: Env, path: string): Promise<File | undefined> {
  try {
    return await env.disk.open(path, "existing");
  } catch (error) {
    if (isDiskError(error, "ENOENT")) return undefined;
    throw error;
  }
}

async function sizeOfNext(env: Env, options: LogOptions): Promise<number> {
  const file = await openIfThere(env, nextPath(options));
  const sizeBytes = file?.size() ?? 0;
  await file?.close();
  return sizeBytes;
}

/** Its first batch says whether it follows: nothing else knows where it was to begin. */
async function nextBeginsAt(env: Env, options: LogOptions, endOffset: Offset): Promise<boolean> {
  const file = await openIfThere(env, nextPath(options));
  assert(file !== undefined, "a file that has a size is there");
  let follows = false;
  await walkFile(file, 0, file.size(), ({ header }) => {
    follows = header.baseOffset === endOffset;
    return false;
  });
  await file.close();
  return follows;
}

/** The checkpoint as far as it reaches, then what the batches say: the log never knows fewer epochs than it holds. */
async function recoverEpochs(
  env: Env,
  options: LogOptions,
  { logStartOffset }: LogState,
  { segments, batches, readFrom }: Recovered,
): Promise<EpochCache> {
  const endOffset = segments.at(-1)!.endOffset;
  let epochs = await readEpochs(env, options.directory);
  const saved = epochs?.version;
  if (epochs === undefined || !covers(epochs, segments, logStartOffset, readFrom)) {
    env.reached("broker/epochs-rebuilt");
    epochs = new EpochCache();
    let end = logStartOffset;
    for (const segment of segments) {
      await segment.walk(segment.index.floor(-1), ({ header }) => {
        epochs?.assign(header.leaderEpoch, Math.min(end, header.baseOffset));
        end = header.lastOffset + 1;
        return true;
      });
    }
  }
  // One may have begun at the log's end, but nothing that was cut off.
  epochs.cutEnd(endOffset + 1);
  let end = readFrom;
  for (const { leaderEpoch, baseOffset, lastOffset } of batches) {
    if (epochs.epochAt(baseOffset) !== leaderEpoch) epochs.assign(leaderEpoch, Math.min(end, baseOffset));
    end = lastOffset + 1;
  }
  epochs.cutStart(logStartOffset);
  if (epochs.version !== saved) await writeEpochs(env, options.directory, epochs.entries);
  return epochs;
}

/** Whether the checkpoint knows the epochs of all batches that were not read just now. */
function covers(
  epochs: EpochCache,
  segments: readonly Segment[],
  logStartOffset: Offset,
  readFrom: Offset,
): boolean {
  const unread = segments.filter((segment) => !segment.isEmpty && segment.endOffset <= readFrom);
  const last = unread.at(-1);
  if (last === undefined) return true;
  const start = epochs.entries[0]?.startOffset ?? Number.MAX_SAFE_INTEGER;
  const first = unread[0]!.index.floor(-1).offset;
  return (
    start <= Math.max(first, logStartOffset) && epochs.epochAt(last.endOffset - 1) === last.index.lastEpoch
  );
}

async function removeSnapshotsAbove(env: Env, { directory }: LogOptions, endOffset: Offset): Promise<void> {
  const offsets = offsetsOf(await env.disk.list(directory), SNAPSHOT_SUFFIX).filter(
    (each) => each > endOffset,
  );
  for (const offset of offsets) await env.disk.remove(`${directory}/${fileName(offset, SNAPSHOT_SUFFIX)}`);
  if (offsets.length > 0) await env.disk.syncDir(directory);
}

async function retireAll(segments: readonly Segment[]): Promise<void> {
  for (const segment of segments) await segment.retire();
}
