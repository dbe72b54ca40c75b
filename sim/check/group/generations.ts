import { judgeAssignment } from "./assignment.js";
import type { GenerationTold, GroupBroken, GroupRule, MemberTold, PartitionNamed } from "./types.js";

/** The generations of one group, over all of its coordinators. */
export class Generations {
  readonly #group: string;
  readonly #topics: ReadonlyMap<string, number>;
  readonly #told: Map<number, GenerationTold> = new Map();
  /** By generation and member id, also ids that others took over since: an instance keeps its part. */
  readonly #shares: Map<number, Map<string, readonly PartitionNamed[]>> = new Map();
  /** By member id, all that it was ever given. */
  readonly #given: Map<string, Set<PartitionNamed>> = new Map();
  #latest: GenerationTold | undefined;

  constructor(group: string, topics: ReadonlyMap<string, number>) {
    this.#group = group;
    this.#topics = topics;
  }

  get latest(): GenerationTold | undefined {
    return this.#latest;
  }

  /** What a member of this generation has by it; undefined where it is not known as one. */
  shareOf(generation: number, memberId: string): readonly PartitionNamed[] | undefined {
    return this.#shares.get(generation)?.get(memberId);
  }

  /** Whether this generation has that member, as it was told last. */
  isMember(generation: number, memberId: string): boolean {
    return this.#told.get(generation)?.members.some((each) => each.memberId === memberId) === true;
  }

  /** Whether anything is known of this generation. */
  has(generation: number): boolean {
    return this.#told.has(generation);
  }

  /** Who has the partition in this generation. */
  ownerIn(generation: number, partition: PartitionNamed): string | undefined {
    return this.#told.get(generation)?.members.find(({ partitions }) => partitions.includes(partition))
      ?.memberId;
  }

  /** A generation is complete, or a coordinator begins with it. `mayRestart`: the group may have been forgotten. */
  tell(told: GenerationTold, mayRestart: boolean): GroupBroken | undefined {
    const latest = this.#latest;
    if (latest !== undefined && told.generation < latest.generation) {
      if (!mayRestart) return this.back(`generation ${told.generation}`);
      this.#told.clear();
      this.#shares.clear();
    }
    const known = this.#told.get(told.generation);
    this.#latest = told;
    this.#told.set(told.generation, told);
    if (known !== undefined && !mayRestart && textOf(known.members) !== textOf(told.members)) {
      const message = `it was ${textOf(known.members)}, and then ${textOf(told.members)}`;
      return this.#broken("generation-changed", told.generation, message);
    }
    const wrong =
      known === undefined
        ? judgeAssignment(told, {
            topics: this.#topics,
            mayHave: (memberId, partition) => this.#given.get(memberId)?.has(partition) === true,
          })
        : undefined;
    this.#note(told);
    return wrong;
  }

  back(found: string): GroupBroken {
    return this.#broken(
      "generation-back",
      this.#latest?.generation ?? 0,
      `it was complete, and then ${found}`,
    );
  }

  #note({ generation, members }: GenerationTold): void {
    const shares = this.#shares.get(generation) ?? new Map<string, readonly PartitionNamed[]>();
    this.#shares.set(generation, shares);
    for (const { memberId, partitions } of members) {
      shares.set(memberId, partitions);
      const given = this.#given.get(memberId) ?? new Set();
      this.#given.set(memberId, given);
      for (const partition of partitions) given.add(partition);
    }
  }

  #broken(rule: GroupRule, generation: number, text: string): GroupBroken {
    return { rule, message: `generation ${generation} of ${this.#group}: ${text}` };
  }
}

/** An instance is the same member under another id. */
function textOf(members: readonly MemberTold[]): string {
  if (members.length === 0) return "without members";
  return members
    .map(
      ({ memberId, instanceId, partitions }) =>
        `${instanceId ?? memberId} ${partitions.toSorted().join(" ")}`,
    )
    .toSorted()
    .join("; ");
}
