/**
 * What clients did and whether the answers were right: the history of operations and the oracles over it.
 *
 * What it promises: one record of operations, used by every oracle, and verdicts that depend on nothing else.
 * What it does not: the invariants of a system's inside, which live with its scenario.
 */
export { History, type Operation, type OperationOutcome } from "./history.js";
export {
  LogOracle,
  type Append,
  type Broken,
  type LogOracleOptions,
  type RecoveredRecord,
} from "./durability.js";
export {
  StoreOracle,
  textOfKey,
  type KeyRange,
  type StoreAnswer,
  type StoreBroken,
  type StoreChange,
  type StoreEntry,
  type StoreInput,
  type StoreOperation,
  type StoreOracleOptions,
  type StorePromise,
  type StoreQuery,
  type StoreRule,
} from "./store/index.js";
export {
  PartitionOracle,
  type FinalLog,
  type LogEntry,
  type PartitionAnswer,
  type PartitionBroken,
  type PartitionInput,
  type PartitionOperation,
  type PartitionOracleOptions,
  type PartitionRule,
} from "./partition/index.js";
export {
  GroupOracle,
  type AssignorPromise,
  type CommittedAsked,
  type GenerationTold,
  type GroupBroken,
  type GroupOracleOptions,
  type GroupRule,
  type HolderTold,
  type MemberEpochTold,
  type MemberLeftTold,
} from "./group/index.js";
export {
  TransactionOracle,
  type FinalTransactions,
  type GroupPosition,
  type RecordSource,
  type TransactionAnswer,
  type TransactionBroken,
  type TransactionInput,
  type TransactionLog,
  type TransactionOperation,
  type TransactionRule,
} from "./transaction/index.js";
