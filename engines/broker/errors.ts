import { SeedstormError, type ErrorParts } from "../env/index.js";

/** Kafka's names, as far as they mean the same. */
export type BrokerErrorCode =
  /** An option or an argument makes no sense. Nothing was done. */
  | "INVALID_REQUEST"
  /** The topic or the partition is not known here, or not yet. */
  | "UNKNOWN_TOPIC_OR_PARTITION"
  | "TOPIC_ALREADY_EXISTS"
  /** This broker does not lead the partition, or does not hold it. */
  | "NOT_LEADER_OR_FOLLOWER"
  /** The partition has no leader now. */
  | "LEADER_NOT_AVAILABLE"
  /** The request is of an older leader epoch than this broker's (KIP-320). */
  | "FENCED_LEADER_EPOCH"
  /** The request is of a newer leader epoch than this broker's (KIP-320). */
  | "UNKNOWN_LEADER_EPOCH"
  | "OFFSET_OUT_OF_RANGE"
  /** The new leader does not know yet how far its predecessor had come (KIP-207). */
  | "OFFSET_NOT_AVAILABLE"
  /** Fewer replicas are in sync than the topic wants; nothing was appended. */
  | "NOT_ENOUGH_REPLICAS"
  /** The same, noticed only when the records were in the leader's log: they may stay. */
  | "NOT_ENOUGH_REPLICAS_AFTER_APPEND"
  /** What was asked for did not happen in time. It may yet. */
  | "REQUEST_TIMED_OUT"
  /** A batch is not what its checksum or its header says, or its records make no sense. */
  | "CORRUPT_MESSAGE"
  | "MESSAGE_TOO_LARGE"
  /** A batch of this producer is missing before this one, or it came before and is forgotten. */
  | "OUT_OF_ORDER_SEQUENCE_NUMBER"
  /** Another incarnation of this producer has taken over. */
  | "INVALID_PRODUCER_EPOCH"
  /** A producer's buffer is full, and too many records wait for room already. */
  | "BUFFER_EXHAUSTED"
  /** Nothing of this producer is left in the log. */
  | "UNKNOWN_PRODUCER_ID"
  /** The log's disk failed (see `cause`): the partition is offline here. */
  | "STORAGE_ERROR"
  /** Bytes on the disk are not what was written: they are not served. */
  | "LOG_DAMAGED"
  /** To a controller: it is not the active one. */
  | "NOT_CONTROLLER"
  /** To a controller: the broker has registered again since, or never did. */
  | "STALE_BROKER_EPOCH"
  /** To a controller: the partition has changed since (see `PartitionEpoch`). */
  | "INVALID_UPDATE_VERSION"
  /** To a controller: a replica is fenced, shutting down, or of an earlier life (KIP-841, KIP-903). */
  | "INELIGIBLE_REPLICA"
  | "DUPLICATE_BROKER_REGISTRATION"
  | "INVALID_REPLICA_ASSIGNMENT"
  /** There is no replica that may lead. */
  | "ELIGIBLE_LEADERS_NOT_AVAILABLE"
  | "NO_REASSIGNMENT_IN_PROGRESS"
  /** To a consumer: what it has read is no longer what the log holds (KIP-320). */
  | "LOG_TRUNCATION"
  /** Nobody coordinates this group or transaction now: its partition has no leader, or too few replicas. */
  | "COORDINATOR_NOT_AVAILABLE"
  /** The coordinator still reads its log. */
  | "COORDINATOR_LOAD_IN_PROGRESS"
  /** Another broker coordinates this group or transaction. */
  | "NOT_COORDINATOR"
  /** The member's generation of the group is over. */
  | "ILLEGAL_GENERATION"
  /** The group has no such member, or not any more. */
  | "UNKNOWN_MEMBER_ID"
  /** To a new member: join again under the id that comes with this (KIP-394). */
  | "MEMBER_ID_REQUIRED"
  /** The group waits for its members to join again. */
  | "REBALANCE_IN_PROGRESS"
  /** The member has no protocol in common with the group. */
  | "INCONSISTENT_GROUP_PROTOCOL"
  /** No coordinator assigns by a strategy of this name (KIP-848). */
  | "UNSUPPORTED_ASSIGNOR"
  /** Another member has taken over this instance id (KIP-345). */
  | "FENCED_INSTANCE_ID"
  /** The instance id is another member's, who has not left (KIP-848). */
  | "UNRELEASED_INSTANCE_ID"
  /** The member's epoch is not the one it was given (KIP-848). */
  | "FENCED_MEMBER_EPOCH"
  /** The commit is of an epoch that the member has left behind (KIP-848). */
  | "STALE_MEMBER_EPOCH"
  /** The offset is part of a transaction that has not ended (KIP-447). */
  | "UNSTABLE_OFFSET_COMMIT"
  /** The transaction is not in a state in which that can be done. */
  | "INVALID_TXN_STATE"
  /** The last transaction of this id is still being ended. */
  | "CONCURRENT_TRANSACTIONS"
  /** A newer producer has this transactional id. */
  | "PRODUCER_FENCED"
  /** The transactional id belongs to another producer id, or to none. */
  | "INVALID_PRODUCER_ID_MAPPING"
  /** The marker comes from a coordinator that has been replaced. */
  | "TRANSACTION_COORDINATOR_FENCED"
  /** The transaction can only be aborted now (KIP-890). */
  | "TRANSACTION_ABORTABLE"
  /** The client or the broker is closed. */
  | "CLOSED";

/** Codes after which the same request may succeed, at this broker or another. */
const RETRIABLE: ReadonlySet<BrokerErrorCode> = new Set<BrokerErrorCode>([
  "UNKNOWN_TOPIC_OR_PARTITION",
  "NOT_LEADER_OR_FOLLOWER",
  "LEADER_NOT_AVAILABLE",
  "FENCED_LEADER_EPOCH",
  "UNKNOWN_LEADER_EPOCH",
  "OFFSET_NOT_AVAILABLE",
  "NOT_ENOUGH_REPLICAS",
  "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
  "REQUEST_TIMED_OUT",
  "STORAGE_ERROR",
  "NOT_CONTROLLER",
  "COORDINATOR_NOT_AVAILABLE",
  "COORDINATOR_LOAD_IN_PROGRESS",
  "NOT_COORDINATOR",
  "UNSTABLE_OFFSET_COMMIT",
  "CONCURRENT_TRANSACTIONS",
  "BUFFER_EXHAUSTED",
]);

export class BrokerError extends SeedstormError {
  declare readonly code: BrokerErrorCode;

  constructor(code: BrokerErrorCode, parts: ErrorParts, cause?: unknown) {
    super(code, parts);
    if (cause !== undefined) this.cause = cause;
  }

  /** Whether the same request may succeed later, or elsewhere. */
  get isRetriable(): boolean {
    return isRetriable(this.code);
  }
}

/** What `BrokerError.isRetriable` says of a code. */
export function isRetriable(code: BrokerErrorCode): boolean {
  return RETRIABLE.has(code);
}
