import { crc32c } from "../../bytes/index.js";
import { assert } from "../../env/index.js";
import { BrokerError } from "../errors.js";
import type { TopicConfig } from "../metadata/types.js";
import type { CoordinatorKind } from "../protocol/group-types.js";

export const GROUPS_TOPIC = "__consumer_offsets";
export const TRANSACTIONS_TOPIC = "__transaction_state";

/** Of both topics that coordinators keep what they know in. What is missing has its default. */
export interface InternalTopicOptions {
  /** Must be the same at all brokers, and stay so: it says who coordinates what. Default 50. */
  readonly partitions?: number;
  /** Default 3. */
  readonly replicationFactor?: number;
  /** Default 2. */
  readonly minInsyncReplicas?: number;
  /** Default 100 MiB. */
  readonly segmentBytes?: number;
}

export type InternalTopics = Required<InternalTopicOptions>;

const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;
const UTF8 = new TextEncoder();

/** Throws INVALID_REQUEST. */
export function internalTopicsOf(options: InternalTopicOptions): InternalTopics {
  const topics: InternalTopics = {
    partitions: 50,
    replicationFactor: 3,
    minInsyncReplicas: 2,
    segmentBytes: 100 * MIB,
    ...options,
  };
  for (const [name, value] of Object.entries(topics)) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new BrokerError("INVALID_REQUEST", {
      expected: "an integer from 1 on",
      found: String(value),
      where: `option internalTopics.${name}`,
      todo: "correct the option",
    });
  }
  return topics;
}

/** Which topic the coordinators of a kind have. */
export function internalTopicOf(kind: CoordinatorKind): string {
  return kind === "group" ? GROUPS_TOPIC : TRANSACTIONS_TOPIC;
}

/** Whether only coordinators write to it. */
export function isInternal(topic: string): boolean {
  return topic === GROUPS_TOPIC || topic === TRANSACTIONS_TOPIC;
}

/** Which partition of the internal topic holds what is known of a group or of a transactional id. */
export function coordinatorPartition(id: string, partitions: number): number {
  assert(partitions > 0, "a topic has partitions");
  const bytes = UTF8.encode(id);
  return (crc32c(bytes, 0, bytes.length) >>> 0) % partitions;
}

/** Compacted: the last record of a key is what counts. */
export function internalConfig({ segmentBytes, minInsyncReplicas }: InternalTopics): TopicConfig {
  return {
    segmentBytes,
    segmentMs: 7 * DAY_MS,
    indexIntervalBytes: 4_096,
    cleanup: "compact",
    retentionBytes: -1,
    retentionMs: -1,
    deleteRetentionMs: DAY_MS,
    minDirtyPermille: 500,
    producerExpiryMs: DAY_MS,
    minInsyncReplicas,
    allowsUncleanElection: false,
  };
}
