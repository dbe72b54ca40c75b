import { crc32c } from "../../bytes/index.js";
import { assert } from "../../env/index.js";
import { fieldsCodec, type RpcCodec } from "../../rpc/index.js";
import { putMetadataRecord, readMetadataRecord } from "../protocol/metadata-fields.js";
import { partitionName, type BrokerId, type TopicPartition } from "../types.js";
import type { BrokerState, MetadataImage, MetadataRecord, PartitionState, TopicConfig } from "./types.js";

/** A partition with its name, as the image holds it. */
export interface PartitionEntry {
  readonly partition: TopicPartition;
  readonly state: PartitionState;
}

/** Before the first record. */
export const EMPTY_IMAGE: MetadataImage = {
  offset: 0,
  digest: 0,
  brokers: new Map(),
  topics: new Map(),
  partitions: new Map(),
  nextProducerId: 0,
};

const RECORD: RpcCodec<MetadataRecord> = fieldsCodec("a metadata record", 1, {
  put: putMetadataRecord,
  read: readMetadataRecord,
});

/** The image with one record more. `image` stays as it is. */
export function applyRecord(image: MetadataImage, record: MetadataRecord): MetadataImage {
  return applyRecords(image, [record]);
}

/**
 * The image with these records more; `image` stays as it is, so it may be handed to anybody. Copies what changes once
 * for all of the records: give it all that there are.
 */
export function applyRecords(image: MetadataImage, records: readonly MetadataRecord[]): MetadataImage {
  const touched = new Set(records.map(({ kind }) => kind));
  const brokers = touched.has("broker") ? new Map(image.brokers) : image.brokers;
  const topics = touched.has("topic") ? new Map(image.topics) : image.topics;
  const partitions = touched.has("partition") ? new Map(image.partitions) : image.partitions;
  let { nextProducerId, digest } = image;
  for (const record of records) {
    digest = digestAfter(digest, record);
    switch (record.kind) {
      case "broker":
        (brokers as Map<BrokerId, BrokerState>).set(record.broker.id, record.broker);
        break;
      case "topic":
        (topics as Map<string, unknown>).set(record.topic.topic, record.topic);
        break;
      case "partition": {
        const { partition, state } = record;
        (partitions as Map<string, PartitionEntry>).set(partitionName(partition), { partition, state });
        break;
      }
      case "producerIds":
        nextProducerId = record.next;
        break;
    }
  }
  return { offset: image.offset + records.length, digest, brokers, topics, partitions, nextProducerId };
}

/** Different before, different after: two logs that part once don't agree by chance at the next record. */
function digestAfter(before: number, record: MetadataRecord): number {
  const bytes = RECORD.encode(record);
  return crc32c(bytes, 0, bytes.length, before);
}

/** Whether it may lead, and be in an ISR: it is registered, not fenced, and not on its way out (KIP-841). */
export function isActive(image: MetadataImage, broker: BrokerId): boolean {
  const state = image.brokers.get(broker);
  return state !== undefined && !state.isFenced && !state.isShuttingDown;
}

/** The configuration of the topic that the partition belongs to. */
export function configOf(image: MetadataImage, { topic }: TopicPartition): TopicConfig {
  const state = image.topics.get(topic);
  assert(state !== undefined, "a partition has a topic");
  return state.config;
}
