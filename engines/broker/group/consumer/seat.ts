import { MemberTimers, type TimersPlan } from "./timers.js";
import type { ConsumerGroup, CurrentAssignment } from "./types.js";

/** What one coordinator knows of a group beside its records. */
export class Seat {
  readonly timers: MemberTimers;
  /**
   * Which assignment each member has said it has. Until it has said so of its present one, every answer holds that: one that
   * was lost, or that went to a request that the member had given up, is not the last to hold it.
   */
  readonly confirmed: Map<string, CurrentAssignment> = new Map();

  constructor(plan: TimersPlan) {
    this.timers = new MemberTimers(plan);
  }

  /** The group has changed. */
  follow(group: ConsumerGroup): void {
    this.timers.follow(group);
    for (const memberId of this.confirmed.keys()) {
      if (!group.members.has(memberId)) this.confirmed.delete(memberId);
    }
  }

  end(): void {
    this.timers.end();
  }
}
