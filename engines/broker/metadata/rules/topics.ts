/** Topics begin; producers get their ids. */
import { isActive } from "../image.js";
import type {
  MetadataCommand,
  MetadataImage,
  MetadataRecord,
  PartitionState,
  TopicConfig,
} from "../types.js";
import type { BrokerId } from "../../types.js";
import { areReplicas } from "./reassignment.js";
import { findLife, refused, type Verdict } from "./verdict.js";

type CreateTopic = Extract<MetadataCommand, { readonly kind: "createTopic" }>;
type AllocateProducerIds = Extract<MetadataCommand, { readonly kind: "allocateProducerIds" }>;

/** As Kafka has it, but shorter: it is a part of names of directories. */
const TOPIC_NAME = /^[a-zA-Z0-9._-]{1,100}$/;
/** Of one topic. */
export const MAX_PARTITIONS = 10_000;
const MAX_IDS = 1_000_000;

/** Whoever is alive among the replicas is in sync: there is nothing to have yet. */
export function createTopic(image: MetadataImage, command: CreateTopic): Verdict {
  const { topic, config, assignments } = command;
  if (!TOPIC_NAME.test(topic) || topic === "." || topic === "..") {
    return refused("INVALID_REQUEST", `a topic called ${JSON.stringify(topic)}`);
  }
  if (image.topics.has(topic)) return refused("TOPIC_ALREADY_EXISTS", topic);
  if (!isSound(config)) return refused("INVALID_REQUEST", `the configuration ${JSON.stringify(config)}`);
  const [first] = assignments;
  if (first === undefined || assignments.length > MAX_PARTITIONS) {
    return refused("INVALID_REQUEST", `${assignments.length} partitions`);
  }
  const bad = assignments.find(
    (replicas) =>
      replicas.length !== first.length ||
      !areReplicas(image, replicas) ||
      !replicas.some((replica) => isActive(image, replica)),
  );
  if (bad !== undefined) return refused("INVALID_REPLICA_ASSIGNMENT", bad.join(" "));
  const records: MetadataRecord[] = [
    { kind: "topic", topic: { topic, partitions: assignments.length, config } },
  ];
  for (const [partition, replicas] of assignments.entries()) {
    records.push({
      kind: "partition",
      partition: { topic, partition },
      state: newPartition(image, replicas),
    });
  }
  return { ok: true, records };
}

function newPartition(image: MetadataImage, replicas: readonly BrokerId[]): PartitionState {
  const isr = replicas.filter((replica) => isActive(image, replica));
  const settled = { replicas, adding: [], removing: [], isr, elr: [], lastKnownElr: [] };
  return { ...settled, leader: isr[0], leaderEpoch: 0, partitionEpoch: 0 };
}

function isSound({ retentionBytes, retentionMs, minDirtyPermille, ...config }: TopicConfig): boolean {
  const { segmentBytes, segmentMs, indexIntervalBytes, minInsyncReplicas, deleteRetentionMs } = config;
  return (
    [segmentBytes, segmentMs, indexIntervalBytes, minInsyncReplicas].every((value) => value >= 1) &&
    [retentionBytes, retentionMs].every((value) => value >= -1) &&
    [deleteRetentionMs, minDirtyPermille, config.producerExpiryMs].every((value) => value >= 0) &&
    minDirtyPermille <= 1_000
  );
}

/** A block that nobody else gets: also where the broker never hears of it, it is used up. */
export function allocateProducerIds(image: MetadataImage, command: AllocateProducerIds): Verdict {
  const { broker, epoch, count } = command;
  const life = findLife(image, broker, epoch);
  if (!life.ok) return life;
  const { nextProducerId: first } = image;
  const next = first + count;
  if (count < 1 || count > MAX_IDS || !Number.isSafeInteger(next)) {
    return refused("INVALID_REQUEST", `${count} ids`);
  }
  return { ok: true, records: [{ kind: "producerIds", next }], value: first };
}
