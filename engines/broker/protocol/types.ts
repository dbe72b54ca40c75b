/** What brokers, controllers and clients say to each other. */
import type { BrokerErrorCode } from "../errors.js";
import type { EndedTransaction } from "../log/types.js";
import type {
  IsrMember,
  MetadataImage,
  MetadataRecord,
  PartitionState,
  TopicConfig,
} from "../metadata/types.js";
import type {
  BrokerEpoch,
  BrokerId,
  EpochEnd,
  LeaderEpoch,
  Offset,
  PartitionEpoch,
  TopicPartition,
} from "../types.js";

/** 0: nobody waits. 1: the leader has it. `all`: every replica in sync has it, and enough are. */
export type Acks = 0 | 1 | "all";

/** Why a partition's part of a request failed; plain data. `leader`: who leads, as far as the broker knows (KIP-951). */
export interface PartitionError {
  readonly code: BrokerErrorCode;
  readonly found: string;
  readonly leader?: LeaderHint;
}

export interface LeaderHint {
  readonly broker: BrokerId;
  readonly epoch: LeaderEpoch;
}

export interface ProduceRequest {
  readonly acks: Acks;
  /** Of the producer whose transaction the batches are part of (KIP-98). */
  readonly transactionalId?: string;
  /** How long the broker waits for the others; then REQUEST_TIMED_OUT. */
  readonly timeoutUs: number;
  readonly partitions: readonly { readonly partition: TopicPartition; readonly batch: Uint8Array }[];
}

export interface ProduceResponse {
  readonly partitions: readonly ProduceResult[];
}

export type ProduceResult = { readonly partition: TopicPartition } & (
  | { readonly ok: true; readonly baseOffset: Offset; readonly logStartOffset: Offset }
  | { readonly ok: false; readonly error: PartitionError }
);

/** Who fetches as a replica, in which of its lives (KIP-903). */
export type ReplicaId = IsrMember;

/**
 * What a consumer sees (KIP-98): all that is committed in the log, also of transactions that may yet be aborted; or what
 * is below the last stable offset, without what was aborted.
 */
export type Isolation = "read_uncommitted" | "read_committed";

export interface FetchRequest {
  /** Undefined: a consumer, which gets nothing at or above the high watermark. */
  readonly replica: ReplicaId | undefined;
  /** A consumer's; followers get everything. */
  readonly isolation: Isolation;
  /** How long the broker waits for `minBytes`. */
  readonly maxWaitUs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly partitions: readonly FetchPartition[];
}

export interface FetchPartition {
  readonly partition: TopicPartition;
  /** As the fetcher knows it; `NO_EPOCH` where it does not care (KIP-320). */
  readonly currentLeaderEpoch: LeaderEpoch;
  readonly fetchOffset: Offset;
  /** Of the last batch below `fetchOffset`; `NO_EPOCH` where there is none, or it does not care. */
  readonly lastFetchedEpoch: LeaderEpoch;
  /** A follower's; 0 for a consumer. */
  readonly logStartOffset: Offset;
  readonly maxBytes: number;
}

export interface FetchResponse {
  readonly partitions: readonly FetchResult[];
}

export type FetchResult = { readonly partition: TopicPartition } & (
  | {
      readonly ok: true;
      readonly highWatermark: Offset;
      readonly lastStableOffset: Offset;
      readonly logStartOffset: Offset;
      /** To a reader of committed data: what to leave out of `batches`. */
      readonly aborted: readonly EndedTransaction[];
      /** The fetcher's log has parted from this one: it has to cut its own back to there (KIP-595). No batches then. */
      readonly diverging: EpochEnd | undefined;
      /** Whole batches. */
      readonly batches: Uint8Array;
    }
  | { readonly ok: false; readonly error: PartitionError }
);

