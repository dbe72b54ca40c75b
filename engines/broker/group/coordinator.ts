import type { Env } from "../../env/index.js";
import { Coordinator, GROUPS_TOPIC, coordinatorPartition } from "../coordinator/index.js";
import { BrokerError } from "../errors.js";
import type { TxnOffsetCommitRequest } from "../protocol/group-types.js";
import type { TransactionMarker } from "../record/index.js";
import type { LeadershipWatcher, Lifeline, Partition } from "../replica/index.js";
import type { LeaderEpoch, TopicPartition } from "../types.js";
import { Groups } from "./groups.js";
import { GroupMachine } from "./machine.js";
import { reached } from "./observe.js";
import type { GroupSettings } from "./options.js";
import { refusal } from "./refusals.js";

export interface GroupCoordinatorPlan {
  readonly env: Env;
  readonly lifeline: Lifeline;
  readonly settings: GroupSettings;
  /** Of the offsets topic; undefined while it is not known here. */
  readonly partitions: () => number | undefined;
  /** Of any topic; undefined where it is not there, or not yet. */
  readonly partitionsOf: (topic: string) => number | undefined;
  /** Rejects with `BrokerError` unless the transaction is under way and `partition`, of the offsets topic, part of it (KIP-890). */
  readonly verify: (request: TxnOffsetCommitRequest, partition: TopicPartition) => Promise<void>;
}

/** The coordinator of those groups whose partition of the offsets topic this broker leads. */
export class GroupCoordinator implements LeadershipWatcher {
  readonly #plan: GroupCoordinatorPlan;
  readonly #coordinator: Coordinator<GroupMachine>;
  readonly #groups: Map<number, { readonly groups: Groups; readonly machine: GroupMachine }> = new Map();

  constructor(plan: GroupCoordinatorPlan) {
    this.#plan = plan;
    const { env, lifeline, settings, partitionsOf } = plan;
    this.#coordinator = new Coordinator({
      env,
      lifeline,
      topic: GROUPS_TOPIC,
      commitTimeoutUs: settings.commitTimeoutUs,
      newMachine: () => new GroupMachine(),
      loaded: (shard) => {
        const { machine, partition } = shard;
        const groups = new Groups({ env, settings, shard, partitionsOf });
        this.#groups.set(partition, { groups, machine });
        shard.onUnload(() => void this.#groups.delete(partition));
      },
    });
  }

  began(partition: Partition, epoch: LeaderEpoch): void {
    this.#coordinator.began(partition, epoch);
  }

  ended(partition: Partition): void {
    this.#coordinator.ended(partition);
  }

  /** Throws NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE; INVALID_REQUEST where there is no name. */
  groupsOf(group: string): Groups {
    if (group === "") throw refusal("INVALID_REQUEST", "a group without a name", group);
    const partition = this.#partitionOf(group);
    try {
      const { partition: number } = this.#coordinator.shard(partition);
      return this.#groups.get(number)!.groups;
    } catch (error) {
      if (error instanceof BrokerError && error.code === "COORDINATOR_LOAD_IN_PROGRESS") {
        reached(this.#plan.env, "group/load-in-progress");
      }
      throw error;
    }
  }

  /** See `Groups.commitInTransaction`. */
  async commitInTransaction(request: TxnOffsetCommitRequest): Promise<void> {
    const partition = { topic: GROUPS_TOPIC, partition: this.#partitionOf(request.group) };
    await this.groupsOf(request.group).commitInTransaction(request, () =>
      this.#plan.verify(request, partition),
    );
  }

  /** Ends a transaction in this partition of the offsets topic; resolves once that is committed. */
  async writeMarker(partition: number, marker: TransactionMarker): Promise<void> {
    const found = this.#groups.get(partition);
    const applied = marker.isCommit ? (found?.machine.offsets.applicable(marker.producerId) ?? []) : [];
    await this.#coordinator.writeMarker(partition, marker);
    found?.groups.transactionCommitted(applied, marker.producerId);
  }

  inspect(): ReturnType<Groups["inspect"]> {
    return [...this.#groups.values()].flatMap(({ groups }) => groups.inspect());
  }

  #partitionOf(group: string): number {
    const partitions = this.#plan.partitions();
    if (partitions !== undefined) return coordinatorPartition(group, partitions);
    throw refusal("COORDINATOR_NOT_AVAILABLE", "no offsets topic yet", group);
  }
}
