/** What is known of a group whose coordinator assigns (KIP-848): all of it is in records, and is never changed in place. */
import type { PartitionCounts } from "../../assignors/index.js";
import type { ServerAssignor } from "../../protocol/index.js";
import type { TopicPartition } from "../../types.js";

/** A static member that has gone for a while (KIP-848): its place is kept as long as its session. */
export const AWAY_EPOCH = -2;
/** What a member that goes for good says. */
export const LEAVING_EPOCH = -1;
/** What a member that is none yet says. */
export const JOINING_EPOCH = 0;

export interface GroupHead {
  /** Of the target assignment; it goes up by `EPOCH_STEP` whenever that is found anew. */
  readonly epoch: number;
  /** The one that the target was found by. */
  readonly assignor: ServerAssignor;
  /** Milliseconds since 1970; undefined where there are members. */
  readonly emptySinceMs: number | undefined;
  /** Of the topics that somebody subscribes to, as far as they are there, by name: what the target was found from. */
  readonly partitions: PartitionCounts;
}

/** What a member has said of itself. */
export interface ConsumerMember {
  readonly memberId: string;
  readonly instanceId: string | undefined;
  /** The node it is at, for people and checks. */
  readonly client: string;
  readonly rebalanceTimeoutUs: number;
  readonly topics: readonly string[];
  /** Undefined: it leaves that to the others, and to the coordinator. */
  readonly assignor: ServerAssignor | undefined;
}

/**
 * `unrevoked`: it has to give up partitions before anything else happens to it. `unreleased`: it waits for partitions that
 * others have yet to give up. `stable`: neither.
 */
export type MemberState = "stable" | "unrevoked" | "unreleased";

export interface OwnedPartition {
  readonly partition: TopicPartition;
  /** The member's epoch when it was given the partition: its commits count from then on (KIP-1251). */
  readonly epoch: number;
}

/** What a member has, as far as it has been told, or is about to be. */
export interface CurrentAssignment {
  readonly state: MemberState;
  readonly epoch: number;
  /** The one before: it may not have heard of `epoch` yet. */
  readonly previousEpoch: number;
  /** By topic and number, as all lists of partitions here. */
  readonly assigned: readonly OwnedPartition[];
  /** What it is to give up, and still has. Nobody else gets it. */
  readonly revoking: readonly OwnedPartition[];
}

/** All that is known of a group, and all that a successor will know. Members have an entry in each of the three. */
export interface ConsumerGroup {
  readonly id: string;
  readonly head: GroupHead;
  /** By member id. */
  readonly members: ReadonlyMap<string, ConsumerMember>;
  /** What each is to have. */
  readonly targets: ReadonlyMap<string, readonly TopicPartition[]>;
  readonly currents: ReadonlyMap<string, CurrentAssignment>;
}

/** What the rules need to know beside the group and the request. */
export interface ConsumerRules {
  readonly defaultAssignor: ServerAssignor;
  /** How many partitions a topic has, as this broker knows; undefined where it is not there, or not yet. */
  readonly partitionsOf: (topic: string) => number | undefined;
  readonly nowMs: number;
}
