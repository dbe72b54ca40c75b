import type { Observation } from "../../env/index.js";
import type { LeaderEpoch, Offset } from "../types.js";

/** Why a member is none any more. */
export type LeftReason =
  | "left"
  | "rebalance-timeout"
  | "replaced"
  | "session-timeout"
  | "sync-timeout"
  | "fenced"
  /** It did not give up in time what it was asked to (KIP-848). */
  | "revocation-timeout";

/** Of a group whose coordinator assigns (KIP-848). `reconciling`: some members don't have yet what they are to have. */
export type ConsumerGroupState = "empty" | "reconciling" | "stable";

export interface GroupMemberSeen {
  readonly memberId: string;
  readonly instanceId: string | undefined;
  /** The node it is at. */
  readonly client: string;
  /** As its leader encoded it. */
  readonly assignment: Uint8Array;
}

/** What a member has by KIP-848, as its coordinator has committed it; the member may not have heard of it yet. */
export interface MemberEpochSeen {
  readonly group: string;
  readonly memberId: string;
  readonly instanceId: string | undefined;
  readonly client: string;
  /** -2: static, and gone for a while. */
  readonly memberEpoch: number;
  /** Names, without those that it is to give up. */
  readonly partitions: readonly string[];
  /** Names of those. */
  readonly revoking: readonly string[];
  readonly state: "stable" | "unrevoked" | "unreleased";
}

/** A generation that is complete, and committed; by KIP-848 a group epoch, and what each member is to have in it. */
export interface GenerationSeen {
  readonly group: string;
  readonly generation: number;
  /** Undefined: there are no members. */
  readonly protocol: string | undefined;
  readonly leaderId: string | undefined;
  readonly members: readonly GroupMemberSeen[];
}

/** What coordinators of groups tell `env.observe`. `partition` is a `partitionName`. */
export type GroupEvent = Observation &
  /** A coordinator has read all of its log, and all of it is committed. */
  (
    | {
        readonly kind: "group/loaded";
        /** Which partition of the offsets topic. */
        readonly shard: number;
        readonly epoch: LeaderEpoch;
        readonly groups: readonly GenerationSeen[];
      }
    | ({ readonly kind: "group/generation" } & GenerationSeen)
    | ({ readonly kind: "group/member-epoch" } & MemberEpochSeen)
    | {
        readonly kind: "group/state";
        readonly group: string;
        readonly state: "empty" | "preparing" | "completing" | "stable" | ConsumerGroupState;
        readonly generation: number;
        /** Members that there are, not only those that have joined. */
        readonly members: readonly string[];
      }
    /** A generation begins without a static member, which takes part when it comes back (KIP-345). */
    | {
        readonly kind: "group/member-absent";
        readonly group: string;
        readonly memberId: string;
        readonly generation: number;
      }
    | {
        readonly kind: "group/member-left";
        readonly group: string;
        readonly memberId: string;
        readonly generation: number;
        readonly reason: LeftReason;
      }
    /** It is committed. `memberId` empty, `generation` -1: by nobody that is a member, or by a transaction. */
    | {
        readonly kind: "group/offset-committed";
        readonly group: string;
        readonly partition: string;
        readonly offset: Offset;
        readonly memberId: string;
        readonly generation: number;
        /** Of the transaction that it was part of. */
        readonly producerId: number | undefined;
      }
    | { readonly kind: "group/offset-expired"; readonly group: string; readonly partition: string }
    /** Nothing is known of it any more. */
    | { readonly kind: "group/removed"; readonly group: string }
  );

/** The rare paths of coordinators of groups, for `mustReach`. */
export const GROUP_MARKS = [
  "group/answer-repeated",
  "group/converted",
  "group/fenced-instance",
  "group/fenced-member-epoch",
  "group/illegal-generation",
  "group/load-in-progress",
  "group/loaded-members",
  "group/offset-expired",
  "group/member-returned",
  "group/revocation-expired",
  "group/session-expired",
  "group/stale-member-epoch",
  "group/static-replaced",
  "group/sync-timed-out",
  "group/unreleased-instance",
  "group/unstable-offset",
] as const;

export type GroupMark = (typeof GROUP_MARKS)[number];
