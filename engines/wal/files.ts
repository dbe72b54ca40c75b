/** The log's files: their names, how one comes into being, how one goes. */

import { writeFully } from "../bytes/index.js";
import { isDiskError, isDiskFull, type Env, type File } from "../env/index.js";
import { noSpace, syncFailed } from "./errors.js";
import type { WalEvent, WalMark } from "./events.js";
import {
  SEGMENT_HEADER_BYTES,
  encodeSegmentHeader,
  newIdentity,
  type Identity,
  type Lsn,
  type SegmentKind,
} from "./format.js";
import type { Settings } from "./options.js";
import { Segment } from "./segment.js";

const NAME_DIGITS = 8;
const SUFFIX = ".wal";
const TEMPORARY_SUFFIX = ".wal.tmp";
const ZEROS_BYTES = 256 * 1024;

/** What the parts of one log share. */
export interface Context {
  readonly env: Env;
  readonly settings: Settings;
}

export function observe(env: Env, event: WalEvent): void {
  env.observe(event);
}

export function reached(env: Env, mark: WalMark): void {
  env.reached(mark);
}

export function segmentName(number: number): string {
  return String(number).padStart(NAME_DIGITS, "0") + SUFFIX;
}

/** What a name in the log's directory stands for. */
export function classifyName(name: string): number | "temporary" | "foreign" {
  if (name.endsWith(TEMPORARY_SUFFIX)) return "temporary";
  const number = name.endsWith(SUFFIX) ? Number(name.slice(0, -SUFFIX.length)) : NaN;
  return Number.isSafeInteger(number) && segmentName(number) === name ? number : "foreign";
}

/** Writes all of `bytes`, however little the file takes at once. */
export function writeAll(env: Env, file: File, offset: number, bytes: Uint8Array): void {
  writeFully(file, offset, bytes, () => reached(env, "wal/short-write-continued"));
}

export interface NewSegment {
  readonly number: number;
  readonly kind: SegmentKind;
  readonly firstLsn: Lsn;
  readonly durableLsn: Lsn;
  /** How long the file will at least become. */
  readonly reserveBytes: number;
}

/** Writes the first batches of a new segment and returns where they end. */
export type Fill = (file: File, identity: Identity) => Promise<number>;

const fillNothing: Fill = () => Promise.resolve(SEGMENT_HEADER_BYTES);

/**
 * Makes a segment, with what `fill` writes to it. It gets its name only once all its bytes are durable: a file
 * with a segment's name was never half made. All records below it that count must be durable before.
 *
 * Throws WAL_NO_SPACE, and then nothing has changed; other errors leave it open whether the segment exists.
 */
export async function createSegment(
  { env, settings }: Context,
  plan: NewSegment,
  fill: Fill = fillNothing,
): Promise<Segment> {
  const path = `${settings.directory}/${segmentName(plan.number)}`;
  const temporaryPath = `${path}.tmp`;
  const header = { ...plan, identity: newIdentity(env.random) };
  let file: File | undefined;
  try {
    file = await env.disk.open(temporaryPath, "create");
    file.truncate(0);
    writeAll(env, file, 0, encodeSegmentHeader(header));
    const endOffset = await fill(file, header.identity);
    if (settings.preallocate) writeZeros(env, file, endOffset, plan.reserveBytes);
    await syncFile(file);
    await env.disk.rename(temporaryPath, path);
  } catch (error) {
    await discard(env, file, temporaryPath);
    throw isDiskFull(error) ? noSpace(`a new segment ${path}`, error) : error;
  }
  try {
    return await publish({ env, settings }, plan, new Segment(file, path, header, settings.indexEveryBytes));
  } catch (error) {
    await closeQuietly(file);
    throw error;
  }
}

/** Makes the new segment's name durable, and tells of it. */
async function publish({ env, settings }: Context, plan: NewSegment, segment: Segment): Promise<Segment> {
  await syncDirectory(env, settings.directory);
  const { number, kind, firstLsn } = plan;
  observe(env, {
    kind: "wal/segment-created",
    directory: settings.directory,
    number,
    segment: kind,
    firstLsn,
  });
  return segment;
}

/**
 * Removes files of the log, in the order given, each for good before the next. A power loss may keep any of
 * several removals, and a segment must not outlive the one that supersedes it: so oldest first.
 */
export async function removeForGood(env: Env, directory: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await env.disk.remove(path);
    await syncDirectory(env, directory);
  }
}

/** Throws WAL_SYNC_FAILED. */
export async function syncDirectory(env: Env, directory: string): Promise<void> {
  try {
    await env.disk.syncDir(directory);
  } catch (error) {
    if (!isDiskError(error)) throw error;
    throw syncFailed(`directory ${directory}`, error, "unknown");
  }
}

/** A full disk may show only at the sync; the temporary file is given up then as it is at a write. */
async function syncFile(file: File): Promise<void> {
  try {
    await file.sync();
  } catch (error) {
    if (!isDiskError(error) || isDiskFull(error)) throw error;
    throw syncFailed(file.path, error, "unknown");
  }
}

function writeZeros(env: Env, file: File, from: number, to: number): void {
  const zeros = new Uint8Array(Math.max(0, Math.min(ZEROS_BYTES, to - from)));
  for (let offset = from; offset < to; offset += zeros.length) {
    writeAll(env, file, offset, offset + zeros.length > to ? zeros.subarray(0, to - offset) : zeros);
  }
}

/** On the way out with another error, which says more. */
async function closeQuietly(file: File): Promise<void> {
  try {
    await file.close();
  } catch (error) {
    if (!isDiskError(error)) throw error;
  }
}

/** Gives up a temporary file. What can't be removed now is removed when the log is opened again. */
async function discard(env: Env, file: File | undefined, path: string): Promise<void> {
  try {
    await file?.close();
    await env.disk.remove(path);
  } catch (error) {
    if (!isDiskError(error)) throw error;
  }
}
