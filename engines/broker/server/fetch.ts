import { BrokerError } from "../errors.js";
import type { FetchPartition, FetchRequest, FetchResponse, FetchResult } from "../protocol/types.js";
import { admitFetch, knowsEnd, readFor, type Admission, type Partition } from "../replica/index.js";
import { refused, type Desk } from "./desk.js";

/** One partition of a fetch: let in, or answered already. */
type Part =
  | {
      readonly kind: "open";
      readonly of: Partition;
      readonly request: FetchPartition;
      readonly epoch: number;
    }
  | { readonly kind: "done"; readonly result: FetchResult };

interface Round {
  readonly results: readonly FetchResult[];
  readonly sizeBytes: number;
  /** Something that must not wait, though it is not batches. */
  readonly isUrgent: boolean;
}

const NOTHING: Uint8Array = new Uint8Array(0);

/** Answers a follower or a consumer, at once where there is enough to send, else when there is, or time is over. */
export async function serveFetch(desk: Desk, request: FetchRequest): Promise<FetchResponse> {
  const parts = request.partitions.map((each) => admit(desk, request, each));
  const deadlineUs = desk.env.clock.nowUs() + Math.min(request.maxWaitUs, desk.settings.fetchMaxWaitUs);
  let isStale = false;
  let wake: () => void = () => undefined;
  const ends = parts.flatMap((part) => {
    if (part.kind === "done") return [];
    return part.of.watch(() => {
      isStale = true;
      wake();
    });
  });
  try {
    for (;;) {
      isStale = false;
      const round = await readAll(desk, request, parts);
      const leftUs = deadlineUs - desk.env.clock.nowUs();
      const isEnough = round.sizeBytes >= request.minBytes || round.isUrgent;
      if (isEnough || leftUs <= 0 || desk.lifeline.isCut) return answer(desk, request, parts, round);
      if (!isStale) await desk.lifeline.pause(leftUs, (waker) => (wake = waker));
    }
  } finally {
    for (const end of ends) end();
  }
}

function admit(desk: Desk, { replica }: FetchRequest, request: FetchPartition): Part {
  const { partition } = request;
  try {
    const of = desk.find(partition);
    const admission = admitFetch(of, request, replica);
    if (admission.kind === "reads") return { kind: "open", of, request, epoch: admission.epoch };
    return { kind: "done", result: diverging(of, admission) };
  } catch (error) {
    return { kind: "done", result: refused(desk, partition, error) };
  }
}

/** No high watermark counts for a log that has parted from this one (KAFKA-14704). */
function diverging(of: Partition, { end }: Extract<Admission, { readonly kind: "diverging" }>): FetchResult {
  return {
    partition: of.partition,
    ok: true,
    highWatermark: of.highWatermark,
    lastStableOffset: of.lastStableOffset,
    logStartOffset: of.log.logStartOffset,
    aborted: [],
    diverging: end,
    batches: NOTHING,
  };
}

async function readAll(desk: Desk, request: FetchRequest, parts: readonly Part[]): Promise<Round> {
  const results: FetchResult[] = [];
  let sizeBytes = 0;
  let isUrgent = false;
  for (const part of parts) {
    if (part.kind === "done") {
      results.push(part.result);
      isUrgent = true;
      continue;
    }
    const { of, epoch } = part;
    const leftBytes = Math.min(part.request.maxBytes, request.maxBytes - sizeBytes);
    try {
      const found = await readFor(of, part.request, request, epoch, leftBytes);
      const { highWatermark, lastStableOffset, logStartOffset, aborted, batches } = found;
      sizeBytes += batches.length;
      isUrgent ||= found.isNews;
      // Named one by one, in the order of `diverging`: spreading the rest of an object is slow, and this runs often.
      results.push({
        partition: of.partition,
        ok: true,
        highWatermark,
        lastStableOffset,
        logStartOffset,
        aborted,
        diverging: undefined,
        batches,
      });
    } catch (error) {
      isUrgent = true;
      results.push(refused(desk, of.partition, error));
    }
  }
  return { results, sizeBytes, isUrgent };
}

function answer(
  desk: Desk,
  { replica }: FetchRequest,
  parts: readonly Part[],
  { results }: Round,
): FetchResponse {
  const partitions = results.map((result, at): FetchResult => {
    const part = parts[at]!;
    if (part.kind === "done" || !result.ok) return result;
    const { of, request } = part;
    if (replica !== undefined) {
      const follower = of.leadership?.followers.get(replica.broker);
      if (follower !== undefined) follower.toldHighWatermark = result.highWatermark;
      return result;
    }
    if (result.batches.length > 0 || knowsEnd(of, request.fetchOffset)) return result;
    const unknown = new BrokerError("OFFSET_NOT_AVAILABLE", {
      expected: "a leader that knows what its predecessor committed",
      found: "a new one",
      where: of.name,
      todo: "try again soon",
    });
    return refused(desk, of.partition, unknown);
  });
  return { partitions };
}
