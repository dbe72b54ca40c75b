import type { ProducerIdentity } from "../protocol/transaction-types.js";
import type { TopicPartition } from "../types.js";

/**
 * `empty`: the producer of today has begun none yet. `prepare-…`: it is decided how the transaction ends. `complete-…`:
 * all of its partitions know.
 */
export type TransactionState =
  "empty" | "ongoing" | "prepare-commit" | "prepare-abort" | "complete-commit" | "complete-abort";

/** What a coordinator, and whoever takes over from it, knows of a transactional id. */
export interface StoredTransaction {
  readonly state: TransactionState;
  /** Of the transaction that is under way, or was the last; while `empty`, of the one to come. */
  readonly producer: ProducerIdentity;
  /** From its end on: of the one to come. */
  readonly next: ProducerIdentity | undefined;
  /** The coordinator has ended it, not its producer: that one gets no further. */
  readonly isFenced: boolean;
  /** How long a transaction may take. */
  readonly timeoutUs: number;
  /** Where it has, or may have, records. */
  readonly partitions: readonly TopicPartition[];
}
