/**
 * Makes a log out of the files that a crash left.
 *
 * Power loss lets pages reach the platter in any order, so an honest one may leave a bad batch with valid ones
 * behind it. Where a batch that is bad was durable (`survey.ts` says how that is known), it is damage, and
 * nothing is touched. Otherwise the log ends before it.
 *
 * What is accepted but not proven durable goes to a new segment, which gets its name once it is durable. It is
 * not written again in place: bytes that are being written may turn to garbage in a power loss, and some of
 * them were acknowledged. It is not trusted as it is either: after a failed sync the cache may hold bytes that
 * the platter does not (Rebello et al., "Can Applications Recover from fsync Failures?", ATC'20). No old
 * segment is ever written to again, so nothing behind its end can come back.
 */

import { assert, isDiskError, isDiskFull } from "../env/index.js";
import { walkBatches } from "./batch-reader.js";
import { WalDamagedError, noSpace } from "./errors.js";
import type { WalRecovery } from "./events.js";
import {
  createSegment,
  observe,
  reached,
  removeForGood,
  syncDirectory,
  writeAll,
  type Context,
} from "./files.js";
import { SEGMENT_HEADER_BYTES, stampBatch, type Lsn } from "./format.js";
import { Log } from "./log.js";
import type { Segment } from "./segment.js";
import type { Position } from "./sparse-index.js";
import { surveyLog, type Survey, type Tail } from "./survey.js";

/** A last segment that is shorter than this part of a full one is copied as a whole, so that short ones don't pile up. */
const SHORT_PART = 8;

/**
 * Opens the log, making it where there is none. Throws WAL_DAMAGED and then has changed nothing; WAL_NO_SPACE,
 * WAL_SYNC_FAILED and `DiskError`, after which opening again does the rest.
 */
export async function recover(context: Context): Promise<Recovered> {
  await makeDirectory(context);
  // Each round finds the log shorter than the one before: a device whose answers alternate is damage.
  let belowLsn = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const recovered = await surveyAndRepair(context, belowLsn);
    if ("log" in recovered) return recovered;
    belowLsn = recovered.vanishedLsn;
    reached(context.env, "wal/tail-vanished");
  }
}

interface Recovered {
  readonly log: Log;
  readonly recovery: WalRecovery;
}

/**
 * Gives `vanishedLsn`, the last record that the survey saw, where it and what nothing proves durable before it
 * could not be read again: after a failed sync the cache may hold bytes that the platter does not, until it
 * drops them. The log ends before them then, as a new survey will find.
 */
async function surveyAndRepair(
  context: Context,
  belowLsn: Lsn,
): Promise<Recovered | { readonly vanishedLsn: Lsn }> {
  const survey = await surveyLog(context);
  const opened = [...survey.live, ...survey.superseded];
  try {
    refuseDamage(context, survey);
    try {
      return await repair(context, survey, opened);
    } catch (error) {
      if (!isUnproven(error, survey) || survey.tail!.segment.lastLsn >= belowLsn) throw error;
    }
  } catch (error) {
    await retireAll(opened);
    throw isDiskFull(error) ? noSpace(`opening ${context.settings.directory}`, error) : error;
  }
  const vanishedLsn = survey.tail!.segment.lastLsn;
  await retireAll(opened);
  return { vanishedLsn };
}

/** Whether the error says that a record is bad which nothing proves durable. */
function isUnproven(error: unknown, { tail }: Survey): boolean {
  return error instanceof WalDamagedError && tail !== undefined && (error.lsn ?? 0) > tail.provenLsn;
}

async function retireAll(segments: readonly Segment[]): Promise<void> {
  for (const segment of segments) await segment.retire();
}

async function makeDirectory({ env, settings }: Context): Promise<void> {
  const { directory } = settings;
  try {
    await env.disk.mkdir(directory);
  } catch (error) {
    if (isDiskFull(error)) throw noSpace(`making ${directory}`, error);
    if (!isDiskError(error, "EEXIST")) throw error;
  }
  // Also where it was there: the process may have died between mkdir and this.
  await syncDirectory(env, directory.slice(0, Math.max(0, directory.lastIndexOf("/"))));
}

function refuseDamage({ env, settings }: Context, survey: Survey): void {
  const damage = survey.problems[0];
  if (damage === undefined) return;
  reached(env, "wal/damage-refused");
  const { segment, offset, lsn } = damage;
  observe(env, { kind: "wal/damage", directory: settings.directory, segment, offset, lsn });
  throw damage;
}

