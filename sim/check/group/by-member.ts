import type { Generations } from "./generations.js";
import { isAway, type Members, type Seat } from "./members.js";
import type { Holding, Ownership, Taking } from "./ownership.js";
import { broken, type CommitTold, type GroupBroken, type PartitionNamed } from "./types.js";

/**
 * The coordinator assigns, and knows of each member what it has (KIP-848). Whoever is out of the group, and has not heard,
 * may have what it likes; anybody else has what the coordinator says that it has, and nobody has it beside.
 */
export class ByMember implements Ownership {
  readonly #members: Members;
  readonly #generations: Generations;
  readonly #mayForget: boolean;

  constructor(members: Members, generations: Generations, mayForget: boolean) {
    this.#members = members;
    this.#generations = generations;
    this.#mayForget = mayForget;
  }

  isCurrent(holding: Holding): boolean {
    return this.#seatOf(holding) !== undefined;
  }

  assigned(taking: Taking): GroupBroken | undefined {
    const { holder, memberId, generation, held, overlaps } = taking;
    const what = `${holder}, ${memberId}, goes by epoch ${generation}`;
    // Its number may be another epoch's by now.
    if (!this.#mayForget && !this.#members.wasIn(memberId, generation)) {
      return broken(taking, "generation-unknown", `${what}, which no coordinator has given it`);
    }
    const seat = this.#seatOf(taking);
    if (seat === undefined) return undefined;
    const unassigned = held.find((partition) => !seat.given.has(partition));
    if (unassigned !== undefined) {
      return broken(taking, "holds-unassigned", `${what}, and has ${unassigned}, which is not its own`);
    }
    const owner = overlaps.find((overlap) => this.isCurrent(overlap));
    if (owner === undefined) return undefined;
    const message = `${what}, and was given ${owner.partition} while ${owner.holder} had it, which is in the group`;
    return broken(taking, "assigned-before-revoked", message);
  }

  absent(): void {
    // There are no generations that members have to join.
  }

  gone(): void {
    // Coordinators say who has what.
  }

  /** By the epoch of the commit, or one since the partition was given to whoever commits (KIP-1251). */
  committed(commit: CommitTold): GroupBroken | undefined {
    const { partition, offset, memberId, generation } = commit;
    const said = `${memberId || "nobody"} committed ${partition} up to ${offset} by epoch ${generation}`;
    const seat = this.#members.get(memberId);
    if (seat === undefined) return broken(commit, "stale-commit", `${said}, and is not in the group`);
    const since = seat.given.get(partition);
    if (since === undefined) return broken(commit, "committed-not-owned", `${said}, and has it not`);
    const { memberEpoch } = seat.told;
    if (generation >= since && generation <= memberEpoch) return undefined;
    const now = `it is in ${memberEpoch}, and was given it in ${since}`;
    return broken(commit, "stale-commit", `${said}: ${now}`);
  }

  isUpToDate(holding: Holding, held: readonly PartitionNamed[]): boolean {
    const latest = this.#generations.latest?.generation;
    const told = this.#seatOf(holding)?.told;
    if (told === undefined || told.memberEpoch !== latest || !told.isStable) return false;
    return held.toSorted().join(" ") === told.assigned.toSorted().join(" ");
  }

  /** Undefined for whoever has been out, or away, since it was given what it goes by, even if it is in again. */
  #seatOf({ memberId, generation }: Holding): Seat | undefined {
    const seat = this.#members.get(memberId);
    return seat === undefined || isAway(seat.told) || generation < seat.since ? undefined : seat;
  }
}
