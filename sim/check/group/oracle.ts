import { ByGeneration } from "./by-generation.js";
import { ByMember } from "./by-member.js";
import { Generations } from "./generations.js";
import { Holders } from "./holders.js";
import { Members } from "./members.js";
import type { Ownership } from "./ownership.js";
import { Progress } from "./progress.js";
import {
  broken,
  type AbsentTold,
  type CommitTold,
  type CommittedAsked,
  type GenerationTold,
  type GivenTold,
  type GroupBroken,
  type HolderTold,
  type MemberEpochTold,
  type MemberLeftTold,
  type PartitionNamed,
} from "./types.js";

export interface GroupOracleOptions {
  /** How many partitions each topic has. */
  readonly topics: ReadonlyMap<string, number>;
  /** Commits may expire, and groups be forgotten, while nobody takes part. */
  readonly mayForget: boolean;
  /** An expiry that was decided when nobody took part takes effect within this time. */
  readonly expiryWithinUs: number;
  /** Who assigns: members, by generations, or coordinators, member by member (KIP-848). */
  readonly assigns: "members" | "coordinators";
}

interface Group {
  /** Of the latest coordinator. What earlier ones tell late is of before. */
  term: number;
  readonly generations: Generations;
  /** Where coordinators assign. */
  readonly members: Members;
  readonly ownership: Ownership;
  readonly holders: Holders;
  readonly progress: Map<PartitionNamed, Progress>;
  hasCommitted: boolean;
  /** Since when somebody takes part. */
  occupiedSinceUs: number | undefined;
}

/**
 * Is told what coordinators and members of consumer groups do. A rule that broke is returned where it is seen.
 *
 * `term`: of the coordinator that says so; of two, the one with the higher term came later, and had all that the other had
 * completed.
 */
export class GroupOracle {
  readonly #options: GroupOracleOptions;
  readonly #groups: Map<string, Group> = new Map();

  constructor(options: GroupOracleOptions) {
    this.#options = options;
  }