/** Segments that it opens are added to `opened`. */
async function repair(context: Context, survey: Survey, opened: Segment[]): Promise<Recovered> {
  const { env, settings } = context;
  // The names that were found may not be durable yet; what they supersede must not go before they are.
  await syncDirectory(env, settings.directory);
  await removeForGood(env, settings.directory, survey.temporaryPaths);
  if (survey.temporaryPaths.length > 0) reached(env, "wal/recovery-swept-tmp");
  await removeSegments(context, survey.superseded);
  if (survey.superseded.length > 0) reached(env, "wal/recovery-removed-void-segment");
  const recovery = {
    cutBytes: survey.tail?.tornBytes ?? 0,
    rewrittenRecords: 0,
    sweptFiles: survey.temporaryPaths.length,
    removedSegments: survey.superseded.length,
  };
  const tail = survey.tail;
  if (tail === undefined) return { log: new Log(context, [await createFirst(context)]), recovery };
  // Only a segment that holds nothing but what it was made with may be written to.
  const isProven = tail.provenLsn >= tail.segment.lastLsn;
  if (isProven && tail.tornBytes === 0) return { log: new Log(context, survey.live), recovery };
  const start = await rewriteFrom(context, tail);
  const rewritten = await rewrite(context, tail, start);
  opened.push(rewritten);
  const kept = survey.live.filter((segment) => segment.firstLsn < start.lsn);
  await removeSegments(context, survey.live.slice(kept.length));
  kept.at(-1)?.clip(start.lsn - 1);
  const rewrittenRecords = rewritten.lastLsn - rewritten.firstLsn + 1;
  return { log: new Log(context, [...kept, rewritten]), recovery: { ...recovery, rewrittenRecords } };
}

async function createFirst(context: Context): Promise<Segment> {
  const reserveBytes = context.settings.segmentBytes;
  return createSegment(context, { number: 1, kind: "continue", firstLsn: 1, durableLsn: 0, reserveBytes });
}

/** The first batch that is to be written again: the first that holds a record that nothing proves durable. */
async function rewriteFrom({ env, settings }: Context, { segment, provenLsn }: Tail): Promise<Position> {
  const isShort = segment.endOffset <= Math.floor(settings.segmentBytes / SHORT_PART);
  if (isShort) {
    reached(env, "wal/rewrite-of-whole-segment");
    return { offset: SEGMENT_HEADER_BYTES, lsn: segment.firstLsn };
  }
  if (provenLsn >= segment.lastLsn) return { offset: segment.endOffset, lsn: segment.lastLsn + 1 };
  const { batch } = await segment.find(provenLsn + 1, settings.readChunkBytes);
  return { offset: batch.offset, lsn: batch.firstLsn };
}

/** Copies the accepted batches from `start` on to a new segment, which ends the log there and supersedes the rest. */
async function rewrite(context: Context, tail: Tail, start: Position): Promise<Segment> {
  const { env, settings } = context;
  const old = tail.segment;
  const copied: { offset: number; sizeBytes: number; lastLsn: Lsn }[] = [];
  const plan = {
    number: old.header.number + 1,
    kind: "truncate" as const,
    firstLsn: start.lsn,
    durableLsn: old.lastLsn,
    reserveBytes: settings.segmentBytes,
  };
  const segment = await createSegment(context, plan, async (file, identity) => {
    let offset = SEGMENT_HEADER_BYTES;
    const range = { from: start, endOffset: old.endOffset, untilLsn: old.lastLsn };
    const end = await walkBatches(old, range, settings.readChunkBytes, (batch, bytes) => {
      stampBatch(bytes, batch.at, batch.sizeBytes, { identity, offset, durableLsn: plan.firstLsn - 1 });
      writeAll(env, file, offset, bytes.subarray(batch.at, batch.at + batch.sizeBytes));
      copied.push({ offset, sizeBytes: batch.sizeBytes, lastLsn: batch.lastLsn });
      offset += batch.sizeBytes;
    });
    // The first walk found them valid: a device that gives other bytes now is not to be copied from.
    if (end.at.lsn !== old.lastLsn + 1) throw old.damageAt(end.at, end.bad ?? "the end of the segment");
    return offset;
  });
  for (const { offset, sizeBytes, lastLsn } of copied) segment.extend(offset, sizeBytes, lastLsn);
  assert(segment.lastLsn === old.lastLsn, "the new segment ends with the last accepted record");
  if (copied.length > 0) reached(env, "wal/rewrite-on-recovery");
  if (tail.tornBytes > 0) reached(env, "wal/torn-tail-cut");
  if (tail.hasValidBehind) reached(env, "wal/hole-with-valid-behind");
  return segment;
}

async function removeSegments({ env, settings }: Context, segments: readonly Segment[]): Promise<void> {
  await retireAll(segments);
  const paths = segments.map((segment) => segment.path);
  await removeForGood(env, settings.directory, paths);
}
