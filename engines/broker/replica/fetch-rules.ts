import type { BrokerErrorCode } from "../errors.js";
import type { PartitionLog } from "../log/types.js";
import type { FetchPartition } from "../protocol/types.js";
import { NO_EPOCH, type EpochEnd, type LeaderEpoch } from "../types.js";

export interface Refusal {
  readonly code: BrokerErrorCode;
  readonly found: string;
}

export type FetchVerdict =
  | { readonly kind: "fits" }
  | ({ readonly kind: "refused" } & Refusal)
  | { readonly kind: "diverging"; readonly end: EpochEnd };

/** Whoever knows another epoch than the leader's talks to a leader of before, or is one itself (KIP-320). */
export function judgeEpoch(asked: LeaderEpoch, current: LeaderEpoch): Refusal | undefined {
  if (asked === NO_EPOCH || asked === current) return undefined;
  const code = asked < current ? "FENCED_LEADER_EPOCH" : "UNKNOWN_LEADER_EPOCH";
  return { code, found: `leader epoch ${asked}, not ${current}` };
}

type LogView = Pick<PartitionLog, "logStartOffset" | "logEndOffset" | "endOffsetForEpoch">;

/**
 * Whether a fetch fits the leader's log. The fetcher's log must be one with this one up to where it fetches: its last
 * epoch is known here, and does not end below (KIP-320, KIP-595). An epoch that went with the log's beginning says nothing
 * of what a reader does who stands there: nothing is left that it could lack. What a replica has below may be nobody's, and
 * would count as committed: it begins anew, as one in KRaft does that comes without the epoch of the log start (KIP-630).
 */
export function judgeFetch(
  request: FetchPartition,
  current: LeaderEpoch,
  log: LogView,
  fetcher: "reader" | "replica",
): FetchVerdict {
  const refusal = judgeEpoch(request.currentLeaderEpoch, current);
  if (refusal !== undefined) return { kind: "refused", ...refusal };
  const { fetchOffset, lastFetchedEpoch } = request;
  if (fetchOffset < log.logStartOffset) return outOfRange(fetchOffset, log);
  if (lastFetchedEpoch !== NO_EPOCH) {
    const end = log.endOffsetForEpoch(lastFetchedEpoch);
    if (end.epoch === NO_EPOCH) {
      const fits = fetcher === "reader" && fetchOffset === log.logStartOffset;
      return fits ? { kind: "fits" } : outOfRange(fetchOffset, log);
    }
    const hasParted = end.epoch < lastFetchedEpoch || end.endOffset < fetchOffset;
    if (hasParted) return { kind: "diverging", end };
  }
  if (fetchOffset > log.logEndOffset) return outOfRange(fetchOffset, log);
  return { kind: "fits" };
}

function outOfRange(fetchOffset: number, log: LogView): FetchVerdict {
  const found = `offset ${fetchOffset}, not in ${log.logStartOffset} to ${log.logEndOffset}`;
  return { kind: "refused", code: "OFFSET_OUT_OF_RANGE", found };
}
