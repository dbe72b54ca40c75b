/** What all of the broker talks about. Names are Kafka's. */

/** A broker's name, as the network knows it. */
export type BrokerId = string;

/** The place of a record in a partition; from 0. */
export type Offset = number;

/** Counts the leaders of a partition, from 0; `NO_EPOCH` where there was none. */
export type LeaderEpoch = number;
export const NO_EPOCH: LeaderEpoch = -1;

/** Counts the changes of a partition's state, from 0 (`AlterPartition` compares it). */
export type PartitionEpoch = number;

/** The offset in the metadata log at which a broker registered: tells its lives apart (KIP-631, KIP-903). */
export type BrokerEpoch = number;

export interface TopicPartition {
  /** Letters, digits, `.`, `_` and `-`; at most 100, and neither `.` nor `..`. */
  readonly topic: string;
  /** From 0. */
  readonly partition: number;
}

/** `orders-0`: the name of a partition's directory, and its key in maps. */
export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

/** Where the log of an epoch ends: the first offset that is not of `epoch` or an earlier one. */
export interface EpochEnd {
  readonly epoch: LeaderEpoch;
  readonly endOffset: Offset;
}