  /** A coordinator begins, for these groups, with what it knows of those that there are. */
  loaded(
    term: number,
    coordinated: readonly string[],
    known: readonly GenerationTold[],
    atUs: number,
  ): GroupBroken | undefined {
    let found: GroupBroken | undefined;
    for (const name of coordinated) {
      const group = this.#group(name);
      if (isLate(group, term)) continue;
      const told = known.find((each) => each.group === name);
      const isOccupied = told !== undefined && told.members.length > 0;
      group.occupiedSinceUs = isOccupied ? atUs : undefined;
      group.members.keep(new Set(told?.members.map(({ memberId }) => memberId)));
      if (told !== undefined) found ??= group.generations.tell(told, this.#mayRestart(group));
      else if (group.generations.latest !== undefined && !this.#mayRestart(group)) {
        found ??= group.generations.back("a coordinator did not know the group");
      }
    }
    return found;
  }

  /** A generation is complete, and its assignment will be known to all coordinators to come. */
  generation(term: number, told: GenerationTold): GroupBroken | undefined {
    const group = this.#group(told.group);
    if (isLate(group, term)) return undefined;
    return group.generations.tell(told, this.#mayRestart(group));
  }

  /** What a coordinator that assigns has of a member is committed. */
  memberEpoch(term: number, told: MemberEpochTold): GroupBroken | undefined {
    const group = this.#group(told.group);
    if (!isLate(group, term)) return group.members.tell(told);
    group.members.note(told);
    return undefined;
  }

  /** A generation begins without this member, which may have what it had until it hears of it. */
  memberAbsent({ group, memberId, generation }: AbsentTold): void {
    this.#group(group).ownership.absent(memberId, generation);
  }

  /** It is in the group no more, whether it knows or not. */
  memberLeft(term: number, told: MemberLeftTold): GroupBroken | undefined {
    const group = this.#group(told.group);
    return isLate(group, term) ? undefined : group.members.left(told);
  }

  /** Whether somebody takes part. */
  occupied(term: number, name: string, isOccupied: boolean, atUs: number): void {
    const group = this.#group(name);
    if (isLate(group, term)) return;
    group.occupiedSinceUs = isOccupied ? (group.occupiedSinceUs ?? atUs) : undefined;
  }

  /** A commit took effect. */
  committed(term: number, commit: CommitTold): GroupBroken | undefined {
    const { partition, offset, memberId } = commit;
    const group = this.#group(commit.group);
    group.hasCommitted = true;
    const progress = progressOf(group, partition);
    const said = `${memberId || "nobody"} committed ${partition} up to ${offset}`;
    const { processedTo } = progress;
    if (offset > processedTo) {
      return broken(commit, "committed-unprocessed", `${said}, and nobody has processed ${processedTo}`);
    }
    if (isLate(group, term)) return undefined;
    const before = progress.committed;
    progress.committed = offset;
    const wrong = group.ownership.committed(commit);
    if (wrong !== undefined || before === undefined || offset >= before) return wrong;
    // Whoever let it expire may have been deposed before it could say so.
    if (this.#options.mayForget) return undefined;
    return broken(commit, "committed-went-back", `${said}, and ${before} was before`);
  }

  expired(term: number, name: string, partition: PartitionNamed, atUs: number): GroupBroken | undefined {
    const group = this.#group(name);
    if (isLate(group, term)) return undefined;
    progressOf(group, partition).committed = undefined;
    group.holders.released(partition);
    const { occupiedSinceUs } = group;
    if (occupiedSinceUs === undefined) return undefined;
    const forUs = atUs - occupiedSinceUs;
    if (forUs <= this.#options.expiryWithinUs) return undefined;
    const message = `the commit of ${partition} expired, and there have been members for ${forUs} us`;
    return broken({ group: name }, "expired-in-use", message);
  }

  /** A member goes by a generation from now on; `partitions` are those that it did not have. */
  assigned(given: GivenTold): GroupBroken | undefined {
    const group = this.#group(given.group);
    const { holders, ownership } = group;
    // A coordinator that was deposed may be behind.
    const isCurrent = ownership.isCurrent(given);
    const overlaps = holders.assigned(given, (partition) =>
      isCurrent ? this.#floorOf(group, partition) : 0,
    );
    return ownership.assigned({ ...given, held: holders.held(given.holder), overlaps });
  }

  revoked({ holder, group }: HolderTold, partitions: readonly PartitionNamed[]): void {
    this.#group(group).holders.revoked(holder, partitions);
  }

  /** It knows that it has lost everything, or it has ended. */
  gone({ holder, group }: HolderTold): void {
    const { holders, ownership } = this.#group(group);
    holders.gone(holder);
    ownership.gone(holder);
  }

  /** A member got a record. */
  delivered(
    { holder, group: name }: HolderTold,
    partition: PartitionNamed,
    offset: number,
  ): GroupBroken | undefined {
    const group = this.#group(name);
    return group.holders.delivered(holder, partition, offset, progressOf(group, partition).processedTo);
  }

  /** Somebody of the group has done with a record what is to be done. */
  processed(group: string, partition: PartitionNamed, offset: number): void {
    progressOf(this.#group(group), partition).processed(offset);
  }

  /** Whether a member has come to the generation that was complete last, and has what it is to have in it. */
  isUpToDate({ holder, group }: HolderTold): boolean {
    const { holders, ownership } = this.#group(group);
    const holding = holders.get(holder);
    return holding !== undefined && ownership.isUpToDate(holding, holders.held(holder));
  }

  /** The generation that was complete last. */
  latest(group: string): GenerationTold | undefined {
    return this.#group(group).generations.latest;
  }

  /** Somebody asks what is committed of these. */
  asked(name: string, partitions: readonly PartitionNamed[]): CommittedAsked {
    const group = this.#group(name);
    return {
      group: name,
      floors: new Map(partitions.map((each) => [each, progressOf(group, each).committed])),
    };
  }

  /**
   * What was answered, without those of which nothing is committed. `isCurrent`: by the latest coordinator. One that was
   * deposed and does not know may be behind.
   */
  answered(
    { group: name, floors }: CommittedAsked,
    answer: ReadonlyMap<PartitionNamed, number>,
    isCurrent: boolean,
  ): GroupBroken | undefined {
    const group = this.#group(name);
    for (const [partition, floor] of floors) {
      const offset = answer.get(partition);
      const progress = progressOf(group, partition);
      const { processedTo } = progress;
      const said = `${partition} is said to be committed up to ${offset ?? "nothing"}`;
      if (offset !== undefined && offset > processedTo) {
        const message = `${said}, and nobody has processed ${processedTo}`;
        return broken({ group: name }, "committed-unprocessed", message);
      }
      // A coordinator that was deposed before it could say so may have committed it.
      if (isCurrent && offset !== undefined) progress.committed = Math.max(offset, progress.committed ?? 0);
      if (!isCurrent || floor === undefined || this.#options.mayForget || (offset ?? -1) >= floor) continue;
      return broken({ group: name }, "committed-lost", `${said}, and was before up to ${floor}`);
    }
    return undefined;
  }

  /** When nothing more is written and all members have had time: the end of each log, and what is committed. */
  finish(
    name: string,
    ends: ReadonlyMap<PartitionNamed, number>,
    committed: ReadonlyMap<PartitionNamed, number>,
  ): GroupBroken[] {
    const found: GroupBroken[] = [];
    for (const [partition, end] of ends) {
      const { processedTo } = progressOf(this.#group(name), partition);
      if (processedTo < end) {
        const message = `${partition}@${processedTo} was processed by nobody, and the log ends at ${end}`;
        found.push(broken({ group: name }, "not-seen", message));
      }
      const at = committed.get(partition) ?? 0;
      if (at === end) continue;
      found.push(broken({ group: name }, "lag", `${partition} is committed up to ${at}, and ends at ${end}`));
    }
    return found;
  }

  #floorOf(group: Group, partition: PartitionNamed): number {
    return this.#options.mayForget ? 0 : (progressOf(group, partition).committed ?? 0);
  }

  /** A group of which nothing is left is forgotten, and its next generation is the first. */
  #mayRestart({ hasCommitted }: Group): boolean {
    return this.#options.mayForget || !hasCommitted;
  }

  #group(name: string): Group {
    let group = this.#groups.get(name);
    if (group === undefined) {
      const { topics, mayForget, assigns } = this.#options;
      const generations = new Generations(name, topics);
      const members = new Members(generations);
      group = {
        term: -1,
        generations,
        members,
        ownership:
          assigns === "members"
            ? new ByGeneration(generations, mayForget)
            : new ByMember(members, generations, mayForget),
        holders: new Holders(name),
        progress: new Map(),
        hasCommitted: false,
        occupiedSinceUs: undefined,
      };
      this.#groups.set(name, group);
    }
    return group;
  }
}

/** Whether a coordinator says so that had a successor already. */
function isLate(group: Group, term: number): boolean {
  const isLater = term < group.term;
  group.term = Math.max(group.term, term);
  return isLater;
}

function progressOf({ progress }: Group, partition: PartitionNamed): Progress {
  let found = progress.get(partition);
  if (found === undefined) progress.set(partition, (found = new Progress()));
  return found;
}
