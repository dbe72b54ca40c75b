import type { Generations } from "./generations.js";
import {
  broken,
  type GroupBroken,
  type GroupRule,
  type MemberEpochTold,
  type MemberLeftTold,
  type PartitionNamed,
} from "./types.js";

/** A member as its coordinator has it, from when it comes in until it is out. */
export interface Seat {
  told: MemberEpochTold;
  /** The epoch in which it came in. */
  readonly since: number;
  /** Of each partition that it has, the epoch in which it was given that. */
  readonly given: Map<PartitionNamed, number>;
}

/** What the coordinators of one group say that its members have (KIP-848). */
export class Members {
  readonly #generations: Generations;
  readonly #seats: Map<string, Seat> = new Map();
  /** Of whom the latest coordinator has yet to say what they have; it says so of all, one by one. */
  #unsaid: Set<string> = new Set();
  /** By member id, all epochs that it was ever in. */
  readonly #epochs: Map<string, Set<number>> = new Map();

  constructor(generations: Generations) {
    this.#generations = generations;
  }

  get(memberId: string): Seat | undefined {
    return this.#seats.get(memberId);
  }

  /** Whether somebody of this id was in this epoch at some time. */
  wasIn(memberId: string, epoch: number): boolean {
    return this.#epochs.get(memberId)?.has(epoch) === true;
  }

  /** Said late, by a coordinator that has a successor: it was so all the same. */
  note({ memberId, memberEpoch }: MemberEpochTold): void {
    const epochs = this.#epochs.get(memberId) ?? new Set();
    this.#epochs.set(memberId, epochs.add(memberEpoch));
  }

  tell(told: MemberEpochTold): GroupBroken | undefined {
    this.note(told);
    const { memberId } = told;
    const before = this.#seats.get(memberId);
    // Who comes back from away has nothing, whatever is kept for it: nothing that it did before counts any more.
    const isBack = before !== undefined && isAway(before.told) && !isAway(told);
    const seat = before === undefined || isBack ? newSeat(told) : before;
    this.#unsaid.delete(memberId);
    const wrong = this.#judge(told, before);
    seat.told = told;
    const has = new Set([...told.assigned, ...told.revoking]);
    for (const partition of seat.given.keys()) if (!has.has(partition)) seat.given.delete(partition);
    for (const partition of has) if (!seat.given.has(partition)) seat.given.set(partition, told.memberEpoch);
    this.#seats.set(memberId, seat);
    return wrong;
  }

  left({ group, memberId, isReplaced }: MemberLeftTold): GroupBroken | undefined {
    const told = this.get(memberId)?.told;
    const isKnown = told !== undefined && !this.#unsaid.has(memberId);
    this.#seats.delete(memberId);
    if (!isReplaced || !isKnown || isAway(told)) return undefined;
    const message = `another has the place of ${memberId}, which is in epoch ${told.memberEpoch} and has not gone`;
    return broken({ group }, "instance-taken", message);
  }

  /** A coordinator begins, which knows of these alone, and says of each next what it has. */
  keep(memberIds: ReadonlySet<string>): void {
    for (const memberId of this.#seats.keys()) if (!memberIds.has(memberId)) this.#seats.delete(memberId);
    this.#unsaid = new Set(this.#seats.keys());
  }

  #judge(told: MemberEpochTold, before: Seat | undefined): GroupBroken | undefined {
    const { memberId, memberEpoch, assigned, revoking } = told;
    if (before !== undefined && !isAway(told) && memberEpoch < before.told.memberEpoch) {
      return say(told, "epoch-back", `it was in ${before.told.memberEpoch}`);
    }
    const latest = this.#generations.latest?.generation ?? 0;
    if (memberEpoch > latest) return say(told, "epoch-ahead", `the group is in ${latest}`);
    const has = [...assigned, ...revoking];
    for (const [other, { told: theirs }] of this.#seats) {
      if (other === memberId || this.#unsaid.has(other)) continue;
      const both = [...theirs.assigned, ...theirs.revoking].find((partition) => has.includes(partition));
      if (both !== undefined) return say(told, "two-owners", `${both} is ${other}'s, too`);
    }
    return this.#judgeArrived(told, latest);
  }

  /** Who has come to the group's epoch, and waits for nothing, has its share. */
  #judgeArrived(told: MemberEpochTold, latest: number): GroupBroken | undefined {
    const { memberId, memberEpoch, assigned, isStable } = told;
    if (!isStable || memberEpoch !== latest) return undefined;
    const share = this.#generations.shareOf(latest, memberId) ?? [];
    if (assigned.toSorted().join(" ") === share.toSorted().join(" ")) return undefined;
    const found = `it has ${assigned.join(" ") || "nothing"}, and is to have ${share.join(" ") || "nothing"}`;
    return say(told, "holds-unassigned", found);
  }
}

function newSeat(told: MemberEpochTold): Seat {
  return { told, since: told.memberEpoch, given: new Map() };
}

/** A static member that has gone for a while is in no epoch. */
export function isAway({ memberEpoch }: MemberEpochTold): boolean {
  return memberEpoch < 0;
}

function say(told: MemberEpochTold, rule: GroupRule, text: string): GroupBroken {
  return broken(told, rule, `its coordinator has ${told.memberId} in epoch ${told.memberEpoch}, and ${text}`);
}
