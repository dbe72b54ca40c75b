import { Coordinator, TRANSACTIONS_TOPIC, coordinatorPartition } from "../coordinator/index.js";
import { BrokerError } from "../errors.js";
import type { LeadershipWatcher, Partition } from "../replica/index.js";
import type { LeaderEpoch } from "../types.js";
import { TransactionMachine } from "./machine.js";
import { reached } from "./observe.js";
import { refusal } from "./refusals.js";
import { Transactions, type TransactionsPlan } from "./transactions.js";

export type TransactionCoordinatorPlan = Omit<TransactionsPlan, "shard">;

/** The coordinator of those transactional ids whose partition of their topic this broker leads. */
export class TransactionCoordinator implements LeadershipWatcher {
  readonly #plan: TransactionCoordinatorPlan;
  readonly #coordinator: Coordinator<TransactionMachine>;
  readonly #shards: Map<number, Transactions> = new Map();

  constructor(plan: TransactionCoordinatorPlan) {
    this.#plan = plan;
    const { env, lifeline, settings } = plan;
    this.#coordinator = new Coordinator({
      env,
      lifeline,
      topic: TRANSACTIONS_TOPIC,
      commitTimeoutUs: settings.commitTimeoutUs,
      newMachine: () => new TransactionMachine(),
      loaded: (shard) => {
        this.#shards.set(shard.partition, new Transactions({ ...plan, shard }));
        shard.onUnload(() => void this.#shards.delete(shard.partition));
      },
    });
  }

  began(partition: Partition, epoch: LeaderEpoch): void {
    this.#coordinator.began(partition, epoch);
  }

  ended(partition: Partition): void {
    this.#coordinator.ended(partition);
  }

  /** Throws NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE; INVALID_REQUEST where there is no id. */
  transactionsOf(transactionalId: string): Transactions {
    if (transactionalId === "") throw refusal("INVALID_REQUEST", "an empty id", transactionalId);
    const partitions = this.#plan.partitionCount(TRANSACTIONS_TOPIC);
    if (partitions === undefined) {
      throw refusal("COORDINATOR_NOT_AVAILABLE", "no topic of transactions yet", transactionalId);
    }
    try {
      const { partition } = this.#coordinator.shard(coordinatorPartition(transactionalId, partitions));
      return this.#shards.get(partition)!;
    } catch (error) {
      if (error instanceof BrokerError && error.code === "COORDINATOR_LOAD_IN_PROGRESS") {
        reached(this.#plan.env, "transaction/load-in-progress");
      }
      throw error;
    }
  }
}
