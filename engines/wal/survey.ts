/** Looks at all files of a log and judges them, without changing anything. Recovery acts on it, `verify` reports it. */

import { readFully } from "../bytes/index.js";
import { assert, isDiskError } from "../env/index.js";
import { searchBatches, walkBatches, type Remains } from "./batch-reader.js";
import { WalDamagedError } from "./errors.js";
import { classifyName, segmentName, type Context } from "./files.js";
import { SEGMENT_HEADER_BYTES, decodeSegmentHeader, type Lsn } from "./format.js";
import { Segment } from "./segment.js";
import type { Position } from "./sparse-index.js";

export interface Survey {
  /** The segments that hold records that count, in order; each ends where its records stop to count. */
  readonly live: readonly Segment[];
  /** Those that later ones supersede as a whole, in order. */
  readonly superseded: readonly Segment[];
  readonly temporaryPaths: readonly string[];
  readonly foreignPaths: readonly string[];
  /** All damage that was found. */
  readonly problems: readonly WalDamagedError[];
  /** What is known of the last segment that counts. Undefined where there is none. */
  readonly tail: Tail | undefined;
}

export interface Tail {
  readonly segment: Segment;
  /** Every record up to this one is durable, by what the log itself says. */
  readonly provenLsn: Lsn;
  /** Bytes behind the last accepted batch that are no log; 0 where there is nothing, or zeros only. */
  readonly tornBytes: number;
  /** Valid batches stand among them. */
  readonly hasValidBehind: boolean;
}

/** The caller closes the segments. Throws what `Disk.list` and `Disk.open` throw. */
export async function surveyLog(context: Context): Promise<Survey> {
  const { env, settings } = context;
  const problems: WalDamagedError[] = [];
  const temporaryPaths: string[] = [];
  const foreignPaths: string[] = [];
  const numbers: number[] = [];
  for (const name of await env.disk.list(settings.directory)) {
    const kind = classifyName(name);
    if (kind === "temporary") temporaryPaths.push(`${settings.directory}/${name}`);
    else if (kind === "foreign") foreignPaths.push(`${settings.directory}/${name}`);
    else numbers.push(kind);
  }
  // Nine digits sort before eight.
  numbers.sort((a, b) => a - b);
  const segments: Segment[] = [];
  try {
    for (const number of numbers) {
      const segment = await openSegment(context, number);
      if (segment instanceof WalDamagedError) problems.push(segment);
      else segments.push(segment);
    }
    const { live, superseded } = planLive(segments);
    let tail: Tail | undefined;
    for (const [at, segment] of live.entries()) {
      const next = live[at + 1];
      const judged = await judgeSegment(context, segment, next === undefined ? undefined : next.firstLsn - 1);
      problems.push(...judged.problems);
      if (next === undefined) tail = judged.tail;
    }
    return { live, superseded, temporaryPaths, foreignPaths, problems, tail };
  } catch (error) {
    for (const segment of segments) await segment.retire();
    throw error;
  }
}

/** A file with a segment's name had a durable header when it got the name: a bad one is damage. */
async function openSegment({ env, settings }: Context, number: number): Promise<Segment | WalDamagedError> {
  const path = `${settings.directory}/${segmentName(number)}`;
  const file = await env.disk.open(path, "existing");
  let found: string;
  let cause: unknown;
  try {
    const header = decodeSegmentHeader(await readFully(file, 0, SEGMENT_HEADER_BYTES));
    if (!("bad" in header) && header.number === number) {
      return new Segment(file, path, header, settings.indexEveryBytes);
    }
    found = "bad" in header ? header.bad : `the header of segment ${header.number}`;
  } catch (error) {
    if (!isDiskError(error)) throw error;
    [found, cause] = ["a header that can't be read", error];
  }
  await file.close();
  return new WalDamagedError({ segment: path, offset: 0, lsn: undefined }, found, cause);
}

/**
 * Which segments hold records that count. A record counts unless a later segment begins at or below its LSN,
 * or is of the kind `restart`.
 */
function planLive(segments: readonly Segment[]): { live: Segment[]; superseded: Segment[] } {
  const live: Segment[] = [];
  const superseded: Segment[] = [];
  let isRestarted = false;
  for (const segment of segments.toReversed()) {
    const later = live[0];
    const isSuperseded = isRestarted || (later !== undefined && segment.firstLsn >= later.firstLsn);
    (isSuperseded ? superseded : live).unshift(segment);
    if (segment.header.kind === "restart") isRestarted = true;
  }
  return { live, superseded };
}

/**
 * Walks a segment's batches. Its records up to `lastLsn` must be there, since the next segment begins behind
 * it and so proves them; in the last segment (`lastLsn` undefined), those that any valid batch of it proves.
 */
async function judgeSegment(
  { env, settings }: Context,
  segment: Segment,
  lastLsn: Lsn | undefined,
): Promise<{ readonly problems: readonly WalDamagedError[]; readonly tail: Tail }> {
  const chunkBytes = env.buggify("wal/tiny-read-chunk") ? SEGMENT_HEADER_BYTES : settings.readChunkBytes;
  let provenLsn = segment.header.durableLsn;
  try {
    const sizeBytes = segment.file.size();
    const from = { offset: SEGMENT_HEADER_BYTES, lsn: segment.firstLsn };
    const range = { from, endOffset: sizeBytes, untilLsn: lastLsn ?? Number.MAX_SAFE_INTEGER };
    const end = await walkBatches(segment, range, chunkBytes, (batch) => {
      segment.extend(batch.offset, batch.sizeBytes, batch.lastLsn);
      provenLsn = Math.max(provenLsn, batch.durableLsn);
    });
    const tail = { segment, provenLsn, tornBytes: 0, hasValidBehind: false };
    if (lastLsn !== undefined && end.at.lsn > lastLsn) {
      segment.clip(lastLsn);
      return { problems: [], tail };
    }
    const remains = await searchBatches(segment, end.at.offset, sizeBytes, chunkBytes);
    for (const batch of remains.batches) provenLsn = Math.max(provenLsn, batch.durableLsn);
    const problems = damageIn(segment, end.at, end.bad, remains, lastLsn ?? provenLsn);
    const tornBytes = remains.isZero ? 0 : sizeBytes - end.at.offset;
    return { problems, tail: { segment, provenLsn, tornBytes, hasValidBehind: remains.batches.length > 0 } };
  } catch (error) {
    if (!isDiskError(error)) throw error;
    const place = { offset: segment.endOffset, lsn: segment.lastLsn + 1 };
    const problem = segment.damageAt(place, "a place that can't be read", error);
    return { problems: [problem], tail: { segment, provenLsn, tornBytes: 0, hasValidBehind: false } };
  }
}

/** Every hole at or below `provenLsn`, the first of which is at `hole`. What is missing above it is no damage. */
function damageIn(
  segment: Segment,
  hole: Position,
  bad: string | undefined,
  remains: Remains,
  provenLsn: Lsn,
): WalDamagedError[] {
  const problems: WalDamagedError[] = [];
  let at = hole;
  let found = bad ?? "the end of the file";
  for (const batch of remains.batches) {
    if (at.lsn > provenLsn) return problems;
    const isNext = batch.offset === at.offset && batch.firstLsn === at.lsn;
    if (!isNext) problems.push(segment.damageAt(at, found));
    at = { offset: batch.offset + batch.sizeBytes, lsn: batch.lastLsn + 1 };
    found = "no valid batch";
  }
  if (at.lsn <= provenLsn) problems.push(segment.damageAt(at, found));
  assert(problems.length > 0 || hole.lsn > provenLsn, "a proven record that is missing is a problem");
  return problems;
}
