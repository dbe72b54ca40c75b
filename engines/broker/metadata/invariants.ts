import { configOf, isActive, type PartitionEntry } from "./image.js";
import { partitionName, type BrokerId } from "../types.js";
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
    const problem =
      stateProblem(after, entry) ?? stepProblem(earlier, entry.state) ?? oblivion(after, earlier, entry);
    if (problem !== undefined) return `${name}: ${problem}`;
  }
  return undefined;
}

function stateProblem(image: MetadataImage, { state }: PartitionEntry): string | undefined {
  const { replicas, adding, removing, isr, elr, lastKnownElr, leader } = state;
  for (const list of [replicas, adding, removing, isr, elr, lastKnownElr]) {
    if (new Set(list).size !== list.length) return "a replica is in a list twice";
    if (!list.every((replica) => replicas.includes(replica))) return "somebody is in a list and no replica";
  }
  if (adding.some((replica) => removing.includes(replica))) return "a replica is added and removed";
  if (isr.some((member) => elr.includes(member))) return "a replica is in sync and only eligible";
  if (lastKnownElr.some((member) => isr.includes(member) || elr.includes(member))) {
    return "a replica that may have lost what it held is in sync or eligible";
  }
  if (isr.length + elr.length + lastKnownElr.length === 0) return "nobody is left who could ever lead";
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

/** Below the minimum, whoever may hold what is committed is somewhere as long as it is a replica (KIP-966). */
function oblivion(
  image: MetadataImage,
  before: PartitionState | undefined,
  { partition, state }: PartitionEntry,
): string | undefined {
  const { minInsyncReplicas } = configOf(image, partition);
  const isBelow = state.isr.length < minInsyncReplicas;
  if (!isBelow)
    return state.lastKnownElr.length === 0 ? undefined : "enough are in sync, and more are remembered";
  const known = mayHold(state);
  const forgotten = before === undefined ? undefined : mayHold(before).find((each) => !known.includes(each));
  if (forgotten === undefined || !state.replicas.includes(forgotten)) return undefined;
  return `${forgotten} is forgotten, and may hold what is committed`;
}

function mayHold({ isr, elr, lastKnownElr }: PartitionState): BrokerId[] {
  return [...isr, ...elr, ...lastKnownElr];
}
