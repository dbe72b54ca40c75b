import { BrokerError, isRetriable } from "../../errors.js";
import { OFFSET_FETCH, type OffsetToCommit } from "../../protocol/index.js";
import { partitionNames } from "../../partition-names.js";
import { partitionName, type LeaderEpoch, type Offset, type TopicPartition } from "../../types.js";
import type { Consumer } from "../consumer/index.js";
import { invalid } from "../errors.js";
import type { CoordinatorLink } from "../coordinator-link.js";
import { reached } from "./observe.js";

interface Holding {
  readonly partition: TopicPartition;
  /** Until it is known where to begin, the consumer does not have it: it would begin by the reset policy. */
  isReady: boolean;
  isPaused: boolean;
}

/**
 * The partitions a member has, and from where it reads them. What is new begins at the committed offset, whatever this
 * member may remember of it from earlier: others may have come further since.
 */
export class Holdings {
  readonly #link: CoordinatorLink;
  readonly #consumer: Consumer;
  readonly #group: string;
  readonly #onNews: () => void;
  readonly #holdings: Map<string, Holding> = new Map();
  #isFetching = false;
  #isClosed = false;
  /** To be told by `poll`. */
  #problem: BrokerError | undefined;

  constructor(link: CoordinatorLink, consumer: Consumer, group: string, onNews: () => void) {
    this.#link = link;
    this.#consumer = consumer;
    this.#group = group;
    this.#onNews = onNews;
  }

  get partitions(): readonly TopicPartition[] {
    return [...this.#holdings.values()].map(({ partition }) => partition);
  }

  has(partition: TopicPartition): boolean {
    return this.#holdings.has(partitionName(partition));
  }

  /** Replaces what is held. What stays goes on as it was. */
  set(partitions: readonly TopicPartition[]): void {
    const names = partitionNames(partitions);
    for (const name of this.#holdings.keys()) if (!names.has(name)) this.#holdings.delete(name);
    for (const partition of partitions) {
      const name = partitionName(partition);
      if (!this.#holdings.has(name)) {
        this.#holdings.set(name, { partition, isReady: false, isPaused: false });
      }
    }
    this.#problem = undefined;
    this.#tellConsumer();
  }

  seek(partition: TopicPartition, offset: Offset, epoch: LeaderEpoch): void {
    const holding = this.#holding(partition);
    // Checked there, too: nothing is ready before the offset has been found to make sense.
    if (!holding.isReady && !(Number.isSafeInteger(offset) && offset >= 0)) {
      throw invalid("an offset from 0 on", `${offset}`, "seek");
    }
    this.#ready(holding);
    this.#consumer.seek(partition, offset, epoch);
  }

  pause(partition: TopicPartition): void {
    const holding = this.#holding(partition);
    holding.isPaused = true;
    if (holding.isReady) this.#consumer.pause(partition);
  }

  resume(partition: TopicPartition): void {
    const holding = this.#holding(partition);
    holding.isPaused = false;
    if (holding.isReady) this.#consumer.resume(partition);
  }

  /** Undefined until it is known. */
  position(partition: TopicPartition): Offset | undefined {
    return this.#holding(partition).isReady ? this.#consumer.position(partition) : undefined;
  }

  /** How far `poll` has given out each partition, where that is known. */
  positions(): OffsetToCommit[] {
    const positions: OffsetToCommit[] = [];
    for (const { partition, isReady } of this.#holdings.values()) {
      const offset = isReady ? this.#consumer.position(partition) : undefined;
      if (offset === undefined) continue;
      const leaderEpoch = this.#consumer.positionEpoch(partition);
      positions.push({ partition, offset, leaderEpoch, metadata: "" });
    }
    return positions;
  }

  /** Asks for where to begin, where that is not known; in the background. Throws why it can't be found out. */
  findPositions(): void {
    const problem = this.#problem;
    this.#problem = undefined;
    if (problem !== undefined) throw problem;
    const isMissing = [...this.#holdings.values()].some(({ isReady }) => !isReady);
    if (isMissing && !this.#isFetching) void this.#fetch();
  }

  close(): void {
    this.#isClosed = true;
    this.#holdings.clear();
  }

  async #fetch(): Promise<void> {
    this.#isFetching = true;
    try {
      for (;;) {
        const waiting = [...this.#holdings.values()].filter(({ isReady }) => !isReady);
        if (waiting.length === 0 || this.#problem !== undefined) return;
        const partitions = waiting.map(({ partition }) => partition);
        const request = { group: this.#group, partitions, requiresStable: true };
        const answer = await this.#link.call(OFFSET_FETCH, request);
        if (this.#isClosed) return;
        if (answer.ok) this.#begin(waiting, answer.value.offsets);
        else if (isRetriable(answer.code)) {
          if (answer.code === "UNSTABLE_OFFSET_COMMIT") reached(this.#link.env, "consumer/unstable-offset");
          await this.#link.pause();
        } else this.#fail(answer.code, answer.found);
        if (this.#isClosed) return;
      }
    } finally {
      this.#isFetching = false;
      this.#onNews();
    }
  }

  #begin(asked: readonly Holding[], offsets: readonly OffsetToCommit[]): void {
    const committed = new Map(offsets.map((each) => [partitionName(each.partition), each]));
    for (const holding of asked) {
      const name = partitionName(holding.partition);
      // Else it was given up meanwhile, perhaps to come back, or somebody has said where to begin.
      if (this.#holdings.get(name) !== holding || holding.isReady) continue;
      this.#ready(holding);
      const found = committed.get(name);
      // Without one, the reset policy decides.
      if (found !== undefined) this.#consumer.seek(holding.partition, found.offset, found.leaderEpoch);
    }
  }

  #ready(holding: Holding): void {
    if (holding.isReady) return;
    holding.isReady = true;
    this.#tellConsumer();
    if (holding.isPaused) this.#consumer.pause(holding.partition);
  }

  #tellConsumer(): void {
    const ready = [...this.#holdings.values()].filter(({ isReady }) => isReady);
    this.#consumer.assign(ready.map(({ partition }) => partition));
  }

  #holding(partition: TopicPartition): Holding {
    const name = partitionName(partition);
    const holding = this.#holdings.get(name);
    if (holding === undefined) throw invalid("an assigned partition", "another", name);
    return holding;
  }

  #fail(code: BrokerError["code"], found: string): void {
    this.#problem = new BrokerError(code, {
      expected: "committed offsets",
      found,
      where: `group ${this.#group}`,
      todo: "poll again, or look at the coordinator",
    });
  }
}
