/** Requests as commands. */
import { isInternal } from "../coordinator/index.js";
import { MAX_PARTITIONS, isActive, type MetadataCommand, type MetadataImage } from "../metadata/index.js";
import { place } from "../placement/index.js";
import type { AlterPartitionRequest, CreateTopicRequest } from "../protocol/types.js";
import { partitionName, type BrokerId } from "../types.js";
import { refusal } from "./refusals.js";

export function alterPartitionCommand({ broker, ...request }: AlterPartitionRequest): MetadataCommand {
  return { kind: "alterPartition", leader: broker, ...request };
}

/**
 * Throws INVALID_REPLICA_ASSIGNMENT where there are too few brokers; INVALID_REQUEST for a topic of coordinators that would
 * forget what they have written there.
 */
export function createTopicCommand(image: MetadataImage, request: CreateTopicRequest): MetadataCommand {
  const { topic, config, assignments = assignmentsFor(image, request) } = request;
  if (isInternal(topic) && config.cleanup !== "compact") {
    throw refusal(
      "INVALID_REQUEST",
      `${topic}, which coordinators keep compacted, with ${config.cleanup}`,
      topic,
    );
  }
  return { kind: "createTopic", topic, config, assignments };
}

/** On brokers that are alive, by the load that they have. */
function assignmentsFor(
  image: MetadataImage,
  { topic, partitions, replicationFactor }: CreateTopicRequest,
): readonly (readonly BrokerId[])[] {
  // Out of range: none, which is refused where the command is checked.
  const count = partitions <= MAX_PARTITIONS ? partitions : 0;
  const names = Array.from({ length: count }, (_, partition) => partitionName({ topic, partition }));
  const brokers = [...image.brokers.keys()].filter((broker) => isActive(image, broker));
  const present = [...image.partitions].map(([name, { state }]) => [name, state.replicas] as const);
  return [...place(brokers, names, replicationFactor, new Map(present)).values()];
}

/** Wishes for the preferred leaders that are in sync and don't lead, at most so many. */
export function preferredElections(image: MetadataImage, atMost: number): MetadataCommand[] {
  const commands: MetadataCommand[] = [];
  for (const { partition, state } of image.partitions.values()) {
    if (commands.length >= atMost) break;
    const [preferred] = state.replicas;
    if (preferred === undefined || preferred === state.leader) continue;
    if (!state.isr.includes(preferred) || !isActive(image, preferred)) continue;
    commands.push({ kind: "electLeader", partition, mode: "preferred" });
  }
  return commands;
}

/** Whether the broker leads something that another one could take over, at once or once it is in sync. */
export function couldHandOver(image: MetadataImage, broker: BrokerId): boolean {
  for (const { state } of image.partitions.values()) {
    if (state.leader !== broker) continue;
    if (state.replicas.some((replica) => isActive(image, replica))) return true;
  }
  return false;
}
