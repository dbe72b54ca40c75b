/** Committing and fetching offsets. Who may is checked before. */
import type { CoordinatorWrite } from "../coordinator/types.js";
import type { OffsetCommitRequest, OffsetFetchRequest, OffsetToCommit } from "../protocol/group-types.js";
import type { NewRecord } from "../record/index.js";
import { NO_EPOCH, partitionName, type TopicPartition } from "../types.js";
import type { GroupMachine } from "./machine.js";
import { offsetRecord } from "./records.js";
import { refusal } from "./refusals.js";
import type { StoredOffset } from "./types.js";

/** All of them or none. Throws INVALID_REQUEST for what is no offset. */
export function commitRecords({ group, offsets }: OffsetCommitRequest, nowMs: number): NewRecord[] {
  return offsets.map((each) => {
    const { offset, leaderEpoch } = each;
    const isSound = Number.isSafeInteger(offset) && offset >= 0 && leaderEpoch >= NO_EPOCH;
    if (!isSound) throw refusal("INVALID_REQUEST", `offset ${offset} of epoch ${leaderEpoch}`, group);
    return offsetRecord(group, each.partition, each, nowMs);
  });
}

export function expiryWrite(
  group: string,
  expired: readonly StoredOffset[],
  nowMs: number,
): CoordinatorWrite<undefined> {
  const records = expired.map(({ partition }) => offsetRecord(group, partition, undefined, nowMs));
  return { records, answer: undefined };
}

/** Throws UNSTABLE_OFFSET_COMMIT where one of them may change with a transaction, and the reader cares (KIP-447). */
export function fetchOffsets({ offsets }: GroupMachine, request: OffsetFetchRequest): OffsetToCommit[] {
  const { group, requiresStable } = request;
  const committed = offsets.of(group);
  const asked = request.partitions ?? [...committed.values()].map(({ partition }) => partition);
  const isUnstable = (partition: TopicPartition): boolean => offsets.isPending(group, partition);
  // Of all: also what is to come first with the transaction.
  const isAllUnstable = request.partitions === undefined && offsets.hasPending(group);
  if (requiresStable && (isAllUnstable || asked.some(isUnstable))) {
    throw refusal("UNSTABLE_OFFSET_COMMIT", "a transaction that has not ended", group);
  }
  return asked.flatMap((partition) => {
    const found = committed.get(partitionName(partition));
    if (found === undefined) return [];
    const { offset, leaderEpoch, metadata } = found;
    return [{ partition, offset, leaderEpoch, metadata }];
  });
}
