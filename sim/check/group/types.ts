/** Of a partition: `topic-number`. */
export type PartitionNamed = string;

/** How partitions are shared out, as far as it can be seen from outside. */
export interface AssignorPromise {
  /** Whether what moves is first given up by whoever has it, and nobody's meanwhile (KIP-429). */
  readonly isCooperative: boolean;
  /**
   * Shares differ by one at most: of each topic, among those who subscribe to it; or of all together, as far as partitions can
   * pass from who has more to who has fewer; or of all together, but only where everybody subscribes to the same.
   */
  readonly balances: "each-topic" | "all" | "all-where-uniform";
}

export interface MemberTold {
  readonly memberId: string;
  /** A static member's, which keeps it under another member id. */
  readonly instanceId: string | undefined;
  /** What it subscribes to. */
  readonly topics: readonly string[];
  readonly partitions: readonly PartitionNamed[];
}

/** A generation that is complete. Without members it has no promise. */
export interface GenerationTold {
  readonly group: string;
  readonly generation: number;
  readonly promise: AssignorPromise | undefined;
  readonly members: readonly MemberTold[];
}

/** A static member that has not joined a generation, and is in it (KIP-345). */
export interface AbsentTold {
  readonly group: string;
  readonly memberId: string;
  readonly generation: number;
}

/** What a coordinator that assigns has committed of a member (KIP-848). */
export interface MemberEpochTold {
  readonly group: string;
  readonly memberId: string;
  /** Negative: a static member that has gone for a while. */
  readonly memberEpoch: number;
  /** Without what it is to give up, which is in `revoking`. */
  readonly assigned: readonly PartitionNamed[];
  readonly revoking: readonly PartitionNamed[];
  /** It neither has to give up anything, nor waits for what others give up. */
  readonly isStable: boolean;
}

/** Who is in the group no more. */
export interface MemberLeftTold {
  readonly group: string;
  readonly memberId: string;
  /** Another process has the place that it had as a static member. */
  readonly isReplaced: boolean;
}

/** A commit that took effect. `offset`: of the next record to be read. */
export interface CommitTold {
  readonly group: string;
  readonly partition: PartitionNamed;
  readonly offset: number;
  readonly memberId: string;
  readonly generation: number;
}

/** One life of a program that is a member, or was one, or will be. */
export interface HolderTold {
  /** Another one for each life. */
  readonly holder: string;
  readonly group: string;
}

export interface GivenTold extends HolderTold {
  readonly memberId: string;
  readonly generation: number;
  readonly partitions: readonly PartitionNamed[];
}

/** What a group was known to have committed when somebody asked. */
export interface CommittedAsked {
  readonly group: string;
  readonly floors: ReadonlyMap<PartitionNamed, number | undefined>;
}

export type GroupRule =
  /** Two members own a partition in the same generation, or by what their coordinator has of them (KIP-848). */
  | "two-owners"
  /** A member got what another had not given up, and that one was in the same cooperative round, or in the group (KIP-848). */
  | "assigned-before-revoked"
  /** A generation leaves out a partition that nobody has to give up first. */
  | "incomplete"
  /** A generation shares out more unevenly than the assignor promises. */
  | "unbalanced"
  /** A partition that there is not. */
  | "no-such-partition"
  /** A member was given a partition of a topic that it did not ask for. */
  | "not-subscribed"
  /** Generations are counted down, or a coordinator begins with one that was over. */
  | "generation-back"
  /** One generation was complete twice, and not the same. */
  | "generation-changed"
  /** A member goes by a generation that no coordinator has completed, or an epoch that none has given it. */
  | "generation-unknown"
  /** A member's epoch is counted down (KIP-848). */
  | "epoch-back"
  /** A member is in an epoch to which its group has not come (KIP-848). */
  | "epoch-ahead"
  /** A static member lost its place to another process, and had not gone (KIP-848). */
  | "instance-taken"
  /** A member has other partitions than it was assigned. */
  | "holds-unassigned"
  /** A member gave out records of a partition that it does not have. */
  | "delivered-unowned"
  /** Records were passed over that nobody of the group has processed. */
  | "skipped"
  /** A member began below what had been committed before it was assigned the partition, or went back. */
  | "resumed-behind"
  /** A commit took effect of somebody who is no member, or of a generation, or an epoch, that is over. */
  | "stale-commit"
  /** A commit took effect of a partition that is another member's in that generation, or not the member's (KIP-848). */
  | "committed-not-owned"
  /** What is committed has not all been processed. */
  | "committed-unprocessed"
  /** A commit took the group back. */
  | "committed-went-back"
  /** What had been committed is not there any more. */
  | "committed-lost"
  /** Commits expired of a group that has members. */
  | "expired-in-use"
  /** In the end, a record that is in the log was processed by nobody of the group. */
  | "not-seen"
  /** In the end, what is committed is not all there is. */
  | "lag";

/** A broken rule. `rule` is stable: it becomes the name of the finding's invariant. */
export interface GroupBroken {
  readonly rule: GroupRule;
  readonly message: string;
}

export function broken({ group }: { readonly group: string }, rule: GroupRule, text: string): GroupBroken {
  return { rule, message: `${group}: ${text}` };
}
