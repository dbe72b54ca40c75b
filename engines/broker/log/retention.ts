import type { Offset } from "../types.js";
import type { LogCore } from "./core.js";
import { advanceLogStart } from "./cut.js";
import type { Segment } from "./segment.js";

/** See `PartitionLog.applyRetention`. */
export async function applyRetention(core: LogCore, stableOffset: Offset, nowMs: number): Promise<number> {
  core.producers.expire(nowMs - core.options.producerExpiryMs);
  if (core.options.cleanup === "compact") return 0;
  let bytesToGo = core.options.retentionBytes < 0 ? 0 : sizeOf(core.segments) - core.options.retentionBytes;
  let gone = 0;
  // Never the active one, so never all.
  for (const [at, segment] of core.segments.slice(0, -1).entries()) {
    // Never past the high watermark (KAFKA-5634): a replica may still need it, and nobody else may have it. Nor into an
    // open transaction: what is left of it could not be told from a whole one.
    if (core.segments[at + 1]!.baseOffset > stableOffset) break;
    const isTooMuch = bytesToGo >= segment.sizeBytes && core.options.retentionBytes >= 0;
    if (!isTooMuch && !isTooOld(core, segment, nowMs)) break;
    bytesToGo -= segment.sizeBytes;
    gone++;
  }
  if (gone > 0) await advanceLogStart(core, core.segments[gone]!.baseOffset);
  return gone;
}

export function sizeOf(segments: readonly Segment[]): number {
  let sizeBytes = 0;
  for (const segment of segments) sizeBytes += segment.sizeBytes;
  return sizeBytes;
}

function isTooOld(core: LogCore, segment: Segment, nowMs: number): boolean {
  const { retentionMs } = core.options;
  return retentionMs >= 0 && nowMs - segment.index.maxTimestampMs > retentionMs;
}
