/** What a leader answers to those who read its log: consumers, and its followers. */
import type { EndedTransaction } from "../log/types.js";
import { reached } from "../observe.js";
import type {
  FetchPartition,
  FetchRequest,
  Isolation,
  ListOffsetsRequest,
  ReplicaId,
} from "../protocol/types.js";
import { batchesOf } from "../record/index.js";
import type { EpochEnd, LeaderEpoch, Offset } from "../types.js";
import { judgeEpoch, judgeFetch } from "./fetch-rules.js";
import type { Partition } from "./partition.js";

type OffsetQuery = ListOffsetsRequest["partitions"][number];

/** How a fetch goes on that was let in. */
export type Admission =
  | { readonly kind: "reads"; readonly epoch: LeaderEpoch }
  | { readonly kind: "diverging"; readonly end: EpochEnd };

export interface Readable {
  readonly batches: Uint8Array;
  readonly highWatermark: Offset;
  readonly lastStableOffset: Offset;
  readonly logStartOffset: Offset;
  readonly aborted: readonly EndedTransaction[];
  /** Whether the follower is to hear at once, though there are no batches. */
  readonly isNews: boolean;
}

const NOTHING: Uint8Array = new Uint8Array(0);

/** Lets a fetch in, and notes how far the follower has come. Throws what is wrong with it. */
export function admitFetch(
  of: Partition,
  request: FetchPartition,
  replica: ReplicaId | undefined,
): Admission {
  const leadership = of.requireLeadership();
  const fetcher = replica === undefined ? "reader" : "replica";
  const verdict = judgeFetch(request, leadership.epoch, of.log, fetcher);
  if (verdict.kind === "refused") {
    if (verdict.code === "FENCED_LEADER_EPOCH") reached(of.host.env, "broker/fenced-fetch");
    throw of.refusal(verdict.code, verdict.found);
  }
  if (verdict.kind === "diverging") return verdict;
  if (replica !== undefined) of.followerFetched(replica, request);
  return { kind: "reads", epoch: leadership.epoch };
}

/** What there is for a fetch that was let in, now. Throws NOT_LEADER_OR_FOLLOWER where the leadership is over. */
export async function readFor(
  of: Partition,
  request: FetchPartition,
  { replica, isolation }: Pick<FetchRequest, "replica" | "isolation">,
  epoch: LeaderEpoch,
  maxBytes: number,
): Promise<Readable> {
  of.requireEpoch(epoch);
  const isCommittedOnly = replica === undefined && isolation === "read_committed";
  const end = isCommittedOnly ? of.lastStableOffset : endFor(of, replica);
  // Before the batches, see `PartitionLog.abortedBetween`.
  const aborted = isCommittedOnly ? of.log.abortedBetween(request.fetchOffset, end) : [];
  let batches = NOTHING;
  if (request.fetchOffset < end && maxBytes > 0) {
    batches = await of.replica.awaiting(of.log.read(request.fetchOffset, maxBytes, end));
    // Meanwhile the log may have become a follower's, and lost what was read.
    of.requireEpoch(epoch);
  }
  const { highWatermark, lastStableOffset } = of;
  const { logStartOffset } = of.log;
  const follower = replica === undefined ? undefined : of.leadership?.followers.get(replica.broker);
  const isNews = follower !== undefined && follower.toldHighWatermark < highWatermark;
  const left = within(aborted, batches);
  return { batches, highWatermark, lastStableOffset, logStartOffset, aborted: left, isNews };
}

/** Those that began below the end of the batches: a reader that is far behind gets few of either. */
function within(aborted: readonly EndedTransaction[], batches: Uint8Array): readonly EndedTransaction[] {
  if (aborted.length === 0) return aborted;
  let endOffset = 0;
  for (const { header } of batchesOf(batches)) endOffset = header.lastOffset + 1;
  return aborted.filter(({ firstOffset }) => firstOffset < endOffset);
}

/** Consumers see what is committed only; it is followers who make it so. */
function endFor(of: Partition, replica: ReplicaId | undefined): Offset {
  return replica === undefined ? of.highWatermark : of.log.logEndOffset;
}

/**
 * Whether this leader knows what is committed from `offset` on. Before its high watermark has come to where its epoch
 * began, its predecessor may have committed more than it knows of (KIP-207).
 */
export function knowsEnd(of: Partition, offset: Offset): boolean {
  const { leadership } = of;
  return leadership === undefined || offset < of.highWatermark || of.highWatermark >= leadership.startOffset;
}

/**
 * Throws KIP-320's refusals, and OFFSET_NOT_AVAILABLE. Where every record is older, gives the end of what the reader sees:
 * the high watermark, or the last stable offset.
 */
export async function listOffset(
  of: Partition,
  { currentLeaderEpoch, at }: OffsetQuery,
  isolation: Isolation,
): Promise<{ readonly offset: Offset; readonly leaderEpoch: LeaderEpoch }> {
  const { epoch: leaderEpoch } = of.requireLeadership();
  const refusal = judgeEpoch(currentLeaderEpoch, leaderEpoch);
  if (refusal !== undefined) throw of.refusal(refusal.code, refusal.found);
  if (at === "earliest") return { offset: of.log.logStartOffset, leaderEpoch };
  if (at !== "latest") {
    const found = await of.replica.awaiting(of.log.offsetForTime(at, endOf(of, isolation)));
    of.requireEpoch(leaderEpoch);
    if (found !== undefined) return { offset: found.offset, leaderEpoch };
  }
  if (!knowsEnd(of, of.highWatermark)) {
    reached(of.host.env, "broker/offset-not-available");
    throw of.refusal(
      "OFFSET_NOT_AVAILABLE",
      "a leader that does not know yet what its predecessor committed",
    );
  }
  return { offset: endOf(of, isolation), leaderEpoch };
}

function endOf(of: Partition, isolation: Isolation): Offset {
  return isolation === "read_committed" ? of.lastStableOffset : of.highWatermark;
}
