import type { TopicConfig } from "../metadata/types.js";
import {
  CREATE_TOPIC,
  ELECT_LEADER,
  METADATA,
  REASSIGN,
  type ControllerCall,
  type CreateTopicRequest,
  type ElectLeaderRequest,
  type MetadataResponse,
} from "../protocol/index.js";
import type { BrokerId, Offset, TopicPartition } from "../types.js";
import type { ClusterView } from "./cluster-view.js";

/** The way to the active controller; a `ControllerChannel` is one. */
export interface ControllerCaller {
  /** Rejects with `BrokerError`: the refusal's code, REQUEST_TIMED_OUT where the outcome is unknown, CLOSED. */
  call<Request, T>(type: ControllerCall<Request, T>, request: Request, timeoutUs: number): Promise<T>;
}

export interface NewTopic {
  readonly topic: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  /** What is left out is as `USUAL_TOPIC_CONFIG` has it. */
  readonly config?: Partial<TopicConfig>;
  /** For each partition its replicas, the preferred leader first; the controller places them unless given. */
  readonly assignments?: CreateTopicRequest["assignments"];
}

const DAY_MS = 86_400_000;

/** Kafka's defaults. */
export const USUAL_TOPIC_CONFIG: TopicConfig = {
  segmentBytes: 1_073_741_824,
  segmentMs: 7 * DAY_MS,
  indexIntervalBytes: 4_096,
  cleanup: "delete",
  retentionBytes: -1,
  retentionMs: 7 * DAY_MS,
  deleteRetentionMs: DAY_MS,
  minDirtyPermille: 500,
  producerExpiryMs: DAY_MS,
  minInsyncReplicas: 1,
  allowsUncleanElection: false,
};

/**
 * Changes the cluster. Each call resolves with the metadata offset behind the change once the controllers have agreed on
 * it; brokers hear of it a little later. What rejects is said at `ControllerCaller.call`.
 */
export class Admin {
  readonly #controllers: ControllerCaller;
  readonly #cluster: ClusterView;

  /** Both are shared, and closed by whoever made them. */
  constructor(controllers: ControllerCaller, cluster: ClusterView) {
    this.#controllers = controllers;
    this.#cluster = cluster;
  }

  createTopic(topic: NewTopic, timeoutUs: number): Promise<Offset> {
    const config = { ...USUAL_TOPIC_CONFIG, ...topic.config };
    return this.#controllers.call(CREATE_TOPIC, { assignments: undefined, ...topic, config }, timeoutUs);
  }

  /** `replicas` undefined: undoes the reassignment that is under way. Resolves when it begins, not when it is complete. */
  reassign(
    partition: TopicPartition,
    replicas: readonly BrokerId[] | undefined,
    timeoutUs: number,
  ): Promise<Offset> {
    return this.#controllers.call(REASSIGN, { partition, replicas }, timeoutUs);
  }

  electLeader(
    partition: TopicPartition,
    mode: ElectLeaderRequest["mode"],
    timeoutUs: number,
  ): Promise<Offset> {
    return this.#controllers.call(ELECT_LEADER, { partition, mode }, timeoutUs);
  }

  /** Some broker's view, which may be old and says how old. No topics: all of them. */
  describe(topics: readonly string[], timeoutUs: number): Promise<MetadataResponse> {
    return this.#cluster.askAnyone(METADATA, { topics }, timeoutUs);
  }
}
