import type { Observation } from "../env/index.js";
import type { GroupConsumerEvent } from "./client/group/events.js";
import type { GroupEvent } from "./group/events.js";
import type { MetadataRecord, PartitionState } from "./metadata/types.js";
import type { TransactionEvent } from "./transaction/events.js";
import type { BrokerEpoch, EpochEnd, LeaderEpoch, Offset } from "./types.js";

/** A batch, as checks know it: the CRC is of all but offset and epoch. */
export interface BatchSeen {
  readonly baseOffset: Offset;
  readonly lastOffset: Offset;
  readonly leaderEpoch: LeaderEpoch;
  readonly crc: number;
}

/** What brokers and controllers tell `env.observe`. `partition` is a `partitionName`. */
export type BrokerEvent = Observation &
  /** A log was opened. `batches`: all from `readFrom` on, which recovery read; below, the log is as it was. */
  (
    | {
        readonly kind: "broker/log-opened";
        readonly partition: string;
        readonly logStartOffset: Offset;
        readonly logEndOffset: Offset;
        readonly recoveryPoint: Offset;
        readonly readFrom: Offset;
        readonly batches: readonly BatchSeen[];
      }
    | {
        readonly kind: "broker/appended";
        readonly partition: string;
        readonly asLeader: boolean;
        readonly batches: readonly BatchSeen[];
        readonly logEndOffset: Offset;
      }
    /** A leader has ended a producer's transaction, in its own log; `producerEpoch` is the marker's. */
    | {
        readonly kind: "broker/marker";
        readonly partition: string;
        readonly producerId: number;
        readonly producerEpoch: number;
        readonly isCommit: boolean;
        readonly offset: Offset;
      }
    /** Everything from `offset` on is to go: a crash from now on leaves it or not. */
    | { readonly kind: "broker/cutting"; readonly partition: string; readonly offset: Offset }
    /** Everything from `offset` on is gone. */
    | { readonly kind: "broker/truncated"; readonly partition: string; readonly offset: Offset }
    /** The log is empty and goes on at `offset`. */
    | { readonly kind: "broker/log-restarted"; readonly partition: string; readonly offset: Offset }
    | { readonly kind: "broker/log-start-advanced"; readonly partition: string; readonly offset: Offset }
    /** Records below `upTo` that later ones replace are gone; `kept`: the batches that are left below it. */
    | {
        readonly kind: "broker/compacted";
        readonly partition: string;
        readonly upTo: Offset;
        readonly kept: readonly BatchSeen[];
      }
    /** Everything below is durable. */
    | { readonly kind: "broker/flushed"; readonly partition: string; readonly recoveryPoint: Offset }
    /** This broker is no replica of it any more: the log and all that was in it go. */
    | { readonly kind: "broker/log-removed"; readonly partition: string }
    /** The log's disk failed, or its bytes are damaged: the partition is offline here. */
    | { readonly kind: "broker/log-failed"; readonly partition: string; readonly reason: string }
    | {
        readonly kind: "broker/became-leader";
        readonly partition: string;
        readonly epoch: LeaderEpoch;
        readonly startOffset: Offset;
        readonly state: PartitionState;
      }
    | {
        readonly kind: "broker/became-follower";
        readonly partition: string;
        readonly epoch: LeaderEpoch;
        readonly leader: string | undefined;
      }
    /** A follower was told that its log parted from the leader's. */
    | { readonly kind: "broker/diverged"; readonly partition: string; readonly end: EpochEnd }
    | {
        readonly kind: "broker/high-watermark";
        readonly partition: string;
        readonly highWatermark: Offset;
        readonly epoch: LeaderEpoch;
        readonly isLeader: boolean;
      }
    /** The leader asks the controller for this ISR; until it hears, both count (maximal ISR). */
    | { readonly kind: "broker/isr-proposed"; readonly partition: string; readonly isr: readonly string[] }
    | { readonly kind: "broker/isr-changed"; readonly partition: string; readonly state: PartitionState }
    | { readonly kind: "broker/registered"; readonly epoch: BrokerEpoch; readonly wasClean: boolean }
    | { readonly kind: "broker/fenced"; readonly isFenced: boolean }
    /** A broker has applied the metadata up to here. */
    | { readonly kind: "broker/metadata-applied"; readonly offset: Offset; readonly digest: number }
    /** A controller's state machine has; `records` are those that were added. */
    | {
        readonly kind: "controller/applied";
        readonly offset: Offset;
        readonly digest: number;
        readonly records: readonly MetadataRecord[];
      }
    | { readonly kind: "controller/activated"; readonly term: number }
    | { readonly kind: "controller/resigned" }
    | GroupConsumerEvent
    | TransactionEvent
    | GroupEvent
  );

/** The rare paths of brokers, for `mustReach`. */
export const BROKER_MARKS = [
  "broker/caught-up-by-image",
  "broker/checkpoint-damaged",
  "broker/clean-start",
  "broker/controlled-shutdown",
  "broker/diverged",
  "broker/duplicate-batch",
  "broker/duplicate-marker",
  "broker/fenced-fetch",
  "broker/high-watermark-lowered",
  "broker/isr-expanded",
  "broker/isr-refused",
  "broker/isr-shrunk",
  "broker/log-restarted",
  "broker/min-isr-refused",
  "broker/offset-not-available",
  "broker/partition-removed",
  "broker/produce-timed-out",
  "broker/registered-again",
  "broker/throttled",
  "broker/unclean-start",
  "broker/verification-void",
] as const;

export type BrokerMark = (typeof BROKER_MARKS)[number];
