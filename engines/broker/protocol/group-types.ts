/** What members of consumer groups and their coordinators say to each other. */
import type { LeaderEpoch, Offset, TopicPartition } from "../types.js";
import type { BrokerErrorCode } from "../errors.js";

/** What a coordinator is asked for. */
export type CoordinatorKind = "group" | "transaction";

/** To any broker. */
export interface FindCoordinatorRequest {
  readonly kind: CoordinatorKind;
  /** The group's, or the transactional id. */
  readonly id: string;
}

/** Why a coordinator did not do what it was asked. `memberId`: of MEMBER_ID_REQUIRED, the one to join under (KIP-394). */
export interface CoordinatorRefusal {
  readonly ok: false;
  readonly code: BrokerErrorCode;
  readonly found: string;
  readonly memberId?: string;
}

export type CoordinatorAnswer<T> = { readonly ok: true; readonly value: T } | CoordinatorRefusal;

/** Who leads the partition that holds what is known of the id. */
export interface FoundCoordinator {
  readonly broker: string;
}

/** A way to assign that a member can do, and what it wants the leader to know: a `Subscription`, encoded. */
export interface JoinProtocol {
  readonly name: string;
  readonly metadata: Uint8Array;
}

export interface JoinGroupRequest {
  readonly group: string;
  /** Empty: a new member. */
  readonly memberId: string;
  /** A static member's (KIP-345). */
  readonly instanceId: string | undefined;
  readonly sessionTimeoutUs: number;
  /** How long the group waits for this member to join a rebalance; its max-poll deadline. */
  readonly rebalanceTimeoutUs: number;
  /** In order of preference; at least one. */
  readonly protocols: readonly JoinProtocol[];
}

export interface JoinedMember {
  readonly memberId: string;
  readonly instanceId: string | undefined;
  readonly metadata: Uint8Array;
}

export interface JoinGroupResponse {
  readonly generation: number;
  readonly memberId: string;
  readonly leaderId: string;
  readonly protocol: string;
  /** The leader's; else empty. */
  readonly members: readonly JoinedMember[];
  /** A static member came back as it was: the leader need not assign anew (KIP-814). */
  readonly skipsAssignment: boolean;
}

/** A member, as it names itself to be let in. */
export interface MemberStamp {
  readonly group: string;
  readonly memberId: string;
  readonly instanceId: string | undefined;
  readonly generation: number;
}

export interface SyncGroupRequest extends MemberStamp {
  readonly protocol: string;
  /** The leader's; else empty. An `Assignment` each, encoded. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[];
}

export interface SyncGroupResponse {
  readonly assignment: Uint8Array;
}

export type GroupHeartbeatRequest = MemberStamp;

export interface LeaveGroupRequest {
  readonly group: string;
  readonly memberId: string;
  readonly instanceId: string | undefined;
}

export interface CommittedOffset {
  /** Of the next record to be read. */
  readonly offset: Offset;
  /** Of the record before it; `NO_EPOCH` where it is not known (KIP-320). */
  readonly leaderEpoch: LeaderEpoch;
  readonly metadata: string;
}

export interface OffsetToCommit extends CommittedOffset {
  readonly partition: TopicPartition;
}

/** `generation` -1 and an empty member id: whoever is no member, while the group has none. A member epoch in KIP-848's groups. */
export interface OffsetCommitRequest extends MemberStamp {
  readonly offsets: readonly OffsetToCommit[];
}

/** KIP-447: becomes visible with the transaction. */
export interface TxnOffsetCommitRequest extends OffsetCommitRequest {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
}

export interface OffsetFetchRequest {
  readonly group: string;
  /** Undefined: all that the group has committed. */
  readonly partitions: readonly TopicPartition[] | undefined;
  /** Refuse with UNSTABLE_OFFSET_COMMIT what a transaction that has not ended may change (KIP-447). */
  readonly requiresStable: boolean;
}

/** A partition without a committed offset is left out. */
export interface OffsetFetchResponse {
  readonly offsets: readonly OffsetToCommit[];
}

/**
 * What KIP-848's member says, again and again; what has not changed since is undefined. It says all of it (topics, time to
 * rebalance, owned) when it joins, and whenever it may have missed an answer.
 */
export interface ConsumerHeartbeatRequest {
  readonly group: string;
  /** Made by the member itself (KIP-1082); another one whenever it joins after it has left or was fenced. */
  readonly memberId: string;
  readonly instanceId: string | undefined;
  /** 0: joins. -1: leaves. -2: a static member that leaves for a while. */
  readonly memberEpoch: number;
  readonly rebalanceTimeoutUs: number | undefined;
  readonly topics: readonly string[] | undefined;
  readonly assignor: string | undefined;
  /**
   * What the member has, and what it was given and may yet take. It says so again once it has done what an answer with an
   * assignment asks for, also where that was nothing: only then do others get what it has given up.
   */
  readonly owned: readonly TopicPartition[] | undefined;
}

export interface ConsumerHeartbeatResponse {
  readonly memberId: string;
  readonly memberEpoch: number;
  readonly heartbeatUs: number;
  /** All that it is to have. Undefined: as before, and the member has said that it has just that. */
  readonly assignment: readonly TopicPartition[] | undefined;
}