export interface ListOffsetsRequest {
  readonly isolation: Isolation;
  readonly partitions: readonly {
    readonly partition: TopicPartition;
    readonly currentLeaderEpoch: LeaderEpoch;
    /** `latest`: the high watermark, or the last stable offset for a reader of committed data. A number: the first record that is not older, in ms since 1970. */
    readonly at: "earliest" | "latest" | number;
  }[];
}

export interface ListOffsetsResponse {
  readonly partitions: readonly ({ readonly partition: TopicPartition } & (
    | { readonly ok: true; readonly offset: Offset; readonly leaderEpoch: LeaderEpoch }
    | { readonly ok: false; readonly error: PartitionError }
  ))[];
}

/** Which topics; empty: all. */
export interface MetadataRequest {
  readonly topics: readonly string[];
}

/** A broker's view of the cluster: may be old, and says how old. */
export interface MetadataResponse {
  readonly offset: Offset;
  readonly brokers: readonly BrokerId[];
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly PartitionState[] }[];
}

/** Answered by a broker out of a block of ids that the controller gave it. */
export interface InitProducerIdResponse {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** Of the controller, to a replica of a partition that nobody leads: how long is its log? */
export interface LogEndRequest {
  readonly partition: TopicPartition;
  /** Of the life that is asked: another one may have lost what this one has. */
  readonly brokerEpoch: BrokerEpoch;
}

export type LogEndResponse = { readonly partition: TopicPartition } & (
  ({ readonly ok: true } & LogEnd) | { readonly ok: false; readonly error: PartitionError }
);

export interface LogEnd {
  /** Everything below was committed, and deleted. */
  readonly logStartOffset: Offset;
  /** Of the last batch, not only of a leader that appended nothing; `NO_EPOCH` where there is no batch. */
  readonly lastEpoch: LeaderEpoch;
  readonly endOffset: Offset;
}

/** To the active controller; refused with NOT_CONTROLLER elsewhere. */
export interface RegisterRequest {
  readonly broker: BrokerId;
  readonly incarnation: number;
  readonly previousEpoch: BrokerEpoch | undefined;
}

export interface HeartbeatRequest {
  readonly broker: BrokerId;
  readonly epoch: BrokerEpoch;
  /** Up to where the broker has applied the metadata. */
  readonly metadataOffset: Offset;
  readonly wantsShutdown: boolean;
}

export interface HeartbeatResponse {
  readonly isFenced: boolean;
  /** All of its leaderships are with others: it may go. */
  readonly mayShutDown: boolean;
}

export interface AlterPartitionRequest {
  readonly broker: BrokerId;
  readonly brokerEpoch: BrokerEpoch;
  readonly partition: TopicPartition;
  readonly leaderEpoch: LeaderEpoch;
  readonly partitionEpoch: PartitionEpoch;
  readonly isr: readonly IsrMember[];
}

/** To any controller: what it has applied, which is committed. Waits until there is something, up to `maxWaitUs`. */
export interface FetchMetadataRequest {
  readonly offset: Offset;
  readonly maxWaitUs: number;
}

export type FetchMetadataResponse =
  | { readonly kind: "records"; readonly offset: Offset; readonly records: readonly MetadataRecord[] }
  /** The records asked for are gone: all of it, in place of what the broker has. */
  | { readonly kind: "image"; readonly image: MetadataImage };

export interface CreateTopicRequest {
  readonly topic: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config: TopicConfig;
  /** Undefined: the controller places them. */
  readonly assignments: readonly (readonly BrokerId[])[] | undefined;
}

export interface ReassignRequest {
  readonly partition: TopicPartition;
  readonly replicas: readonly BrokerId[] | undefined;
}

export interface ElectLeaderRequest {
  readonly partition: TopicPartition;
  readonly mode: "preferred" | "unclean";
}

/** Which, and how many from there on. */
export interface AllocateProducerIdsRequest {
  readonly broker: BrokerId;
  readonly epoch: BrokerEpoch;
  readonly count: number;
}

export type ControllerAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: BrokerErrorCode; readonly found: string };
