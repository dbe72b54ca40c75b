import { writeFully } from "../../bytes/index.js";
import { assert } from "../../env/index.js";
import { BrokerError } from "../errors.js";
import {
  batchProblem,
  batchSeen,
  claimedSizeBytes,
  encodeMarker,
  markerOf,
  readBatchHeader,
  recordsOf,
  stampBatch,
  type BatchHeader,
  type TransactionMarker,
} from "../record/index.js";
import type { LeaderEpoch } from "../types.js";
import type { LogCore } from "./core.js";
import type { Roller } from "./roller.js";
import { RELATIVE_OFFSET_MAX } from "./segment.js";
import type { Appended } from "./types.js";

/** See `PartitionLog.appendAsLeader`. */
export function appendAsLeader(
  core: LogCore,
  roller: Roller,
  given: Uint8Array,
  epoch: LeaderEpoch,
): Appended {
  beforeAppend(core);
  assert(epoch >= core.epochs.lastEpoch, "a leader of an epoch that is over does not append");
  const sent = readBatchHeader(given, 0);
  assert(sent.sizeBytes === given.length, "a producer's batch was checked");
  if (given.length > core.options.segmentBytes) throw tooLarge(core, given.length);
  if (isCompacted(core) && recordsOf(given, 0).some(({ key }) => key === null)) throw keyless(core);
  const duplicate = core.producers.admit(sent);
  if (duplicate !== undefined) {
    core.env.reached("broker/duplicate-answered");
    return { firstOffset: duplicate.firstOffset, lastOffset: duplicate.lastOffset, isDuplicate: true };
  }
  // A copy: the bytes belong to the message they came with.
  return appendOwn(core, roller, given.slice(), epoch);
}

/** See `PartitionLog.appendMarker`. */
export function appendMarker(
  core: LogCore,
  roller: Roller,
  marker: TransactionMarker,
  timestampMs: number,
  epoch: LeaderEpoch,
): Appended {
  beforeAppend(core);
  assert(epoch >= core.epochs.lastEpoch, "a leader of an epoch that is over ends no transactions");
  const known = core.producers.admitMarker(marker);
  if (known !== undefined) return { firstOffset: known, lastOffset: known, isDuplicate: true };
  return appendOwn(core, roller, encodeMarker(marker, timestampMs), epoch);
}

/** Gives the batch its place, at the end, and puts it there. */
function appendOwn(core: LogCore, roller: Roller, bytes: Uint8Array, epoch: LeaderEpoch): Appended {
  stampBatch(bytes, 0, core.logEndOffset, epoch);
  const header = readBatchHeader(bytes, 0);
  roller.rollFor(header, bytes.length);
  write(core, bytes, header);
  observeAppended(core, true, [header]);
  return { firstOffset: header.baseOffset, lastOffset: header.lastOffset, isDuplicate: false };
}

/** See `PartitionLog.appendAsFollower`. */
export function appendAsFollower(core: LogCore, roller: Roller, batches: Uint8Array): void {
  beforeAppend(core);
  const headers = checkFetched(core, batches);
  if (headers.length === 0) return;
  let at = 0;
  for (const header of headers) {
    roller.rollFor(header, header.sizeBytes);
    write(core, batches.subarray(at, at + header.sizeBytes), header);
    at += header.sizeBytes;
  }
  observeAppended(core, false, headers);
}

function beforeAppend(core: LogCore): void {
  core.check();
  assert(core.cutsUnderWay === 0, "nothing is appended while the log is being cut");
}

/** The batches a leader sent that are there whole. Throws CORRUPT_MESSAGE before any of them is in the log. */
function checkFetched(core: LogCore, bytes: Uint8Array): BatchHeader[] {
  const headers: BatchHeader[] = [];
  let expected = core.logEndOffset;
  let epoch = core.active.index.lastEpoch;
  for (let at = 0; ;) {
    const sizeBytes = claimedSizeBytes(bytes, at);
    if (sizeBytes === undefined || sizeBytes > bytes.length - at) return headers;
    const problem = batchProblem(bytes, at, bytes.length);
    if (problem !== undefined) throw misfit(core, "whole batches", problem);
    const header = readBatchHeader(bytes, at);
    // Compaction leaves gaps in the leader's log.
    const follows = isCompacted(core) ? header.baseOffset >= expected : header.baseOffset === expected;
    if (!follows) throw misfit(core, `a batch at offset ${expected}`, `one at ${header.baseOffset}`);
    if (header.leaderEpoch < Math.max(0, epoch)) {
      throw misfit(core, `an epoch from ${epoch} on`, `${header.leaderEpoch}`);
    }
    if (header.lastOffset - expected > RELATIVE_OFFSET_MAX)
      throw misfit(core, "an offset near by", "a far one");
    if (header.isControl) markerOf(bytes, at);
    headers.push(header);
    expected = header.lastOffset + 1;
    epoch = header.leaderEpoch;
    at += sizeBytes;
  }
}

/**
 * Only once all bytes are in does anything else change, in memory and in ways that can't fail; the log's end last of all
 * (KAFKA-7866: a marker that was in the file but could not be noted had its offset given to the next batch).
 */
function write(core: LogCore, bytes: Uint8Array, header: BatchHeader): void {
  const { active } = core;
  const marker = header.isControl ? markerOf(bytes, 0) : undefined;
  try {
    writeFully(active.file, active.sizeBytes, bytes, () => core.env.reached("broker/short-write-continued"));
  } catch (error) {
    // A part of it may be in, and may become durable: only recovery can tell. So a full disk ends the log as well.
    // oxlint-disable-next-line typescript/only-throw-error -- judged, or passed on as it is
    throw core.judge(error);
  }
  assert(header.baseOffset >= core.logEndOffset, "offsets only grow");
  core.epochs.assign(header.leaderEpoch, core.logEndOffset);
  core.producers.note(header, marker);
  active.index.note(header);
}

function observeAppended(core: LogCore, asLeader: boolean, headers: readonly BatchHeader[]): void {
  core.observe({
    kind: "broker/appended",
    partition: core.name,
    asLeader,
    batches: headers.map(batchSeen),
    logEndOffset: core.logEndOffset,
  });
}

export function isCompacted(core: LogCore): boolean {
  return core.options.cleanup !== "delete";
}

function tooLarge(core: LogCore, found: number): BrokerError {
  const expected = `a batch of at most ${core.options.segmentBytes} bytes`;
  const todo = "send fewer or smaller records at once";
  return new BrokerError("MESSAGE_TOO_LARGE", { expected, found: `${found}`, where: core.name, todo });
}

function keyless(core: LogCore): BrokerError {
  const parts = {
    expected: "keys",
    found: "a record without one",
    where: `${core.name}, which is compacted`,
  };
  return new BrokerError("CORRUPT_MESSAGE", { ...parts, todo: "give every record a key" });
}

function misfit(core: LogCore, expected: string, found: string): BrokerError {
  const todo = "fetch again, at the log's end";
  return new BrokerError("CORRUPT_MESSAGE", { expected, found, where: core.name, todo });
}
