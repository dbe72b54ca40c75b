import { writeFully } from "../../../bytes/index.js";
import { assert, type File } from "../../../env/index.js";
import type { BatchSeen } from "../../events.js";
import {
  NONE,
  batchSeen,
  keepRecords,
  readBatchHeader,
  recordsOf,
  type BatchHeader,
  type LogRecord,
} from "../../record/index.js";
import type { Offset } from "../../types.js";
import type { LogCore } from "../core.js";
import { CLEANED_SUFFIX, SWAP_SUFFIX, fileName } from "../names.js";
import { newSegment, writeIndexes } from "../roller.js";
import type { PlacedBatch, Segment } from "../segment.js";
import type { OffsetMap } from "./offset-map.js";
import { finishSwap } from "./swap.js";
import type { SeenTransactions } from "./transactions.js";

/** One compaction of a log. */
export interface Pass {
  readonly core: LogCore;
  readonly map: OffsetMap;
  readonly transactions: SeenTransactions;
  readonly firstDirtyOffset: Offset;
  readonly nowMs: number;
  /** All batches that are left in the segments that were gone through. */
  readonly kept: BatchSeen[];
  /** When the first of the tombstones and markers that are left may go. */
  earliestHorizonMs: number | undefined;
}

/** Replaces these segments, neighbours, by one with the records that are still worth keeping. */
export async function cleanGroup(pass: Pass, group: readonly Segment[]): Promise<void> {
  const { core } = pass;
  const { baseOffset } = group[0]!;
  const path = core.path(fileName(baseOffset, CLEANED_SUFFIX));
  const file = await core.env.disk.open(path, "exclusive");
  const { cleaned, isChanged } = await writeCleaned(pass, group, file);
  if (!isChanged && group.length === 1) {
    await file.close();
    await core.env.disk.remove(path);
    return;
  }
  await file.sync();
  await replace(core, group, cleaned);
}

async function writeCleaned(
  pass: Pass,
  group: readonly Segment[],
  file: File,
): Promise<{ readonly cleaned: Segment; readonly isChanged: boolean }> {
  const cleaned = newSegment(pass.core, file, group[0]!.baseOffset);
  let isChanged = false;
  for (const segment of group) {
    await segment.walk(segment.index.floor(-1), (batch) => {
      // The last one shows where the segment ends: else a gap could not be told from a loss.
      const isLast = segment === group.at(-1) && batch.header.lastOffset + 1 === segment.endOffset;
      const bytes = cleanBatch(pass, batch, isLast);
      isChanged ||= bytes !== batch.bytes;
      if (bytes === undefined) return true;
      const header = readBatchHeader(bytes, 0);
      writeFully(file, cleaned.sizeBytes, bytes, () => undefined);
      cleaned.index.note(header);
      pass.kept.push(batchSeen(header));
      return true;
    });
  }
  return { cleaned, isChanged };
}

/** What is left of a batch: the same bytes where all is, undefined where nothing is. */
function cleanBatch(pass: Pass, { header, bytes }: PlacedBatch, isLast: boolean): Uint8Array | undefined {
  if (header.isControl) return cleanMarker(pass, header, bytes, isLast);
  const isBehind = header.lastOffset < pass.map.endOffset;
  const records = recordsOf(bytes, 0);
  const hasExpired =
    header.deleteHorizonMs !== NONE &&
    header.deleteHorizonMs <= pass.nowMs &&
    header.lastOffset < pass.firstDirtyOffset;
  const isAborted = pass.transactions.isAborted(header);
  const kept = isAborted ? [] : records.filter((record) => isWorthKeeping(pass.map, record, hasExpired));
  pass.transactions.kept(header, kept.length);
  const hasTombstones = kept.some(({ value }) => value === null);
  // From the pass on that has removed all they delete, tombstones have their time (KIP-534, KAFKA-8522).
  const isMarked = header.deleteHorizonMs === NONE && hasTombstones && isBehind;
  const horizonMs = isMarked ? pass.nowMs + pass.core.options.deleteRetentionMs : header.deleteHorizonMs;
  if (hasTombstones && horizonMs !== NONE) {
    pass.earliestHorizonMs = Math.min(pass.earliestHorizonMs ?? horizonMs, horizonMs);
  }
  if (kept.length === records.length && !isMarked) {
    if (records.length > 0) return bytes;
    return isLast || pass.core.producers.remembers(header) ? bytes : undefined;
  }
  // A producer's last batches stay, if empty: its sequence has to survive.
  if (kept.length === 0 && !isLast && !pass.core.producers.remembers(header)) return undefined;
  return keepRecords(header, kept, horizonMs);
}

/**
 * A marker has its time from the pass on that leaves no record of its transaction (KIP-534): before, who reads on would
 * not learn what became of what was read. The last one of a producer stays as long as the producer is known.
 */
function cleanMarker(
  pass: Pass,
  header: BatchHeader,
  bytes: Uint8Array,
  isLast: boolean,
): Uint8Array | undefined {
  const { core, transactions, nowMs } = pass;
  if (transactions.endsRecords(header)) return bytes;
  const isMarked = header.deleteHorizonMs !== NONE;
  const horizonMs = isMarked ? header.deleteHorizonMs : nowMs + core.options.deleteRetentionMs;
  if (!isLast && !core.producers.remembers(header)) {
    if (isMarked && horizonMs <= nowMs) return undefined;
    pass.earliestHorizonMs = Math.min(pass.earliestHorizonMs ?? horizonMs, horizonMs);
  }
  return isMarked ? bytes : keepRecords(header, recordsOf(bytes, 0), horizonMs);
}

function isWorthKeeping(map: OffsetMap, record: LogRecord, hasExpired: boolean): boolean {
  if (record.key === null || map.supersedes(record.key, record.offset)) return false;
  return record.value !== null || !hasExpired;
}

/** From the rename to `.swap` on, the new segment counts; before, the old ones do. */
async function replace(core: LogCore, group: readonly Segment[], cleaned: Segment): Promise<void> {
  const { env, options } = core;
  const { baseOffset, endOffset } = cleaned;
  assert(endOffset === group.at(-1)!.endOffset, "a cleaned segment ends where what it replaces did");
  const swap = core.path(fileName(baseOffset, SWAP_SUFFIX));
  await env.disk.rename(core.path(fileName(baseOffset, CLEANED_SUFFIX)), swap);
  await env.disk.syncDir(options.directory);
  const at = core.segments.indexOf(group[0]!);
  assert(at >= 0, "what is cleaned is in the log");
  core.segments = core.segments.toSpliced(at, group.length, cleaned);
  core.generation++;
  for (const segment of group) await segment.retire();
  await finishSwap(
    env,
    options.directory,
    baseOffset,
    group.map((segment) => segment.baseOffset),
  );
  await writeIndexes(core, cleaned);
  env.reached("broker/segments-swapped");
}
