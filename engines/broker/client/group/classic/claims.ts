import type { Assignor } from "../../../assignors/index.js";
import { partitionNames } from "../../../partition-names.js";
import { partitionName, type TopicPartition } from "../../../types.js";
import { NO_GENERATION } from "../standing.js";
import type { Subscription } from "../../../protocol/index.js";

/** What a member is given in a generation. */
export interface Given {
  readonly generation: number;
  readonly partitions: readonly TopicPartition[];
}

const NOTHING: Given = { generation: NO_GENERATION, partitions: [] };

/** What a member says that it has, when it joins, and what it has to give up after. */
export class Claims {
  /** What was given last: held, unless the group is eager and everybody has just given up all. */
  #given: Given = NOTHING;
  #claimed: readonly TopicPartition[] = [];

  claim(held: readonly TopicPartition[]): void {
    this.#claimed = held;
  }

  /** Whether others wait for something that was claimed, until the group hears that it is free (KIP-429). */
  keepsOthersWaiting({ partitions }: Given): boolean {
    const isGiven = partitionNames(partitions);
    return this.#claimed.some((each) => !isGiven.has(partitionName(each)));
  }

  given(given: Given): void {
    this.#given = given;
    this.#claimed = [];
  }

  lost(): void {
    this.given(NOTHING);
  }

  /**
   * To an eager assignor, a claim is a memory: it was given up, but could come back (KIP-54). Where claims are of no use, a
   * member that joins again says the same as before, and the group need not rebalance.
   */
  subscription(topics: readonly string[], { mode, isSticky }: Assignor): Subscription {
    if (!isSticky) return { topics, owned: [], generation: NO_GENERATION };
    const { generation, partitions } = this.#given;
    const owned = mode === "eager" ? partitions : this.#claimed;
    return { topics, owned, generation };
  }
}
