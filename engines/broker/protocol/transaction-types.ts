/** What transactional producers, their coordinators and the leaders of partitions say to each other (KIP-98, KIP-890). */
import type { BrokerErrorCode } from "../errors.js";
import type { TopicPartition } from "../types.js";

/** A producer in one of its epochs. Each transaction has an epoch of its own (KIP-890). */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** To the coordinator of the id. Ends what an earlier producer of this id has left open, and fences that one. */
export interface InitTransactionsRequest {
  readonly transactionalId: string;
  /** How long a transaction may take before the coordinator aborts it. */
  readonly timeoutUs: number;
}

/** From a partition's leader to the coordinator, before the first batch of a transaction is appended (KIP-890). */
export interface AddPartitionsToTxnRequest extends ProducerIdentity {
  readonly transactionalId: string;
  readonly partitions: readonly TopicPartition[];
}

/** To the coordinator; answers with the identity of the next transaction. The same again gets the same answer. */
export interface EndTxnRequest extends ProducerIdentity {
  readonly transactionalId: string;
  readonly isCommit: boolean;
}

/** From the coordinator to leaders of partitions. `producerEpoch`: one above that of the transaction's batches. */
export interface WriteTxnMarkersRequest extends ProducerIdentity {
  readonly isCommit: boolean;
  /** Leader epoch of the coordinator's own partition: an older coordinator's markers are refused. */
  readonly coordinatorEpoch: number;
  readonly partitions: readonly TopicPartition[];
}

export interface WriteTxnMarkersResponse {
  readonly partitions: readonly {
    readonly partition: TopicPartition;
    /** Undefined: the marker is committed. */
    readonly code: BrokerErrorCode | undefined;
  }[];
}
