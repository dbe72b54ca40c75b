import type { Env } from "../../env/index.js";
import { BrokerError } from "../errors.js";
import type { MetadataImage } from "../metadata/types.js";
import type { LeaderHint, PartitionError } from "../protocol/types.js";
import type { Lifeline, Partition } from "../replica/index.js";
import { partitionName, type BrokerEpoch, type TopicPartition } from "../types.js";
import type { BrokerSettings } from "./options.js";
import type { TransactionHooks } from "./transaction-hooks.js";

/** What those who answer requests need of the broker. */
export interface Desk {
  readonly env: Env;
  readonly settings: BrokerSettings;
  readonly lifeline: Lifeline;
  /** Of this broker's present life; undefined before it is registered. */
  readonly brokerEpoch: BrokerEpoch | undefined;
  /** As this broker knows the cluster. */
  readonly image: MetadataImage;
  readonly transactions: TransactionHooks;
  /** Throws UNKNOWN_TOPIC_OR_PARTITION and NOT_LEADER_OR_FOLLOWER. */
  find(partition: TopicPartition): Partition;
}

interface Refused {
  readonly partition: TopicPartition;
  readonly ok: false;
  readonly error: PartitionError;
}

/** The part of an answer that says why a partition's part of the request was not done. Throws what is no `BrokerError`. */
export function refused(desk: Desk, partition: TopicPartition, error: unknown): Refused {
  if (!(error instanceof BrokerError)) throw error;
  const { code, parts } = error;
  const leader = code === "NOT_LEADER_OR_FOLLOWER" ? leaderOf(desk, partition) : undefined;
  const said = { code, found: parts.found };
  return { partition, ok: false, error: leader === undefined ? said : { ...said, leader } };
}

/** Who leads, for whoever asked the wrong broker (KIP-951). */
function leaderOf({ image }: Desk, partition: TopicPartition): LeaderHint | undefined {
  const state = image.partitions.get(partitionName(partition))?.state;
  return state?.leader === undefined ? undefined : { broker: state.leader, epoch: state.leaderEpoch };
}
