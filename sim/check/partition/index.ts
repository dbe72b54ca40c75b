/**
 * The oracle of partitioned logs: what clients sent, read and were told, against what the logs hold in the end.
 *
 * What lives here: the oracle (`oracle.ts`), what is known of one partition (`ledger.ts`), and the verdict on it in the
 * end (`final-log.ts`).
 *
 * What it promises: no false alarm, whatever a log does that keeps its promises; rules are checked as soon as a
 * client is told something, and again on the whole log. What it does not: replicas and their inside are the
 * scenario's to check; nothing is asked of how long a record takes to become readable.
 */
export { PartitionOracle, type PartitionOracleOptions } from "./oracle.js";
export type {
  FinalLog,
  LogEntry,
  PartitionAnswer,
  PartitionBroken,
  PartitionInput,
  PartitionOperation,
  PartitionRule,
} from "./types.js";
