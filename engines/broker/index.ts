/**
 * A distributed log after Apache Kafka: topics of partitions, each replicated by a leader and its in-sync replicas, under
 * a controller whose metadata is agreed on by Raft.
 *
 * What lives here: `record/` (record batches, magic 2), `log/` (a partition's log at one broker), `metadata/` (what the
 * controllers agree on), `controller/`, `replica/` (a partition as leader or follower), `coordinator/` (machines over a
 * partition), `group/` (consumer groups), `transaction/` (their coordinator), `server/` (a broker), `client/`
 * (producer, consumer, members of groups), `assignors/` (who of a group reads what), `placement/` and `protocol/`. The
 * rules are Kafka's; the comments name the KIPs.
 *
 * What it promises: a record that was acknowledged with `acks` all is in the log once, in the order of its producer, and
 * stays as long as one replica that was in sync keeps its disk. Consumers see committed records only. What it does not:
 * with `acks` 0 and 1, and where a topic allows unclean elections, records may be lost; no Kafka client can speak to it,
 * since messages go over this project's own network.
 *
 * What is exported here is public; all else may change.
 */

/** Servers. */
export {
  Controller,
  ControllerChannel,
  type ControllerChannelOptions,
  type ControllerInspection,
  type ControllerOptions,
} from "./controller/index.js";
export { Broker, type BrokerInspection, type BrokerOptions } from "./server/index.js";

/** Clients. */
export * from "./client/index.js";
export type { Acks, MemberStamp, MetadataResponse, OffsetToCommit } from "./protocol/index.js";
export type { PartitionState, TopicConfig, TopicState } from "./metadata/index.js";
export type { LogRecord, NewRecord, RecordHeader } from "./record/index.js";

/** The log of one partition, by itself: batches for it are made by `encodeBatch` and taken apart by `recordsOf`. */
export * from "./log/index.js";
export { batchesOf, encodeBatch, recordsOf } from "./record/index.js";

export { BrokerError, type BrokerErrorCode } from "./errors.js";
export { GROUP_MARKS, type GroupEvent, type GroupMark } from "./group/index.js";
export { TRANSACTION_MARKS, type TransactionEvent, type TransactionMark } from "./transaction/index.js";
export { BROKER_MARKS, type BrokerEvent, type BrokerMark } from "./events.js";
export * from "./types.js";
