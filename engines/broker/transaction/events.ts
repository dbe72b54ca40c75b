import type { Observation } from "../../env/index.js";
import type { TransactionState } from "./types.js";

/** What coordinators of transactions tell `env.observe`. */
export type TransactionEvent = Observation & {
  /**
   * It is committed. Each `prepare-…` is told, perhaps twice: by whoever sends the markers. Of the others some may be left
   * out, where the coordinator ended right then, or they were not committed in time.
   */
  readonly kind: "transaction/state";
  readonly transactionalId: string;
  /** Of the transaction: its batches bear this epoch, its markers the next one. */
  readonly producerId: number;
  readonly epoch: number;
  readonly state: TransactionState;
  /** Each a `partitionName`. */
  readonly partitions: readonly string[];
};

/** The rare paths of coordinators of transactions, for `mustReach`. */
export const TRANSACTION_MARKS = [
  "transaction/concurrent",
  "transaction/end-repeated",
  "transaction/epochs-used-up",
  "transaction/load-in-progress",
  "transaction/markers-again",
  "transaction/predecessor-aborted",
  "transaction/producer-fenced",
  "transaction/resumed",
  "transaction/timed-out",
] as const;

export type TransactionMark = (typeof TRANSACTION_MARKS)[number];
