import type { Env, File } from "../../../env/index.js";
import type { BatchSeen } from "../../events.js";
import { batchSeen } from "../../record/index.js";
import type { LeaderEpoch, Offset } from "../../types.js";
import { readChecked } from "../checked-file.js";
import { INDEX_SUFFIX, TIME_INDEX_SUFFIX, fileName } from "../names.js";
import { walkFile } from "../segment.js";
import { SegmentIndex } from "../segment-index.js";
import type { LogOptions } from "../types.js";

/** What a segment's file holds. */
export interface Scanned {
  readonly index: SegmentIndex;
  readonly batches: readonly BatchSeen[];
  /** Why nothing behind the last batch counts; undefined where the file ends there. */
  readonly problem: string | undefined;
}

/**
 * Goes through a file up to the first thing that is not a whole batch which follows the others. `endOffset`: where the
 * next segment begins; `lastEpoch`: of the batch before.
 */
export async function scanSegment(
  file: File,
  options: LogOptions,
  baseOffset: Offset,
  endOffset: Offset,
  lastEpoch: LeaderEpoch,
): Promise<Scanned> {
  const index = new SegmentIndex(baseOffset, options.indexIntervalBytes);
  const batches: BatchSeen[] = [];
  let misfit: string | undefined;
  const { problem } = await walkFile(file, 0, file.size(), ({ header }) => {
    const epoch = Math.max(0, lastEpoch, index.lastEpoch);
    if (header.baseOffset < index.endOffset) misfit = `offset ${header.baseOffset} behind ${index.endOffset}`;
    // Only compaction leaves gaps, in the leader's log if not in this one.
    if (options.cleanup === "delete" && header.baseOffset > index.endOffset) misfit = "a gap";
    if (header.lastOffset >= endOffset) misfit = `offset ${header.lastOffset} in the segment before`;
    if (header.leaderEpoch < epoch) misfit = `epoch ${header.leaderEpoch} behind ${epoch}`;
    if (misfit !== undefined) return false;
    index.note(header);
    batches.push(batchSeen(header));
    return true;
  });
  return { index, batches, problem: misfit ?? problem };
}

/** The index files of a segment; undefined where they are not of this file, or lost. */
export async function readIndexes(
  env: Env,
  options: LogOptions,
  baseOffset: Offset,
  file: File,
): Promise<SegmentIndex | undefined> {
  const path = `${options.directory}/`;
  const offsets = await readChecked(env, path + fileName(baseOffset, INDEX_SUFFIX));
  const times = await readChecked(env, path + fileName(baseOffset, TIME_INDEX_SUFFIX));
  const index = SegmentIndex.decode(baseOffset, options.indexIntervalBytes, offsets, times);
  return index !== undefined && index.sizeBytes === file.size() ? index : undefined;
}
