/**
 * The coordinator of transactions: which producer an id has today, and how each of its transactions ends (KIP-98, KIP-890).
 *
 * What lives here: `TransactionCoordinator`, for all transactional ids of this broker; `Transactions`, those of one shard;
 * `rules.ts`, how an id goes from state to state; the machine and its records (FORMAT.md), which a successor knows
 * them by.
 *
 * What it promises: how a transaction ends is committed before anybody hears of it, and then all its partitions get to
 * know, whoever coordinates meanwhile. One that takes longer than its producer asked for is aborted, and the producer
 * fenced. An id has one producer that gets anywhere: the one that was let in last. No two transactions have an epoch in
 * common. What it does not: ids that nobody uses any more are kept for ever. A successor gives open transactions their
 * timeout anew. One request has the markers of one transaction only.
 */
export { TransactionCoordinator, type TransactionCoordinatorPlan } from "./coordinator.js";
export { TRANSACTION_MARKS, type TransactionEvent, type TransactionMark } from "./events.js";
export { transactionSettingsOf, type TransactionOptions, type TransactionSettings } from "./options.js";
export type { StoredTransaction, TransactionState } from "./types.js";
