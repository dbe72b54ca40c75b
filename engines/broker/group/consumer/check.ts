import type { OffsetCommitRequest } from "../../protocol/group-types.js";
import { partitionName, type TopicPartition } from "../../types.js";
import { refusal } from "../refusals.js";
import { findMember } from "./members.js";
import type { ConsumerGroup, CurrentAssignment, OwnedPartition } from "./types.js";

/**
 * Whether these offsets may be committed (KIP-1251): of each partition by whoever has it, also while it gives it up, under
 * its epoch, or one since it was given that very partition. So a commit that was under way when the epoch went up counts, and
 * one from before the partition was another's does not (G02). Throws STALE_MEMBER_EPOCH, and what `findMember` does;
 * UNKNOWN_MEMBER_ID for whoever is no member while there are some.
 */
export function checkConsumerCommit(group: ConsumerGroup, request: OffsetCommitRequest): void {
  const { memberId, instanceId, generation } = request;
  if (generation < 0 && memberId === "" && instanceId === undefined) {
    if (group.members.size === 0) return;
    throw refusal("UNKNOWN_MEMBER_ID", "a commit of no member, of a group that has some", group.id);
  }
  const current = group.currents.get(findMember(group, request).memberId)!;
  if (generation > current.epoch) throw stale(group, generation, current);
  for (const { partition } of request.offsets) {
    const owned = find(current, partition);
    if (owned === undefined || generation < owned.epoch) throw stale(group, generation, current);
  }
}

function find(
  { assigned, revoking }: CurrentAssignment,
  partition: TopicPartition,
): OwnedPartition | undefined {
  const name = partitionName(partition);
  return [...assigned, ...revoking].find((owned) => partitionName(owned.partition) === name);
}

function stale({ id }: ConsumerGroup, generation: number, { epoch }: CurrentAssignment): Error {
  return refusal("STALE_MEMBER_EPOCH", `epoch ${generation}, now ${epoch}, of a partition of another`, id);
}
