import type { Operation } from "../history.js";

/** Offset, from 0. */
export type At = number;

/** A record, by what it says of itself: every record that is sent has another `value`. */
export interface LogEntry {
  readonly offset: At;
  readonly value: string;
  /** What compaction tells records apart by; undefined where there is none. */
  readonly key?: string | undefined;
  /** A record without a body: compaction takes it away in the end, and all before it with the same key. */
  readonly isTombstone?: boolean;
}

export type PartitionInput =
  | {
      readonly kind: "send";
      readonly partition: string;
      readonly value: string;
      readonly key?: string | undefined;
      readonly isTombstone?: boolean;
      /** An acknowledgement promises that the record stays. */
      readonly isPromised: boolean;
      /** It is in the log once at most, and behind what its producer sent to the partition before. */
      readonly isOnce: boolean;
      /** A client that starts anew is another producer: what the earlier one left on its way may come behind. */
      readonly producer: number;
    }
  /** Records from an offset on. */
  | { readonly kind: "read"; readonly partition: string; readonly from: At }
  /** Where the readable part of the partition ends. */
  | { readonly kind: "end"; readonly partition: string };

export type PartitionAnswer =
  /** Undefined where the log did not say where: a repetition, or nobody asked. */
  | { readonly kind: "sent"; readonly offset: At | undefined; readonly term: number }
  | { readonly kind: "records"; readonly count: number }
  | { readonly kind: "end"; readonly offset: At; readonly term: number };

export type PartitionOperation = Operation<PartitionInput, PartitionAnswer>;

export type PartitionRule =
  /** A record that was acknowledged is not in the log. */
  | "acknowledged-lost"
  /** An acknowledgement named an offset, and another record is there. */
  | "acknowledged-elsewhere"
  /** A record that was read once is gone, or another one is in its place. */
  | "read-changed"
  /** A record is in the log twice. */
  | "duplicated"
  /** Two records of one producer are not in the order in which it sent them. */
  | "reordered"
  /** A record that was reported as certainly not appended is there. */
  | "failed-yet-there"
  /** Nobody sent that, or not there. */
  | "never-sent"
  /** Records that were read are not in the order of their offsets, or one is missing between them. */
  | "read-wrong"
  /** A client was told of an end below one that it had been told of before (KIP-207). */
  | "end-went-back"
  /** An end that leaves out what leaders up to that one had acknowledged, or said to be there, before it was asked for. */
  | "end-stale"
  /** The latest record of a key is gone, though nothing replaced it. */
  | "latest-lost";

/** A broken rule. `rule` is stable: it becomes the name of the finding's invariant. */
export interface PartitionBroken {
  readonly rule: PartitionRule;
  readonly message: string;
  /** Ids in the history: the operations whose promise was broken. */
  readonly operations: readonly number[];
}

/** A partition as it is in the end. */
export interface FinalLog {
  readonly partition: string;
  /** Where it begins. With retention, all below was deleted; without, nothing may be missing there. */
  readonly start: At;
  readonly hasRetention: boolean;
  /** The next record would get it. */
  readonly end: At;
  readonly entries: readonly LogEntry[];
  /** Records with a key may have been replaced by later ones. */
  readonly isCompacted: boolean;
}
