import type { TopicPartition } from "../types.js";

/** What an assignor is told of a member. */
export interface GroupMember {
  readonly memberId: string;
  /** A static member's (KIP-345): it keeps its place in the order under every member id. */
  readonly instanceId: string | undefined;
  /** What it subscribes to; topics that nobody knows count for nothing. */
  readonly topics: readonly string[];
  /** What it has, as it says. */
  readonly owned: readonly TopicPartition[];
  /** The generation in which it was given that (or the member epoch): -1 where it was never given anything. */
  readonly generation: number;
}

/** How many partitions each topic has. */
export type PartitionCounts = ReadonlyMap<string, number>;

/** By member id, for each member; partitions by topic and number. */
export type GroupAssignment = ReadonlyMap<string, readonly TopicPartition[]>;

/**
 * Whether members give up all they have before they join (`eager`), or only what is then assigned to others, which those
 * get in a second round (`cooperative`, KIP-429).
 */
export type RebalanceMode = "eager" | "cooperative";

/** A way to share out partitions. Pure: equal groups are given equal assignments, in whatever order they are told of. */
export interface Assignor {
  readonly name: AssignorName;
  readonly mode: RebalanceMode;
  /** Whether it matters what members have. */
  readonly isSticky: boolean;
  /**
   * Gives each partition that somebody subscribes to, to one of its subscribers. A cooperative assignor leaves out those
   * that another member has yet to give up.
   */
  assign(members: readonly GroupMember[], partitions: PartitionCounts): GroupAssignment;
}

export type AssignorName = "range" | "round-robin" | "sticky" | "cooperative-sticky" | "uniform";
