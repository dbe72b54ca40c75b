import { assert } from "../../../env/index.js";
import type { BatchSeen } from "../../events.js";
import type { Offset } from "../../types.js";
import { isCompacted } from "../append.js";
import type { LogCore } from "../core.js";
import { sizeOf } from "../retention.js";
import { RELATIVE_OFFSET_MAX, type Segment } from "../segment.js";
import { cleanGroup, type Pass } from "./clean.js";
import { OffsetMap } from "./offset-map.js";
import { SeenTransactions } from "./transactions.js";

/** See `PartitionLog.compact`. In a turn of `core.housekeeping`. */
export async function compact(core: LogCore, stableOffset: Offset, nowMs: number): Promise<boolean> {
  if (!isCompacted(core)) return false;
  // Never past the high watermark (KAFKA-13194): what is cut off there must not have replaced anything. Nor what nobody
  // has decided on yet.
  const limit = Math.min(stableOffset, core.recoveryPoint);
  const closed = core.segments.slice(0, -1).filter((_, at) => core.segments[at + 1]!.baseOffset <= limit);
  const last = closed.at(-1);
  if (last === undefined) return false;
  // What was cleaned once may be above the high watermark that a new start knows of.
  const firstDirtyOffset = Math.min(
    Math.max(core.state.firstDirtyOffset, closed[0]!.baseOffset),
    last.endOffset,
  );
  const dirty = closed.filter(({ endOffset }) => endOffset > firstDirtyOffset);
  const isDirtyEnough =
    dirty.length > 0 && sizeOf(dirty) * 1000 >= core.options.minDirtyPermille * sizeOf(closed);
  const hasExpired = core.earliestHorizonMs !== undefined && core.earliestHorizonMs <= nowMs;
  if (!isDirtyEnough && !hasExpired) return false;

  const transactions = new SeenTransactions(core.producers.transactions);
  const map = await OffsetMap.build(closed, firstDirtyOffset, core.options.dedupeBufferBytes, transactions);
  assert(map.endOffset <= last.endOffset, "what is not closed is not compacted");
  const pass: Pass = {
    core,
    map,
    transactions,
    firstDirtyOffset,
    nowMs,
    kept: [],
    earliestHorizonMs: undefined,
  };
  for (const group of groupsOf(core, closed)) await cleanGroup(pass, group);
  core.earliestHorizonMs = pass.earliestHorizonMs;
  core.producers.transactions.forgetAborted(last.endOffset);
  await core.saveState({ firstDirtyOffset: Math.max(core.state.firstDirtyOffset, map.endOffset) });
  const kept: BatchSeen[] = pass.kept.filter(({ baseOffset }) => baseOffset < map.endOffset);
  core.observe({ kind: "broker/compacted", partition: core.name, upTo: map.endOffset, kept });
  return true;
}

/** Neighbours that fit into one segment become one: else compaction would leave ever more, ever smaller ones. */
function groupsOf(core: LogCore, closed: readonly Segment[]): Segment[][] {
  const groups: Segment[][] = [];
  for (const segment of closed) {
    const group = groups.at(-1);
    const fits =
      group !== undefined &&
      sizeOf(group) + segment.sizeBytes <= core.options.segmentBytes &&
      segment.endOffset - group[0]!.baseOffset <= RELATIVE_OFFSET_MAX;
    if (fits) group.push(segment);
    else groups.push([segment]);
  }
  return groups;
}
