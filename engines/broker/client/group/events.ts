import type { Observation } from "../../../env/index.js";
import type { Offset } from "../../types.js";

interface OfMember {
  readonly group: string;
  readonly memberId: string;
  /** Undefined unless it is a static member. */
  readonly instanceId: string | undefined;
  /** The member's epoch, where the coordinator assigns (KIP-848). */
  readonly generation: number;
}

interface OfPartitions extends OfMember {
  /** Each a `partitionName`. */
  readonly partitions: readonly string[];
}

/** What members of groups tell `env.observe`. */
export type GroupConsumerEvent = Observation &
  (
    | /** From here on it may give out records of them: before `onPartitionsAssigned` is called. */
      (OfPartitions & { readonly kind: "consumer/assigned" })
      /** From here on it has nothing to do with them any more: after `onPartitionsRevoked` has returned. */
    | (OfPartitions & { readonly kind: "consumer/revoked" })
    /** It has noticed that they were taken away: before `onPartitionsLost` is called. */
    | (OfPartitions & { readonly kind: "consumer/lost" })
    /** The coordinator has said that they are committed. */
    | (OfMember & {
        readonly kind: "consumer/committed";
        readonly offsets: readonly { readonly partition: string; readonly offset: Offset }[];
      })
  );

/** The rare paths of members, for `mustReach`. */
export const GROUP_CONSUMER_MARKS = [
  "consumer/commit-refused",
  "consumer/coordinator-changed",
  "consumer/generation-lost",
  "consumer/heartbeat-repeated",
  "consumer/instance-fenced",
  "consumer/metadata-rejoin",
  "consumer/poll-too-late",
  "consumer/revoked-some",
  "consumer/sync-interrupted",
  "consumer/unstable-offset",
] as const;

export type GroupConsumerMark = (typeof GROUP_CONSUMER_MARKS)[number];
