import type { Observation } from "../../env/index.js";
import type { LeaderEpoch, Offset } from "../types.js";

/** Why a member is none any more. */
export type LeftReason =
  "left" | "rebalance-timeout" | "replaced" | "session-timeout" | "sync-timeout" | "fenced";

export interface GroupMemberSeen {
  readonly memberId: string;
  readonly instanceId: string | undefined;
  /** The node it is at. */
  readonly client: string;
  /** As its leader encoded it. */
  readonly assignment: Uint8Array;
}

/** A generation that is complete, and committed. */
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
    | {
        readonly kind: "group/state";
        readonly group: string;
        readonly state: "empty" | "preparing" | "completing" | "stable";
        readonly generation: number;
        /** Members that there are, not only those that have joined. */
        readonly members: readonly string[];
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
  "group/fenced-instance",
  "group/illegal-generation",
  "group/load-in-progress",
  "group/loaded-members",
  "group/offset-expired",
  "group/session-expired",
  "group/static-replaced",
  "group/sync-timed-out",
  "group/unstable-offset",
] as const;

export type GroupMark = (typeof GROUP_MARKS)[number];
