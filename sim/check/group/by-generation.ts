import type { Generations } from "./generations.js";
import type { Holding, Overlap, Ownership, Taking } from "./ownership.js";
import { broken, type CommitTold, type GroupBroken, type PartitionNamed } from "./types.js";

interface Overtaken {
  readonly generation: number;
  readonly by: string;
}

/** Members assign, and go by generations (the classic protocol). One that is cut off may be wrong, by an older generation. */
export class ByGeneration implements Ownership {
  readonly #generations: Generations;
  readonly #mayForget: boolean;
  /** By holder and partition: another was given it in that generation, before this one had given it up. */
  readonly #overtaken: Map<string, Map<PartitionNamed, Overtaken>> = new Map();

  /** By member id, the last generation that began without it. */
  readonly #absent: Map<string, number> = new Map();

  constructor(generations: Generations, mayForget: boolean) {
    this.#generations = generations;
    this.#mayForget = mayForget;
  }

  isCurrent({ generation }: Holding): boolean {
    return generation === this.#generations.latest?.generation;
  }

  assigned(taking: Taking): GroupBroken | undefined {
    const { holder, overlaps } = taking;
    let found = this.#wasOvertaken(taking);
    this.#overtaken.delete(holder);
    for (const overlap of overlaps) found ??= this.#meet(taking, overlap);
    return found ?? this.#judgeHeld(taking);
  }

  absent(memberId: string, generation: number): void {
    this.#absent.set(memberId, generation);
  }

  gone(holder: string): void {
    this.#overtaken.delete(holder);
  }

  committed(commit: CommitTold): GroupBroken | undefined {
    const { partition, offset, memberId, generation } = commit;
    const said = `${memberId || "nobody"} committed ${partition} up to ${offset} by generation ${generation}`;
    const latest = this.#generations.latest?.generation ?? 0;
    if (memberId === "" || generation < latest) {
      return broken(commit, "stale-commit", `${said}, which is over: now it is ${latest}`);
    }
    const owner = this.#generations.ownerIn(generation, partition);
    const isOwn = this.#generations.shareOf(generation, memberId)?.includes(partition) === true;
    if (owner === undefined || isOwn) return undefined;
    return broken(commit, "committed-not-owned", `${said}: it is ${owner}'s`);
  }

  isUpToDate(holding: Holding): boolean {
    return this.isCurrent(holding);
  }

  /**
   * Another has the partition, too: in the same generation, or by an older one and not told yet. An instance that was replaced
   * in this generation hears late that it is fenced (KIP-345), perhaps after its callback has ended for what it was given
   * before; but it is nobody by then: its successor has another id.
   */
  #meet(taking: Taking, { holder, memberId, generation, partition }: Overlap): GroupBroken | undefined {
    if (generation === taking.generation) {
      const isMember = (id: string): boolean => this.#generations.isMember(generation, id);
      const { memberId: taker } = taking;
      const wasReplaced = !isMember(taker) && this.#generations.shareOf(generation, taker) !== undefined;
      if (memberId !== taker && (!isMember(memberId) || wasReplaced)) return undefined;
      const message = `${holder} and ${taking.holder} have ${partition} by generation ${generation}`;
      return broken(taking, "two-owners", message);
    }
    if (generation > taking.generation) return undefined;
    const overtaken = this.#overtaken.get(holder) ?? new Map<PartitionNamed, Overtaken>();
    overtaken.set(partition, { generation: taking.generation, by: taking.holder });
    this.#overtaken.set(holder, overtaken);
    return undefined;
  }

  /** Who takes part in a round has given up by then what goes to others in it. A static member may have missed it. */
  #wasOvertaken(taking: Taking): GroupBroken | undefined {
    const { holder, memberId, generation } = taking;
    if (this.#absent.get(memberId) === generation) return undefined;
    for (const [partition, { generation: in_, by }] of this.#overtaken.get(holder) ?? []) {
      if (in_ !== generation) continue;
      const message = `${by} was given ${partition} in generation ${generation} while ${holder} had it, which was in it`;
      return broken(taking, "assigned-before-revoked", message);
    }
    return undefined;
  }

  #judgeHeld(taking: Taking): GroupBroken | undefined {
    const { holder, memberId, generation, held } = taking;
    const share = this.#generations.shareOf(generation, memberId);
    if (share === undefined) {
      // Its number may be another generation's by now.
      if (this.#mayForget) return undefined;
      const what = `${holder}, ${memberId}, goes by generation ${generation}`;
      return broken(taking, "generation-unknown", `${what}, which is not known to have it`);
    }
    const has = held.toSorted().join(" ");
    const due = share.toSorted().join(" ");
    if (has === due) return undefined;
    const message = `${holder} has ${has || "nothing"} by generation ${generation}, and was assigned ${due || "nothing"}`;
    return broken(taking, "holds-unassigned", message);
  }
}
