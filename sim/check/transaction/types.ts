import type { Operation } from "../history.js";
import type { At, LogEntry } from "../partition/types.js";

/** The record that one was made from, by a group that reads `partition`. */
export interface RecordSource {
  readonly group: string;
  readonly partition: string;
  readonly offset: At;
}

/** Up to where a group has read a partition: `offset` is that of the next record. */
export interface GroupPosition {
  readonly group: string;
  readonly partition: string;
  readonly offset: At;
}

/** `transaction`: the number that `begin` gave. */
export type TransactionInput =
  | {
      readonly kind: "send";
      readonly transaction: number;
      readonly partition: string;
      /** Every record that is sent has another. */
      readonly value: string;
      readonly source?: RecordSource | undefined;
    }
  /** Has a group's positions become those with the transaction. */
  | { readonly kind: "positions"; readonly transaction: number; readonly positions: readonly GroupPosition[] }
  | { readonly kind: "end"; readonly transaction: number; readonly isCommit: boolean }
  /** Records from an offset on; `isCommitted`: of transactions that were committed, and of none, only. */
  | {
      readonly kind: "read";
      readonly partition: string;
      readonly from: At;
      readonly isCommitted: boolean;
    }
  /** Where a group is to go on in a partition. */
  | { readonly kind: "position"; readonly group: string; readonly partition: string };

export type TransactionAnswer =
  | { readonly kind: "done" }
  | { readonly kind: "records"; readonly count: number; readonly to: At }
  /** Undefined: the group has none yet. */
  | { readonly kind: "position"; readonly offset: At | undefined };

export type TransactionOperation = Operation<TransactionInput, TransactionAnswer>;

export type TransactionRule =
  /** Nobody sent that, or not there. */
  | "never-sent"
  /** Records that were read are not in the order of their offsets, or come from before where the reader stood. */
  | "read-wrong"
  /** A record that was read once is gone, or another one is in its place. */
  | "read-changed"
  /** A reader went past a record that is there for it. */
  | "skipped"
  /** A record is in the log twice. */
  | "duplicated"
  /** Two records of one producer are not in the order in which it sent them. */
  | "reordered"
  /** A reader of committed records got one of a transaction that nobody had asked to commit. */
  | "open-read"
  /** A reader of committed records got one, or the log gives one as committed, of a transaction that was aborted. */
  | "aborted-read"
  /** A record of a transaction whose commit was acknowledged is not readable as committed. */
  | "committed-lost"
  /** Some records of a transaction are committed, others are not. */
  | "partial"
  /** A transaction has not ended, though its producer is gone and its time has passed. */
  | "hanging"
  /** A group has gone past a record of which nothing was made. */
  | "source-lost"
  /** What was made of a record is there twice. */
  | "source-twice"
  /** Something was made of a record that is not committed. */
  | "source-uncommitted"
  /** Something was made of a record, but the group has not gone past it. */
  | "position-behind"
  /** A group is at a place that no transaction gave it that can have been committed. */
  | "position-uncommitted";

/** A broken rule. `rule` is stable: it becomes the name of the finding's invariant. */
export interface TransactionBroken {
  readonly rule: TransactionRule;
  readonly message: string;
  /** Ids in the history: the operations whose promise was broken. */
  readonly operations: readonly number[];
}

/** A partition as it is in the end. */
export interface TransactionLog {
  readonly partition: string;
  /** The next record would get it. */
  readonly end: At;
  /** No transaction that may still be open begins below it. */
  readonly stable: At;
  /** What readers of committed records get. */
  readonly committed: readonly LogEntry[];
  /** What all others get. */
  readonly all: readonly LogEntry[];
}

export interface FinalTransactions {
  readonly logs: readonly TransactionLog[];
  /** Of each group and each partition that it reads; 0 where it has none yet. */
  readonly positions: readonly GroupPosition[];
}
