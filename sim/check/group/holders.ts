import type { Holding, Overlap } from "./ownership.js";
import { broken, type GivenTold, type GroupBroken, type GroupRule, type PartitionNamed } from "./types.js";

/** Since when a member has had a partition. */
interface Tenure {
  /** What was committed when it got it: it is not to begin below. */
  floor: number;
  /** The next record that it is to give out; undefined: the first one. */
  next: number | undefined;
}

interface Holder {
  memberId: string;
  generation: number;
  readonly tenures: Map<PartitionNamed, Tenure>;
}

/** What the members of one group believe that they have. One that is cut off may be wrong, by an older generation. */
export class Holders {
  readonly #group: string;
  readonly #holders: Map<string, Holder> = new Map();

  constructor(group: string) {
    this.#group = group;
  }

  /** A member got `partitions` on top of what it has kept. Gives who else has some of them. */
  assigned(
    { holder: name, memberId, generation, partitions }: GivenTold,
    floorOf: (partition: PartitionNamed) => number,
  ): readonly Overlap[] {
    const { tenures } = this.#goesBy(name, memberId, generation);
    const overlaps: Overlap[] = [];
    for (const partition of partitions) {
      tenures.set(partition, { floor: floorOf(partition), next: undefined });
      for (const [holder, other] of this.#holders) {
        if (holder === name || !other.tenures.has(partition)) continue;
        overlaps.push({ partition, holder, memberId: other.memberId, generation: other.generation });
      }
    }
    return overlaps;
  }

  revoked(name: string, partitions: readonly PartitionNamed[]): void {
    const tenures = this.#holders.get(name)?.tenures;
    for (const partition of partitions) tenures?.delete(partition);
  }

  /** It has nothing any more, or is no more. */
  gone(name: string): void {
    this.#holders.delete(name);
  }

  /** By what a member goes; undefined before it was given anything, and when it has lost all. */
  get(name: string): Holding | undefined {
    const holder = this.#holders.get(name);
    if (holder === undefined) return undefined;
    return { holder: name, memberId: holder.memberId, generation: holder.generation };
  }

  /** What a member has, by name. */
  held(name: string): readonly PartitionNamed[] {
    return [...(this.#holders.get(name)?.tenures.keys() ?? [])];
  }

  /** What was committed is not any more: whoever has not begun may begin where it likes. */
  released(partition: PartitionNamed): void {
    for (const { tenures } of this.#holders.values()) {
      const tenure = tenures.get(partition);
      if (tenure !== undefined) tenure.floor = 0;
    }
  }

  /** `processedTo`: all below was processed by somebody. */
  delivered(
    name: string,
    partition: PartitionNamed,
    offset: number,
    processedTo: number,
  ): GroupBroken | undefined {
    const tenure = this.#holders.get(name)?.tenures.get(partition);
    const at = `${partition}@${offset}`;
    if (tenure === undefined)
      return this.#broken("delivered-unowned", `${name} gave out ${at}, and has it not`);
    const { next, floor } = tenure;
    tenure.next = offset + 1;
    if (next === undefined) {
      if (offset < floor)
        return this.#broken("resumed-behind", `${name} began at ${at}, committed was ${floor}`);
      if (offset > processedTo) {
        return this.#broken("skipped", `${name} began at ${at}, nobody has processed ${processedTo}`);
      }
      return undefined;
    }
    if (offset < next) return this.#broken("resumed-behind", `${name} went back to ${at} from ${next}`);
    if (offset > next) return this.#broken("skipped", `${name} came to ${at}, where ${next} was due`);
    return undefined;
  }

  #goesBy(name: string, memberId: string, generation: number): Holder {
    const holder = this.#holders.get(name) ?? { memberId, generation, tenures: new Map() };
    holder.memberId = memberId;
    holder.generation = generation;
    this.#holders.set(name, holder);
    return holder;
  }

  #broken(rule: GroupRule, text: string): GroupBroken {
    return broken({ group: this.#group }, rule, text);
  }
}
