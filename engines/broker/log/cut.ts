/** Dropping the end of a log, all of it, or its beginning. In a turn of `core.housekeeping`; the first two hold off appends. */
import { assert } from "../../env/index.js";
import type { Offset } from "../types.js";
import type { LogCore } from "./core.js";
import { outOfRange } from "./errors.js";
import { removeFromEnd, removeIfThere, removeIndexes, removeSegmentFiles } from "./files.js";
import { EPOCH_FILE, LOG_SUFFIX, SNAPSHOT_SUFFIX, fileName, offsetsOf } from "./names.js";
import { rebuildProducers } from "./recovery/producers.js";
import { ProducerStates } from "./producer-states.js";
import { newSegment, type Roller } from "./roller.js";
import { Segment } from "./segment.js";
import { SegmentIndex } from "./segment-index.js";

/**
 * See `PartitionLog.truncateTo`. Each step is durable before the next: what is cut off must not come back in place of
 * what is appended then, nor be missed below a recovery point that was higher once.
 */
export async function truncateTo(core: LogCore, roller: Roller, offset: Offset): Promise<void> {
  await roller.finish();
  assert(offset >= core.state.logStartOffset, "a log is not cut below its start");
  if (offset >= core.logEndOffset) return cutEpochs(core, offset);
  core.generation++;
  const { directory } = core.options;
  const distrusted = Math.max(core.state.distrusted, core.recoveryPoint);
  const kept = core.segments.filter((each, at) => at === 0 || each.baseOffset < offset);
  const dropped = core.segments.slice(kept.length);
  const last = await cutIndex(core, kept.at(-1)!, offset);
  // The batch that holds the log's start goes as a whole: nothing is left then.
  if (last.endOffset < core.state.logStartOffset) return restartAt(core, roller, core.state.logStartOffset);
  core.recoveryPoint = Math.min(core.recoveryPoint, last.endOffset);
  core.observe({ kind: "broker/cutting", partition: core.name, offset: last.endOffset });
  await core.saveState({
    recoveryPoint: Math.min(core.state.recoveryPoint, last.endOffset),
    distrusted,
    // What was clean may be dirty again (KAFKA-3330).
    firstDirtyOffset: Math.min(core.state.firstDirtyOffset, last.endOffset),
  });
  await removeSnapshots(core, last.endOffset);
  await removeIndexes(core.env, directory, last.baseOffset);
  for (const segment of dropped) await segment.retire();
  await removeFromEnd(
    core.env,
    directory,
    dropped.map(({ baseOffset }) => baseOffset),
  );
  last.file.truncate(last.sizeBytes);
  await last.file.sync();
  await core.env.disk.syncDir(directory);
  core.segments = [...kept.slice(0, -1), last];
  core.generation++;
  await cutEpochs(core, core.logEndOffset);
  const range = { logStartOffset: core.state.logStartOffset, endOffset: core.logEndOffset };
  core.producers = await rebuildProducers(core.env, core.options, core.segments, range);
  core.observe({ kind: "broker/truncated", partition: core.name, offset: core.logEndOffset });
}

/** See `PartitionLog.restartAt`. Once the state says so, opening the log again would finish it. */
export async function restartAt(core: LogCore, roller: Roller, offset: Offset): Promise<void> {
  await roller.finish();
  core.generation++;
  const { env, options, state } = core;
  core.observe({ kind: "broker/cutting", partition: core.name, offset: state.logStartOffset });
  await core.saveState({
    logStartOffset: offset,
    recoveryPoint: offset,
    distrusted: Math.max(state.distrusted, core.recoveryPoint),
    firstDirtyOffset: offset,
    isRestarting: true,
  });
  for (const segment of core.segments) {
    await segment.retire();
    await removeSegmentFiles(env, options.directory, segment.baseOffset);
  }
  await removeSnapshots(core, -1);
  await removeIfThere(env, core.path(EPOCH_FILE));
  const file = await env.disk.open(core.path(fileName(offset, LOG_SUFFIX)), "exclusive");
  await env.disk.syncDir(options.directory);
  core.segments = [newSegment(core, file, offset)];
  core.generation++;
  core.epochs.clear();
  await core.saveEpochs();
  core.producers = new ProducerStates();
  core.recoveryPoint = offset;
  await core.saveState({ isRestarting: false });
  core.observe({ kind: "broker/log-restarted", partition: core.name, offset });
}

/** See `PartitionLog.advanceLogStart`. Readers see it at once; the returned promise is for the files. */
export function advanceLogStart(core: LogCore, offset: Offset): Promise<void> {
  const { logStartOffset } = core.state;
  if (offset > core.logEndOffset) throw outOfRange(offset, logStartOffset, core.logEndOffset, core.name);
  if (offset > logStartOffset) {
    core.setState({ logStartOffset: offset });
    core.epochs.cutStart(offset);
    core.producers.transactions.forgetAborted(offset);
    core.observe({ kind: "broker/log-start-advanced", partition: core.name, offset });
  }
  return core.inTurn(core.housekeeping, () => removeBelowStart(core));
}

/** Removes the segments that nobody can read any more. */
async function removeBelowStart(core: LogCore): Promise<void> {
  const { env, options, state } = core;
  // First: else a hole at the log's start could not be told from files that were lost. Whatever the start is by the time
  // that this is done, no more than this is durable.
  await core.saveState();
  let removed = 0;
  while (core.segments.length > 1 && core.segments[1]!.baseOffset <= state.logStartOffset) {
    const [first, ...rest] = core.segments;
    core.segments = rest;
    core.generation++;
    await first!.retire();
    await removeSegmentFiles(env, options.directory, first!.baseOffset);
    await removeIfThere(env, core.path(fileName(first!.baseOffset, SNAPSHOT_SUFFIX)));
    removed++;
  }
  if (removed > 0) await env.disk.syncDir(options.directory);
}

/** Also where the log ends there already: an epoch may have begun there (KAFKA-10706). */
async function cutEpochs(core: LogCore, endOffset: Offset): Promise<void> {
  core.epochs.cutEnd(endOffset);
  await core.saveEpochs();
}

/** The same segment, with what is known of it up to `offset`. */
async function cutIndex(core: LogCore, segment: Segment, offset: Offset): Promise<Segment> {
  const index = new SegmentIndex(segment.baseOffset, core.options.indexIntervalBytes);
  await segment.walk({ offset: segment.index.floor(-1).offset, position: 0 }, ({ header }) => {
    if (header.lastOffset >= offset) return false;
    index.note(header);
    return true;
  });
  return new Segment(segment.file, index);
}

/** Removes the snapshots above `offset`; the caller makes that durable. */
async function removeSnapshots(core: LogCore, offset: Offset): Promise<void> {
  for (const at of offsetsOf(await core.env.disk.list(core.options.directory), SNAPSHOT_SUFFIX)) {
    if (at > offset) await removeIfThere(core.env, core.path(fileName(at, SNAPSHOT_SUFFIX)));
  }
}
