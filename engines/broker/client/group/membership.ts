import type { CoordinatorRefusal, MemberStamp } from "../../protocol/index.js";
import type { TopicPartition } from "../../types.js";

/** What `poll` has to do before it goes on: give these up, or have those from now on, and no others. */
export interface Step {
  readonly kind: "revoke" | "assign";
  readonly partitions: readonly TopicPartition[];
}

/**
 * One member of a group as its coordinator sees it, whichever of them assigns. It talks to the coordinator in the background
 * and calls no program: what comes of it, `poll` picks up.
 */
export interface Membership {
  /** Nothing can be committed for now. */
  readonly isJoining: boolean;
  /** It was in the group at some time: before, it had nothing to commit. */
  readonly hasJoined: boolean;
  /** All that it was assigned is gone, and nobody has picked that up yet. */
  readonly hasLost: boolean;

  /** What it wants from now on; at least one topic. */
  subscribe(topics: readonly string[]): void;
  /**
   * What to do next for a program that holds `held`, undefined where there is nothing but to wait. Not to be called before
   * what is lost is picked up. Throws what keeps the member out for good.
   */
  next(held: readonly TopicPartition[]): Step | undefined;
  /** What was lost is dropped. */
  acknowledgeLoss(): void;

  /** Under what a commit goes. Throws `BrokerError` where none may: REBALANCE_IN_PROGRESS, or what has put the member out. */
  stamp(): MemberStamp;
  /** Whether what the member had then it may still commit under that. */
  isCurrent(stamp: MemberStamp): boolean;
  /** The coordinator has refused what was sent under `stamp`. */
  refused(stamp: MemberStamp, refusal: CoordinatorRefusal): void;

  /** Goes out of its own accord: nobody has polled. */
  expire(): void;
  /** Leaves, as its kind of member does, and ends all that goes on. */
  close(deadlineUs: number): Promise<void>;
}
