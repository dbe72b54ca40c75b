import type { BrokerErrorCode } from "../errors.js";
import type { LogConfig } from "../log/types.js";
import type { BrokerEpoch, BrokerId, LeaderEpoch, Offset, PartitionEpoch, TopicPartition } from "../types.js";

/** One broker, as the controller knows it (KIP-631). */
export interface BrokerState {
  readonly id: BrokerId;
  readonly epoch: BrokerEpoch;
  /** Drawn by the broker at each start: the same registration twice is not two. */
  readonly incarnation: number;
  /** It gets no leadership, and is in no ISR. So is each broker until it has caught up with the metadata. */
  readonly isFenced: boolean;
  /** Of the record that fenced it last. A heartbeat of whoever has not seen that may be older, and unfences nobody. */
  readonly fencedAt: Offset;
  /** It is being shut down in order: its leaderships are moved away, and it joins no ISR (KIP-841). */
  readonly isShuttingDown: boolean;
}

export interface TopicConfig extends LogConfig {
  /** An append with `acks` all needs so many replicas in sync; the high watermark stands still below (KIP-966). */
  readonly minInsyncReplicas: number;
  /** Whether a replica that is out of sync may lead where nobody else can: loses what it has not. */
  readonly allowsUncleanElection: boolean;
}

export interface TopicState {
  readonly topic: string;
  readonly partitions: number;
  readonly config: TopicConfig;
}

/** One partition. Lists have no duplicates; `isr`, `elr` and `lastKnownElr` are disjoint parts of `replicas`. */
export interface PartitionState {
  /** In order of preference: the first is the preferred leader. While it is reassigned: the target's, then those that go. */
  readonly replicas: readonly BrokerId[];
  /** Of `replicas`: those that a reassignment adds, and those that it removes. Empty where none is under way. */
  readonly adding: readonly BrokerId[];
  readonly removing: readonly BrokerId[];
  readonly isr: readonly BrokerId[];
  /** Eligible leader replicas: left the ISR below `minInsyncReplicas`, hold everything committed all the same (KIP-966). */
  readonly elr: readonly BrokerId[];
  /**
   * Last known ELR, in the order of `replicas`, disjoint from both: left ISR or ELR uncleanly since the ISR last had
   * `minInsyncReplicas` members. Any of them may have lost what it held; not all of them have (see `recoverLeader`).
   */
  readonly lastKnownElr: readonly BrokerId[];
  readonly leader: BrokerId | undefined;
  /** Goes up with every leader, and with every end of one. */
  readonly leaderEpoch: LeaderEpoch;
  /** Goes up with every change. */
  readonly partitionEpoch: PartitionEpoch;
}

/** What the metadata log consists of. Each record says all of what it is about: applying one twice changes nothing. */
export type MetadataRecord =
  | { readonly kind: "broker"; readonly broker: BrokerState }
  | { readonly kind: "topic"; readonly topic: TopicState }
  | { readonly kind: "partition"; readonly partition: TopicPartition; readonly state: PartitionState }
  | { readonly kind: "producerIds"; readonly next: number };

/** The cluster as of an offset of the metadata log. */
export interface MetadataImage {
  /** Number of records applied: the offset of the next one. */
  readonly offset: Offset;
  /** Chains over all records applied: equal where the same ones were, in the same order. */
  readonly digest: number;
  readonly brokers: ReadonlyMap<BrokerId, BrokerState>;
  readonly topics: ReadonlyMap<string, TopicState>;
  /** By `partitionName`. */
  readonly partitions: ReadonlyMap<
    string,
    { readonly partition: TopicPartition; readonly state: PartitionState }
  >;
  readonly nextProducerId: number;
}

/** A replica that is proposed for the ISR, in the life in which it caught up (KIP-903). */
export interface IsrMember {
  readonly broker: BrokerId;
  readonly epoch: BrokerEpoch;
}

/** What the controllers agree on by Raft. Each is checked against the state when it is applied, and there alone. */
export type MetadataCommand =
  /** `previousEpoch`: of the life that this one's logs were closed in, in order; undefined where they were not (KIP-966). */
  | {
      readonly kind: "register";
      readonly broker: BrokerId;
      readonly incarnation: number;
      readonly previousEpoch: BrokerEpoch | undefined;
    }
  /** `metadataOffset`: up to where the broker has applied the metadata. */
  | {
      readonly kind: "unfence";
      readonly broker: BrokerId;
      readonly epoch: BrokerEpoch;
      readonly metadataOffset: Offset;
    }
  | { readonly kind: "fence"; readonly broker: BrokerId; readonly epoch: BrokerEpoch }
  | { readonly kind: "beginShutdown"; readonly broker: BrokerId; readonly epoch: BrokerEpoch }
  | {
      readonly kind: "createTopic";
      readonly topic: string;
      readonly config: TopicConfig;
      /** For each partition its replicas, the preferred leader first. */
      readonly assignments: readonly (readonly BrokerId[])[];
    }
  | {
      readonly kind: "alterPartition";
      readonly partition: TopicPartition;
      readonly leader: BrokerId;
      readonly brokerEpoch: BrokerEpoch;
      readonly leaderEpoch: LeaderEpoch;
      readonly partitionEpoch: PartitionEpoch;
      readonly isr: readonly IsrMember[];
    }
  /** Has the preferred replica lead where it is in sync; `unclean`: has anybody lead who is alive, where nobody may. */
  | {
      readonly kind: "electLeader";
      readonly partition: TopicPartition;
      readonly mode: "preferred" | "unclean";
    }
  /** `replicas` undefined: the reassignment that is under way is undone. */
  | {
      readonly kind: "reassign";
      readonly partition: TopicPartition;
      readonly replicas: readonly BrokerId[] | undefined;
    }
  | {
      readonly kind: "allocateProducerIds";
      readonly broker: BrokerId;
      readonly epoch: BrokerEpoch;
      readonly count: number;
    }
  /**
   * Has `leader` lead, where nobody is left who certainly holds what is committed: of all that may, the `candidates`, in
   * the lives that they were asked in, its log is the longest (KIP-966, unclean recovery, Balanced).
   */
  | {
      readonly kind: "recoverLeader";
      readonly partition: TopicPartition;
      readonly partitionEpoch: PartitionEpoch;
      readonly leader: BrokerId;
      readonly candidates: readonly IsrMember[];
    };

/** `value`: of `register` the broker's epoch, of `allocateProducerIds` the first id; else the metadata offset behind it. */
export type MetadataResult =
  | { readonly ok: true; readonly value: number; readonly state?: PartitionState }
  | { readonly ok: false; readonly code: BrokerErrorCode; readonly found: string };
