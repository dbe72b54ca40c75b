import { assert, type Env } from "../../env/index.js";
import { BrokerError, type BrokerErrorCode } from "../errors.js";
import type { LeadershipWatcher, Lifeline, Partition } from "../replica/index.js";
import type { TransactionMarker } from "../record/index.js";
import type { LeaderEpoch } from "../types.js";
import { load } from "./load.js";
import { Shard } from "./shard.js";
import type { CoordinatorMachine, CoordinatorShard } from "./types.js";

export interface CoordinatorPlan<M extends CoordinatorMachine> {
  readonly env: Env;
  readonly lifeline: Lifeline;
  readonly topic: string;
  readonly commitTimeoutUs: number;
  readonly newMachine: () => M;
  /** The shard is there from now on. Called before anybody else gets it. */
  readonly loaded: (shard: CoordinatorShard<M>) => void;
}

/** Undefined while its log is read. */
interface Seat<M extends CoordinatorMachine> {
  readonly epoch: LeaderEpoch;
  shard: Shard<M> | undefined;
}

/** The shards of one internal topic at this broker: one for each partition that it leads. */
export class Coordinator<M extends CoordinatorMachine> implements LeadershipWatcher {
  readonly #plan: CoordinatorPlan<M>;
  readonly #seats: Map<number, Seat<M>> = new Map();

  constructor(plan: CoordinatorPlan<M>) {
    this.#plan = plan;
  }

  began(partition: Partition, epoch: LeaderEpoch): void {
    const { topic, partition: number } = partition.partition;
    assert(topic === this.#plan.topic && !this.#seats.has(number), "one leadership of a partition at a time");
    const seat: Seat<M> = { epoch, shard: undefined };
    this.#seats.set(number, seat);
    this.#plan.lifeline.run(() => this.#load(partition, seat));
  }

  ended({ partition: { partition: number } }: Partition): void {
    const seat = this.#seats.get(number);
    this.#seats.delete(number);
    seat?.shard?.unload();
  }

  /** Throws NOT_COORDINATOR, and COORDINATOR_LOAD_IN_PROGRESS. */
  shard(partition: number): CoordinatorShard<M> {
    return this.#loaded(partition);
  }

  #loaded(partition: number): Shard<M> {
    const seat = this.#seats.get(partition);
    if (seat === undefined)
      throw this.#refusal("NOT_COORDINATOR", partition, "a broker that does not lead it");
    if (seat.shard !== undefined) return seat.shard;
    throw this.#refusal("COORDINATOR_LOAD_IN_PROGRESS", partition, "a log that is still being read");
  }

  /** See `Shard.writeMarker`; rejects with what `shard` throws, too. */
  async writeMarker(partition: number, marker: TransactionMarker): Promise<void> {
    await this.#loaded(partition).writeMarker(marker);
  }

  async #load(partition: Partition, seat: Seat<M>): Promise<void> {
    const { env, commitTimeoutUs, newMachine, loaded } = this.#plan;
    const machine = newMachine();
    try {
      const { clock } = env;
      const { epoch } = seat;
      await load(partition, epoch, machine, (replayedEnd) => {
        assert(
          this.#seats.get(partition.partition.partition) === seat,
          "a seat is there as long as its leadership",
        );
        seat.shard = new Shard({ clock, partition, epoch, machine, replayedEnd, commitTimeoutUs });
        loaded(seat.shard);
      });
    } catch (error) {
      // The broker knows already that its disk failed, and ends.
      if (!(error instanceof BrokerError)) throw error;
    }
  }

  #refusal(code: BrokerErrorCode, partition: number, found: string): BrokerError {
    return new BrokerError(code, {
      expected: "the coordinator",
      found,
      where: `${this.#plan.topic}-${partition}`,
      todo: "find the coordinator, and try again",
    });
  }
}
