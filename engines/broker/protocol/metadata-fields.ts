/** How the metadata is written: in messages, in the controllers' log and in their snapshots alike. */
import type { ByteReader, Sink } from "../../bytes/index.js";
import { unreachable } from "../../env/index.js";
import type { CleanupPolicy } from "../log/types.js";
import type {
  BrokerState,
  IsrMember,
  MetadataRecord,
  PartitionState,
  TopicConfig,
} from "../metadata/types.js";
import {
  putFlag,
  putFromMinusOne,
  putList,
  putNames,
  putOptional,
  putPartition,
  readFlag,
  readFromMinusOne,
  readList,
  readNames,
  readOptional,
  readPartition,
} from "./fields.js";

const CLEANUPS: readonly CleanupPolicy[] = ["delete", "compact", "compact,delete"];

export function putTopicConfig(sink: Sink, config: TopicConfig): void {
  sink.integer(config.segmentBytes);
  sink.integer(config.segmentMs);
  sink.integer(config.indexIntervalBytes);
  sink.integer(CLEANUPS.indexOf(config.cleanup));
  putFromMinusOne(sink, config.retentionBytes);
  putFromMinusOne(sink, config.retentionMs);
  sink.integer(config.deleteRetentionMs);
  sink.integer(config.minDirtyPermille);
  sink.integer(config.producerExpiryMs);
  sink.integer(config.minInsyncReplicas);
  putFlag(sink, config.allowsUncleanElection);
}

export function readTopicConfig(reader: ByteReader): TopicConfig {
  return {
    segmentBytes: reader.integer(),
    segmentMs: reader.integer(),
    indexIntervalBytes: reader.integer(),
    cleanup: CLEANUPS[reader.integer()] ?? reader.fail("a known cleanup policy", "another"),
    retentionBytes: readFromMinusOne(reader),
    retentionMs: readFromMinusOne(reader),
    deleteRetentionMs: reader.integer(),
    minDirtyPermille: reader.integer(),
    producerExpiryMs: reader.integer(),
    minInsyncReplicas: reader.integer(),
    allowsUncleanElection: readFlag(reader),
  };
}

export function putIsrMember(sink: Sink, { broker, epoch }: IsrMember): void {
  sink.text(broker);
  sink.integer(epoch);
}

export function readIsrMember(reader: ByteReader): IsrMember {
  return { broker: reader.text(), epoch: reader.integer() };
}

export function putBrokerState(sink: Sink, broker: BrokerState): void {
  sink.text(broker.id);
  sink.integer(broker.epoch);
  sink.integer(broker.incarnation);
  putFlag(sink, broker.isFenced);
  sink.integer(broker.fencedAt);
  putFlag(sink, broker.isShuttingDown);
}

export function readBrokerState(reader: ByteReader): BrokerState {
  const [id, epoch, incarnation] = [reader.text(), reader.integer(), reader.integer()];
  const [isFenced, fencedAt, isShuttingDown] = [readFlag(reader), reader.integer(), readFlag(reader)];
  return { id, epoch, incarnation, isFenced, fencedAt, isShuttingDown };
}

export function putPartitionState(sink: Sink, state: PartitionState): void {
  const { replicas, adding, removing, isr, elr, lastKnownElr } = state;
  for (const names of [replicas, adding, removing, isr, elr, lastKnownElr]) putNames(sink, names);
  putOptional(sink, state.leader, (to, leader) => to.text(leader));
  putFromMinusOne(sink, state.leaderEpoch);
  sink.integer(state.partitionEpoch);
}

export function readPartitionState(reader: ByteReader): PartitionState {
  return {
    replicas: readNames(reader),
    adding: readNames(reader),
    removing: readNames(reader),
    isr: readNames(reader),
    elr: readNames(reader),
    lastKnownElr: readNames(reader),
    leader: readOptional(reader, (from) => from.text()),
    leaderEpoch: readFromMinusOne(reader),
    partitionEpoch: reader.integer(),
  };
}

const KINDS: readonly MetadataRecord["kind"][] = ["broker", "topic", "partition", "producerIds"];

export function putMetadataRecord(sink: Sink, record: MetadataRecord): void {
  sink.integer(KINDS.indexOf(record.kind));
  switch (record.kind) {
    case "broker":
      putBrokerState(sink, record.broker);
      break;
    case "topic":
      sink.text(record.topic.topic);
      sink.integer(record.topic.partitions);
      putTopicConfig(sink, record.topic.config);
      break;
    case "partition":
      putPartition(sink, record.partition);
      putPartitionState(sink, record.state);
      break;
    case "producerIds":
      sink.integer(record.next);
      break;
  }
}

export function readMetadataRecord(reader: ByteReader): MetadataRecord {
  const kind = KINDS[reader.integer()] ?? reader.fail("a known metadata record", "another");
  switch (kind) {
    case "broker":
      return { kind, broker: readBrokerState(reader) };
    case "topic": {
      const [topic, partitions] = [reader.text(), reader.integer()];
      return { kind, topic: { topic, partitions, config: readTopicConfig(reader) } };
    }
    case "partition":
      return { kind, partition: readPartition(reader), state: readPartitionState(reader) };
    case "producerIds":
      return { kind, next: reader.integer() };
    default:
      return unreachable("all kinds are known");
  }
}

export function putAssignments(sink: Sink, assignments: readonly (readonly string[])[]): void {
  putList(sink, assignments, putNames);
}

export function readAssignments(reader: ByteReader): string[][] {
  return readList(reader, readNames);
}
