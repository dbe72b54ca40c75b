import { recordsOf } from "../record/index.js";
import type { Offset } from "../types.js";
import type { LogCore } from "./core.js";
import { damaged, outOfRange } from "./errors.js";
import type { PlacedBatch, Segment } from "./segment.js";
import type { TimestampedOffset } from "./types.js";

/** See `PartitionLog.read`. */
export function read(
  core: LogCore,
  offset: Offset,
  maxBytes: number,
  endOffset: Offset,
): Promise<Uint8Array> {
  return untilStill(core, async () => {
    const end = Math.min(endOffset, core.logEndOffset);
    const { logStartOffset } = core.state;
    if (!(offset >= logStartOffset && offset <= end))
      throw outOfRange(offset, logStartOffset, end, core.name);
    if (offset === end) return new Uint8Array(0);
    for (const segment of core.segments) {
      if (segment.endOffset <= offset) continue;
      const parts = await readSegment(core, segment, offset, maxBytes, end);
      // Compaction may have left nothing there: then what comes next is in a later segment.
      if (parts.length > 0) return joined(parts);
    }
    return new Uint8Array(0);
  });
}

/** See `PartitionLog.offsetForTime`. */
export function offsetForTime(
  core: LogCore,
  timestampMs: number,
  endOffset: Offset,
): Promise<TimestampedOffset | undefined> {
  return untilStill(core, async () => {
    for (const segment of core.segments) {
      if (segment.index.maxTimestampMs < timestampMs) continue;
      if (segment.baseOffset >= endOffset) break;
      const found = await findInSegment(core, segment, timestampMs, endOffset);
      if (found !== undefined) return found;
    }
    return undefined;
  });
}

/** Reads again what was cut or replaced meanwhile: what came back may be a bit of both. */
async function untilStill<T>(core: LogCore, attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    core.check();
    // While a log is cut, its segments are not what memory says of them.
    if (core.cutsUnderWay > 0) {
      await core.housekeeping.run(() => Promise.resolve());
      continue;
    }
    const { generation } = core;
    try {
      const result = await attempt();
      if (generation === core.generation) return result;
    } catch (error) {
      // oxlint-disable-next-line typescript/only-throw-error -- judged, or passed on as it is
      if (generation === core.generation) throw core.judge(error);
    }
  }
}

async function readSegment(
  core: LogCore,
  segment: Segment,
  offset: Offset,
  maxBytes: number,
  end: Offset,
): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  let left = maxBytes;
  await segment.walk(segment.index.floor(offset), (batch) => {
    checkEpoch(core, batch);
    const { lastOffset, sizeBytes } = batch.header;
    if (lastOffset < offset) return true;
    if (lastOffset >= end || (parts.length > 0 && sizeBytes > left)) return false;
    parts.push(batch.bytes);
    left -= sizeBytes;
    return left > 0;
  });
  return parts;
}

/** The checksum leaves the epoch out: the cache knows it too. */
function checkEpoch(core: LogCore, { header, position }: PlacedBatch): void {
  const epoch = core.epochs.epochAt(Math.max(header.baseOffset, core.state.logStartOffset));
  if (header.lastOffset < core.state.logStartOffset || header.leaderEpoch === epoch) return;
  const found = `a batch of epoch ${header.leaderEpoch} in epoch ${epoch}`;
  throw damaged(found, `offset ${header.baseOffset}, byte ${position}, of ${core.name}`);
}

async function findInSegment(
  core: LogCore,
  segment: Segment,
  timestampMs: number,
  endOffset: Offset,
): Promise<TimestampedOffset | undefined> {
  let found: TimestampedOffset | undefined;
  await segment.walk(segment.index.before(timestampMs), (batch) => {
    if (batch.header.baseOffset >= endOffset) return false;
    if (batch.header.isControl || batch.header.maxTimestampMs < timestampMs) return true;
    found = recordsOf(batch.bytes, 0).find(
      (record) =>
        record.timestampMs >= timestampMs &&
        record.offset >= core.state.logStartOffset &&
        record.offset < endOffset,
    );
    return found === undefined;
  });
  return found === undefined ? undefined : { offset: found.offset, timestampMs: found.timestampMs };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  let sizeBytes = 0;
  for (const part of parts) sizeBytes += part.length;
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
