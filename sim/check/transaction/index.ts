/**
 * The oracle of transactions over partitioned logs: what producers wrote in transactions and how they ended those, against
 * what readers saw and what the logs and the groups' positions are in the end.
 *
 * What lives here: the oracle (`oracle.ts`), what is known of transactions and their records (`ledger.ts`), the verdict on
 * logs (`final-logs.ts`) and on pipelines that read, transform and write within transactions (`pipelines.ts`).
 *
 * What it promises: no false alarm, whatever a system does that keeps its promises; a transaction without an answer may
 * have been committed or not, but only as a whole. What it does not: nothing is asked of when a transaction becomes
 * readable, nor that all of its partitions do so at once; logs from which records are deleted are not for it.
 */
export { TransactionOracle } from "./oracle.js";
export type {
  FinalTransactions,
  GroupPosition,
  RecordSource,
  TransactionAnswer,
  TransactionBroken,
  TransactionInput,
  TransactionLog,
  TransactionOperation,
  TransactionRule,
} from "./types.js";
