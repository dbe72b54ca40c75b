import type { ProducerIdentity } from "../protocol/transaction-types.js";
import type { TransactionMarker } from "../record/index.js";
import type { TopicPartition } from "../types.js";

/** A transaction that is about to have its first batch in a partition. */
export interface TransactionToVerify extends ProducerIdentity {
  readonly transactionalId: string;
  readonly partition: TopicPartition;
}

/** Appends a marker, and resolves once it is committed. Rejects with `BrokerError`. */
export type MarkerWriter = (marker: TransactionMarker) => Promise<void>;

/** What those who serve partitions need of those who coordinate groups and transactions. */
export interface TransactionHooks {
  /**
   * Resolves once the coordinator has the partition in the transaction. Rejects with `BrokerError` where it does not, and
   * where nobody answers in time: it never waits for long.
   */
  verify(asked: TransactionToVerify): Promise<void>;
  /** How to end transactions in a partition of a coordinator, which has to know; undefined for all other partitions. */
  markerWriter(partition: TopicPartition): MarkerWriter | undefined;
}
