import type { Clock } from "../../../env/index.js";
import { Deadline } from "../deadline.js";
import type { ConsumerGroup } from "./types.js";

/** What happens to a member whose time is over. */
export interface TimersPlan {
  readonly clock: Clock;
  readonly sessionTimeoutUs: number;
  readonly sessionEnded: (memberId: string) => void;
  readonly revocationEnded: (memberId: string) => void;
}

/**
 * Until when each member of a group has to give a sign of life, and to have given up what it must. Known to one coordinator
 * alone: whoever takes over gives all of them their whole time anew.
 */
export class MemberTimers {
  readonly #plan: TimersPlan;
  readonly #sessions: Map<string, Deadline> = new Map();
  /** With the member's epoch: each time it has to give something up, it has its time for that. */
  readonly #revocations: Map<string, { readonly epoch: number; readonly deadline: Deadline }> = new Map();

  constructor(plan: TimersPlan) {
    this.#plan = plan;
  }

  /** It gave a sign of life. */
  touch(memberId: string): void {
    this.#sessions.get(memberId)?.set(this.#plan.sessionTimeoutUs);
  }

  /** What was to happen when a time was over could not be done: it is tried again after `delayUs`. */
  tryAgain(group: ConsumerGroup, memberId: string, delayUs: number): void {
    if (group.members.has(memberId)) this.#sessions.get(memberId)?.set(delayUs);
  }

  /** The group has changed. */
  follow(group: ConsumerGroup): void {
    for (const [memberId, session] of this.#sessions) {
      if (group.members.has(memberId)) continue;
      session.cancel();
      this.#sessions.delete(memberId);
    }
    for (const memberId of group.members.keys()) {
      if (this.#sessions.has(memberId)) continue;
      this.#sessions.set(memberId, new Deadline(this.#plan.clock, () => this.#plan.sessionEnded(memberId)));
      this.touch(memberId);
    }
    this.#followRevocations(group);
  }

  end(): void {
    for (const session of this.#sessions.values()) session.cancel();
    for (const { deadline } of this.#revocations.values()) deadline.cancel();
  }

  #followRevocations({ members, currents }: ConsumerGroup): void {
    for (const [memberId, { epoch, deadline }] of this.#revocations) {
      const current = currents.get(memberId);
      if (current?.state === "unrevoked" && current.epoch === epoch) continue;
      deadline.cancel();
      this.#revocations.delete(memberId);
    }
    for (const [memberId, { state, epoch }] of currents) {
      if (state !== "unrevoked" || this.#revocations.has(memberId)) continue;
      const deadline = new Deadline(this.#plan.clock, () => this.#plan.revocationEnded(memberId));
      this.#revocations.set(memberId, { epoch, deadline });
      deadline.set(members.get(memberId)!.rebalanceTimeoutUs);
    }
  }
}
