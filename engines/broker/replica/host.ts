import type { Env } from "../../env/index.js";
import type { BrokerState, PartitionState } from "../metadata/types.js";
import type { AlterPartitionRequest } from "../protocol/types.js";
import type { BrokerEpoch, BrokerId } from "../types.js";
import type { Lifeline } from "./lifeline.js";

/**
 * When a record counts as stored. `cache`: once it is in the page cache, as Kafka has it. `sync`: once it is durable, at
 * the leader and at each follower.
 */
export type Durability = "cache" | "sync";

/** What a partition needs of the broker that it is at. */
export interface PartitionHost {
  readonly env: Env;
  readonly broker: BrokerId;
  readonly durability: Durability;
  /** A follower that was not at the leader's end for longer is out of sync. */
  readonly replicaLagMaxUs: number;
  /** How long after a proposal without an answer it is made again. */
  readonly alterRetryUs: number;
  readonly lifeline: Lifeline;
  /** Of this broker's present life; undefined before it is registered. */
  readonly brokerEpoch: BrokerEpoch | undefined;
  /** As this broker's metadata has it. */
  brokerState(broker: BrokerId): BrokerState | undefined;
  /** Rejects with `BrokerError`: the controller's refusal, or what kept the answer away. */
  alterPartition(request: AlterPartitionRequest): Promise<PartitionState>;
  /** Whom this broker follows has changed. */
  followingChanged(): void;
  /** High watermarks are on the disk as they are now when it resolves. */
  checkpointHighWatermarks(): Promise<void>;
  /** The disk failed, or its bytes are damaged: the broker can't go on. */
  fail(error: Error): void;
}
