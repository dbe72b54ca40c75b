import type { CommitTold, GivenTold, GroupBroken, PartitionNamed } from "./types.js";

/** One life of a program that has a partition, by its own account, and by what it goes. */
export interface Holding {
  readonly holder: string;
  readonly memberId: string;
  readonly generation: number;
}

/** Somebody else has a partition, too. */
export interface Overlap extends Holding {
  readonly partition: PartitionNamed;
}

/** What a member that was given something has now, and who else has some of what it was given. */
export interface Taking extends GivenTold {
  readonly held: readonly PartitionNamed[];
  readonly overlaps: readonly Overlap[];
}

/** Whose a partition is, by the protocol of its group. */
export interface Ownership {
  /** Whether what a member goes by is what the latest coordinator says, and not one that was deposed. */
  isCurrent(holding: Holding): boolean;
  assigned(taking: Taking): GroupBroken | undefined;
  /** A generation begins without a member that is in it. */
  absent(memberId: string, generation: number): void;
  /** A member has nothing any more, or is no more. */
  gone(holder: string): void;
  /** Whether whoever commits may do so. */
  committed(commit: CommitTold): GroupBroken | undefined;
  /** Whether a member has come to what the group is at now. */
  isUpToDate(holding: Holding, held: readonly PartitionNamed[]): boolean;
}
