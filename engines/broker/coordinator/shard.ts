import { assert, type Clock } from "../../env/index.js";
import { BrokerError, type BrokerErrorCode } from "../errors.js";
import { encodeBatch, type NewRecord, type ProducerStamp, type TransactionMarker } from "../record/index.js";
import type { Partition } from "../replica/index.js";
import type { LeaderEpoch, Offset } from "../types.js";
import type { CoordinatorMachine, CoordinatorShard, CoordinatorWrite } from "./types.js";

/**
 * Of one change. A batch that fits into no answer to a fetch is one that no follower ever gets past, nor to any other
 * partition of the same leader: `NetworkOptions.maxMessageBytes` is 16 MiB unless given.
 */
const WRITE_MAX_BYTES = 8 * 1024 * 1024;

export interface ShardPlan<M> {
  readonly clock: Clock;
  readonly partition: Partition;
  readonly epoch: LeaderEpoch;
  /** Has replayed the whole log. */
  readonly machine: M;
  readonly replayedEnd: Offset;
  /** How long a write, or a read, waits until what it rests on is committed. */
  readonly commitTimeoutUs: number;
}

/** See `CoordinatorShard`. */
export class Shard<M extends CoordinatorMachine> implements CoordinatorShard<M> {
  readonly machine: M;
  readonly epoch: LeaderEpoch;
  readonly #plan: ShardPlan<M>;
  readonly #ends: Set<() => void> = new Set();
  /** Everything below is in the machine. */
  #replayedEnd: Offset;
  #isOver = false;

  constructor(plan: ShardPlan<M>) {
    this.#plan = plan;
    this.machine = plan.machine;
    this.epoch = plan.epoch;
    this.#replayedEnd = plan.replayedEnd;
    assert(this.#replayedEnd === plan.partition.log.logEndOffset, "a shard begins with all of its log");
  }

  get partition(): number {
    return this.#plan.partition.partition.partition;
  }

  async write<T>(work: (machine: M) => CoordinatorWrite<T>): Promise<T> {
    this.#requireLife();
    const { records, stamp, answer } = work(this.machine);
    if (records.length > 0) this.#append(records, stamp);
    await this.#committed();
    return answer;
  }

  async read<T>(work: (machine: M) => T): Promise<T> {
    this.#requireLife();
    const answer = work(this.machine);
    await this.#committed();
    return answer;
  }

  onUnload(end: () => void): () => void {
    if (this.#isOver) end();
    else this.#ends.add(end);
    return () => void this.#ends.delete(end);
  }

  /** Appends the end of a transaction, and resolves once it is committed. Rejects as `write` does. */
  async writeMarker(marker: TransactionMarker): Promise<void> {
    this.#requireLife();
    const { lastOffset: offset, isDuplicate } = this.#plan.partition.appendMarker(marker);
    if (!isDuplicate) {
      assert(offset === this.#replayedEnd, "a shard sees its log in order");
      this.machine.replayMarker({ offset, ...marker });
      this.#replayedEnd = offset + 1;
    }
    await this.#committed();
  }

  /** The leadership is over. */
  unload(): void {
    this.#isOver = true;
    for (const end of this.#ends) {
      this.#ends.delete(end);
      end();
    }
  }

  #append(records: readonly NewRecord[], stamp: ProducerStamp | undefined): void {
    const { partition } = this.#plan;
    assert(partition.leadership?.epoch === this.epoch, "a shard ends with its leadership");
    const batch = encodeBatch(records, stamp, stamp !== undefined);
    if (batch.length > WRITE_MAX_BYTES) throw this.#refusal("MESSAGE_TOO_LARGE", `${batch.length} bytes`);
    let firstOffset: Offset;
    try {
      const appended = partition.append(batch, "all");
      assert(!appended.isDuplicate, "a coordinator sends no batch twice");
      firstOffset = appended.firstOffset;
    } catch (error) {
      if (!(error instanceof BrokerError && error.code === "NOT_ENOUGH_REPLICAS")) throw error;
      throw this.#refusal("COORDINATOR_NOT_AVAILABLE", error.parts.found);
    }
    assert(firstOffset === this.#replayedEnd, "whoever appends to a coordinator's log tells its shard");
    for (const [at, { key, value, timestampMs }] of records.entries()) {
      assert(key !== null, "a coordinator's records have keys");
      this.machine.replay({ offset: firstOffset + at, key, value, timestampMs, transaction: stamp });
    }
    this.#replayedEnd = firstOffset + records.length;
  }

  /** Resolves once everything that the machine has seen by now is committed. */
  async #committed(): Promise<void> {
    const { partition, clock, commitTimeoutUs } = this.#plan;
    const upTo = this.#replayedEnd;
    if (partition.highWatermark >= upTo) return;
    const outcome = await new Promise<BrokerErrorCode | undefined>((resolve) => {
      const end = partition.whenCommitted(upTo, (settled) => {
        timer.cancel();
        resolve(settled);
      });
      const timer = clock.setTimer(commitTimeoutUs, () => end("REQUEST_TIMED_OUT"));
    });
    if (outcome === undefined) return;
    if (outcome === "NOT_LEADER_OR_FOLLOWER") throw this.#over();
    throw this.#refusal(outcome, "a change that too few replicas have yet");
  }

  #requireLife(): void {
    if (this.#isOver) throw this.#over();
  }

  #over(): BrokerError {
    return this.#refusal("NOT_COORDINATOR", "a leadership that is over");
  }

  #refusal(code: BrokerErrorCode, found: string): BrokerError {
    const where = this.#plan.partition.name;
    return new BrokerError(code, {
      expected: "a coordinator that can write",
      found,
      where,
      todo: "try again",
    });
  }
}
