import type { BrokerErrorCode } from "../../errors.js";
import type { BrokerEpoch, BrokerId, TopicPartition } from "../../types.js";
import { partitionName } from "../../types.js";
import type { PartitionEntry } from "../image.js";
import type { BrokerState, MetadataImage, MetadataRecord, PartitionState } from "../types.js";

/** What a command comes to: the records that it adds, or why it is refused. A function of image and command alone. */
export type Verdict = Accepted | Refused;

export interface Accepted {
  readonly ok: true;
  readonly records: readonly MetadataRecord[];
  /** What the result says in place of the offset behind it. */
  readonly value?: number;
  /** The partition that the command was about, as it is then. */
  readonly state?: PartitionState;
}

export interface Refused {
  readonly ok: false;
  readonly code: BrokerErrorCode;
  readonly found: string;
}

/** All is as the command wants it. */
export const NOTHING_TO_DO: Accepted = { ok: true, records: [] };

export function refused(code: BrokerErrorCode, found: string): Refused {
  return { ok: false, code, found };
}

/** One record, for the partition's new state. */
export function partitionChanged(partition: TopicPartition, state: PartitionState): Accepted {
  return { ok: true, records: [{ kind: "partition", partition, state }], state };
}

type Found<T> = { readonly ok: true; readonly found: T } | Refused;

export function findPartition(image: MetadataImage, partition: TopicPartition): Found<PartitionEntry> {
  const name = partitionName(partition);
  const found = image.partitions.get(name);
  return found === undefined ? refused("UNKNOWN_TOPIC_OR_PARTITION", name) : { ok: true, found };
}

/** The broker, in the life that asks: an earlier one's word counts for nothing any more. */
export function findLife(image: MetadataImage, broker: BrokerId, epoch: BrokerEpoch): Found<BrokerState> {
  const found = image.brokers.get(broker);
  if (found === undefined) return refused("STALE_BROKER_EPOCH", `no registration of ${broker}`);
  if (found.epoch !== epoch) {
    return refused("STALE_BROKER_EPOCH", `${broker} in epoch ${found.epoch}, not ${epoch}`);
  }
  return { ok: true, found };
}

export function hasDuplicates(names: readonly string[]): boolean {
  return new Set(names).size !== names.length;
}
