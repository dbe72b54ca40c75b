import type { CommittedOffset } from "../protocol/group-types.js";
import type { Offset, TopicPartition } from "../types.js";

/** A member as a successor of the coordinator takes it over. */
export interface StoredMember {
  readonly memberId: string;
  readonly instanceId: string | undefined;
  /** The node it is at, for people and checks. */
  readonly client: string;
  readonly sessionTimeoutUs: number;
  readonly rebalanceTimeoutUs: number;
  /** What it wants the leader to know, in the group's protocol. */
  readonly metadata: Uint8Array;
  readonly assignment: Uint8Array;
}

/** A group when its last generation was complete, or when it became empty. */
export interface StoredGroup {
  readonly generation: number;
  /** Both undefined where there are no members. */
  readonly protocol: string | undefined;
  readonly leaderId: string | undefined;
  /** Milliseconds since 1970; undefined where there are members. */
  readonly emptySinceMs: number | undefined;
  readonly members: readonly StoredMember[];
}

/** A committed offset, as its record says. */
export interface StoredOffset extends CommittedOffset {
  readonly partition: TopicPartition;
  readonly committedMs: number;
  /** Of the record: where two say something of one partition, the later one counts. */
  readonly recordOffset: Offset;
}
