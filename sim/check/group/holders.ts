import type { GivenTold, GroupBroken, GroupRule, PartitionNamed } from "./types.js";

/** Since when a member has had a partition. */
interface Tenure {
  /** What was committed when it got it: it is not to begin below. */
  floor: number;
  /** The next record that it is to give out; undefined: the first one. */
  next: number | undefined;
}

interface Holder {
  generation: number;
  readonly tenures: Map<PartitionNamed, Tenure>;
  /** By partition: another was given it in that generation, before this one had given it up. */
  readonly overtaken: Map<PartitionNamed, { readonly generation: number; readonly by: string }>;
}

/** What the members of one group believe that they have. One that is cut off may be wrong, by an older generation. */
export class Holders {
  readonly #group: string;
  readonly #holders: Map<string, Holder> = new Map();

  constructor(group: string) {
    this.#group = group;
  }

  /** A member goes by a new generation, in which it got `partitions` on top of what it has kept. */
  assigned(
    { holder: name, generation, partitions }: GivenTold,
    floorOf: (partition: PartitionNamed) => number,
  ): GroupBroken | undefined {
    const holder = this.#holder(name);
    holder.generation = generation;
    let found = this.#overtaken(name, holder);
    holder.overtaken.clear();
    for (const partition of partitions) {
      holder.tenures.set(partition, { floor: floorOf(partition), next: undefined });
      found ??= this.#meet(name, holder, partition);
    }
    return found;
  }

  revoked(name: string, partitions: readonly PartitionNamed[]): void {
    const { tenures } = this.#holder(name);
    for (const partition of partitions) tenures.delete(partition);
  }

  /** It has nothing any more, or is no more. */
  gone(name: string): void {
    this.#holders.delete(name);
  }

  generationOf(name: string): number | undefined {
    return this.#holders.get(name)?.generation;
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

  /** Another has the partition, too: in the same generation, or by an older one and not told yet. */
  #meet(name: string, { generation }: Holder, partition: PartitionNamed): GroupBroken | undefined {
    for (const [other, { generation: theirs, tenures, overtaken }] of this.#holders) {
      if (other === name || !tenures.has(partition)) continue;
      if (theirs === generation) {
        const message = `${other} and ${name} have ${partition} by generation ${generation}`;
        return this.#broken("two-owners", message);
      }
      if (theirs < generation) overtaken.set(partition, { generation, by: name });
    }
    return undefined;
  }

  /** Who takes part in a round has given up by then what goes to others in it. */
  #overtaken(name: string, { generation, overtaken }: Holder): GroupBroken | undefined {
    for (const [partition, { generation: in_, by }] of overtaken) {
      if (in_ !== generation) continue;
      const message = `${by} was given ${partition} in generation ${generation} while ${name} had it, which was in it`;
      return this.#broken("assigned-before-revoked", message);
    }
    return undefined;
  }

  #holder(name: string): Holder {
    let holder = this.#holders.get(name);
    if (holder === undefined) {
      holder = { generation: -1, tenures: new Map(), overtaken: new Map() };
      this.#holders.set(name, holder);
    }
    return holder;
  }

  #broken(rule: GroupRule, text: string): GroupBroken {
    return { rule, message: `${this.#group}: ${text}` };
  }
}
