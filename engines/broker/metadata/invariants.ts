import { isActive, type PartitionEntry } from "./image.js";
import { partitionName } from "../types.js";
import type { MetadataImage, MetadataRecord, PartitionState } from "./types.js";

/**
 * What is wrong with the image that follows `before` by these records; undefined where nothing is. Looks only at what may
 * have changed: a broker's state counts for each partition that it is in, so with a broker's all of them.
 */
export function imageProblem(
  before: MetadataImage,
  after: MetadataImage,
  records: readonly MetadataRecord[],
): string | undefined {
  const touched: Iterable<PartitionEntry> = records.some(({ kind }) => kind === "broker")
    ? after.partitions.values()
    : records.filter((record) => record.kind === "partition");
  for (const [id, { epoch }] of before.brokers) {
    if ((after.brokers.get(id)?.epoch ?? -1) < epoch) return `the epoch of ${id} went back`;
  }
  for (const entry of touched) {
    const name = partitionName(entry.partition);
    const earlier = before.partitions.get(name)?.state;
    const problem = stateProblem(after, entry) ?? stepProblem(earlier, entry.state);
    if (problem !== undefined) return `${name}: ${problem}`;
  }
  return undefined;
}

function stateProblem(image: MetadataImage, { state }: PartitionEntry): string | undefined {
  const { replicas, adding, removing, isr, elr, leader } = state;
  for (const list of [replicas, adding, removing, isr, elr]) {
    if (new Set(list).size !== list.length) return "a replica is in a list twice";
    if (!list.every((replica) => replicas.includes(replica))) return "somebody is in a list and no replica";
  }
  if (adding.some((replica) => removing.includes(replica))) return "a replica is added and removed";
  if (isr.some((member) => elr.includes(member))) return "a replica is in sync and only eligible";
  if (leader === undefined) return isr.length === 0 ? undefined : "nobody leads, and somebody is in sync";
  if (!isr.includes(leader)) return "the leader is not in sync";
  const wrong = isr.find((member) => !isActive(image, member) && member !== leader);
  if (wrong !== undefined) return `${wrong} is in sync, and fenced or shutting down`;
  return image.brokers.get(leader)?.isFenced === false ? undefined : "the leader is fenced";
}

function stepProblem(before: PartitionState | undefined, after: PartitionState): string | undefined {
  if (before === undefined || before === after) return undefined;
  if (after.partitionEpoch !== before.partitionEpoch + 1) return "a change did not count";
  const newLeader = before.leader === after.leader ? 0 : 1;
  return after.leaderEpoch === before.leaderEpoch + newLeader
    ? undefined
    : "the leader epoch did not follow the leader";
}
