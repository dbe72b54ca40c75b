import type { Env } from "../../../env/index.js";
import type { BatchSeen } from "../../events.js";
import { NO_EPOCH, type LeaderEpoch, type Offset } from "../../types.js";
import { damaged } from "../errors.js";
import { removeFromEnd } from "../files.js";
import { LOG_SUFFIX, fileName } from "../names.js";
import { Segment } from "../segment.js";
import type { LogOptions } from "../types.js";
import { rewriteSegment } from "./rewrite.js";
import { readIndexes, scanSegment } from "./scan.js";

export interface Recovered {
  readonly segments: readonly Segment[];
  /** The batches from `readFrom` on. */
  readonly batches: readonly BatchSeen[];
  readonly readFrom: Offset;
  /** Something followed that does not count. */
  readonly isCut: boolean;
}

/** What recovery knows before it looks. */
export interface Plan {
  readonly env: Env;
  readonly options: LogOptions;
  /** Everything below was durable, and has to be there. */
  readonly provenOffset: Offset;
  /** Everything is taken for proven: to be looked at without, where it turns out that it was not. */
  readonly isClean: boolean;
  readonly baseOffsets: readonly Offset[];
}

/**
 * Opens the segments. Below `provenOffset` a batch that is not whole is damage: throws LOG_DAMAGED. Above, the log ends
 * there; what is left of it is written again, for nobody knows whether it is durable: a sync that failed in an earlier
 * life may have left it in the page cache only. In place would not do: a second power loss could take what the first
 * one left.
 */
export async function recoverSegments(plan: Plan): Promise<Recovered> {
  const { env, options, baseOffsets } = plan;
  const segments: Segment[] = [];
  const batches: BatchSeen[] = [];
  let readFrom: Offset | undefined;
  let isCut = false;
  try {
    for (const [at, baseOffset] of baseOffsets.entries()) {
      const nextOffset = baseOffsets[at + 1];
      const lastEpoch = lastEpochOf(segments);
      const found = await recoverSegment(plan, baseOffset, nextOffset, lastEpoch);
      segments.push(found.segment);
      // One by one: as arguments of a call they may be too many for the stack.
      for (const batch of found.batches) batches.push(batch);
      if (!found.isProven) readFrom ??= baseOffset;
      if (!found.isCut) continue;
      env.reached("broker/torn-tail-cut");
      isCut = true;
      if (!plan.isClean) await removeFromEnd(env, options.directory, baseOffsets.slice(at + 1));
      break;
    }
  } catch (error) {
    for (const segment of segments) await segment.retire();
    throw error;
  }
  return { segments, batches, isCut, readFrom: readFrom ?? segments.at(-1)?.endOffset ?? 0 };
}

interface RecoveredSegment {
  readonly segment: Segment;
  readonly batches: readonly BatchSeen[];
  readonly isProven: boolean;
  /** The log ends in it, whatever follows. */
  readonly isCut: boolean;
}

async function recoverSegment(
  plan: Plan,
  baseOffset: Offset,
  nextOffset: Offset | undefined,
  lastEpoch: LeaderEpoch,
): Promise<RecoveredSegment> {
  const { env, options, provenOffset } = plan;
  const path = `${options.directory}/${fileName(baseOffset, LOG_SUFFIX)}`;
  const file = await env.disk.open(path, "existing");
  const isProven = plan.isClean || (nextOffset !== undefined && nextOffset <= provenOffset);
  const known = isProven ? await readIndexes(env, options, baseOffset, file) : undefined;
  if (known !== undefined && (nextOffset ?? known.endOffset) === known.endOffset) {
    return { segment: new Segment(file, known), batches: [], isProven, isCut: false };
  }
  if (isProven) env.reached("broker/index-rebuilt");
  const bound = nextOffset ?? Number.MAX_SAFE_INTEGER;
  const { index, batches, problem } = await scanSegment(file, options, baseOffset, bound, lastEpoch);
  const isShort = nextOffset === undefined ? problem !== undefined : index.endOffset !== nextOffset;
  if (isShort && index.endOffset < Math.min(provenOffset, bound)) {
    await file.close();
    throw damaged(problem ?? "a segment that ends too early", `offset ${index.endOffset} in ${path}`);
  }
  const segment = new Segment(file, index);
  if (isProven) return { segment, batches: [], isProven, isCut: isShort };
  return { segment: await rewriteSegment(env, options, segment), batches, isProven, isCut: isShort };
}

function lastEpochOf(segments: readonly Segment[]): LeaderEpoch {
  return segments.findLast(({ isEmpty }) => !isEmpty)?.index.lastEpoch ?? NO_EPOCH;
}
