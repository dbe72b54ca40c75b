import type { CoordinatorShard } from "../coordinator/types.js";
import { BrokerError } from "../errors.js";
import type {
  OffsetCommitRequest,
  OffsetFetchRequest,
  OffsetFetchResponse,
  TxnOffsetCommitRequest,
} from "../protocol/group-types.js";
import { NONE } from "../record/index.js";
import { partitionName } from "../types.js";
import type { GroupEvent } from "./events.js";
import type { GroupMachine } from "./machine.js";
import type { OffsetStore } from "./offset-store.js";
import { commitRecords, fetchOffsets } from "./offsets.js";
import type { Written } from "./written.js";

export interface OffsetDeskPlan {
  readonly shard: CoordinatorShard<GroupMachine>;
  readonly nowMs: () => number;
  /** Throws where the member may not commit that. */
  readonly checkCommit: (request: OffsetCommitRequest) => void;
  /** It is committed. */
  readonly tell: (event: GroupEvent) => void;
  readonly written: Written;
  /** Somebody asked for offsets that a transaction may still change. */
  readonly unstable: () => void;
}

/** Takes and gives the offsets of one shard's groups, whatever kind the groups are of. */
export class OffsetDesk {
  readonly #plan: OffsetDeskPlan;

  constructor(plan: OffsetDeskPlan) {
    this.#plan = plan;
  }

  async commit(request: OffsetCommitRequest): Promise<void> {
    const { shard, checkCommit, nowMs, written } = this.#plan;
    const writing = shard.write(() => {
      checkCommit(request);
      return { records: commitRecords(request, nowMs()), answer: undefined };
    });
    const tellBefore = written.upToHere();
    await writing;
    tellBefore();
    const { group, memberId, generation, offsets } = request;
    const by = { group, memberId, generation, producerId: undefined };
    for (const { partition, offset } of offsets) {
      this.#plan.tell({
        kind: "group/offset-committed",
        partition: partitionName(partition),
        offset,
        ...by,
      });
    }
  }

  /** See `Groups.commitInTransaction`. */
  async commitInTransaction(request: TxnOffsetCommitRequest, verify: () => Promise<void>): Promise<void> {
    const { shard, checkCommit, nowMs } = this.#plan;
    const { producerId, producerEpoch } = request;
    checkCommit(request);
    const written = (): number => shard.machine.offsets.writtenBy(producerId, producerEpoch);
    if (written() === 0) await verify();
    await shard.write(() => {
      checkCommit(request);
      const stamp = { producerId, producerEpoch, baseSequence: written() };
      return { records: commitRecords(request, nowMs()), stamp, answer: undefined };
    });
  }

  /** These offsets are committed, by the end of a transaction. */
  transactionCommitted(applied: ReturnType<OffsetStore["applicable"]>, producerId: number): void {
    for (const { group, offset: committed } of applied) {
      const { partition, offset } = committed;
      const by = { group, memberId: "", generation: NONE, producerId };
      this.#plan.tell({
        kind: "group/offset-committed",
        partition: partitionName(partition),
        offset,
        ...by,
      });
    }
  }

  fetch(request: OffsetFetchRequest): Promise<OffsetFetchResponse> {
    return this.#plan.shard.read((machine) => {
      try {
        return { offsets: fetchOffsets(machine, request) };
      } catch (error) {
        if (error instanceof BrokerError && error.code === "UNSTABLE_OFFSET_COMMIT") this.#plan.unstable();
        throw error;
      }
    });
  }
}
