/** Members of KIP-848, as they know themselves: what they were told last, and what they have. */
import type {
  ConsumerHeartbeatRequest,
  ConsumerHeartbeatResponse,
  OffsetToCommit,
} from "#engines/broker/protocol/group-types.js";
import { partitionName, type TopicPartition } from "#engines/broker/types.js";
import { settle } from "../../support/memory-env.js";
import { GROUP, REBALANCE_US, at, follow, type Followed, type GroupBench } from "./support.js";

export class TestConsumer {
  readonly bench: GroupBench;
  readonly name: string;
  readonly instanceId: string | undefined;
  topics: readonly string[] = ["t"];
  assignor: string | undefined;
  rebalanceTimeoutUs: number = REBALANCE_US;
  id: string;
  epoch = 0;
  /** What it has. */
  owned: readonly TopicPartition[] = [];
  /** The next heartbeat says what it has. */
  tells = false;
  /** The next heartbeat says all. */
  isFull = false;

  constructor(bench: GroupBench, name: string, instanceId?: string) {
    this.bench = bench;
    this.name = name;
    this.id = name;
    this.instanceId = instanceId;
  }

  get has(): string {
    return this.owned.map(partitionName).sort().join(" ");
  }

  request(changes: Partial<ConsumerHeartbeatRequest> = {}): ConsumerHeartbeatRequest {
    const { id: memberId, instanceId, epoch: memberEpoch } = this;
    const isFull = this.isFull || memberEpoch === 0;
    return {
      group: GROUP,
      memberId,
      instanceId,
      memberEpoch,
      rebalanceTimeoutUs: isFull ? this.rebalanceTimeoutUs : undefined,
      topics: isFull ? this.topics : undefined,
      assignor: isFull ? this.assignor : undefined,
      owned: isFull || this.tells ? this.owned : undefined,
      ...changes,
    };
  }

  send(changes: Partial<ConsumerHeartbeatRequest> = {}): Followed<ConsumerHeartbeatResponse> {
    return follow(this.bench.groups.consumerHeartbeat(this.request(changes), this.name));
  }

  /** A heartbeat that is answered: does what the answer asks for at once. Gives what it was told, or why not. */
  async beat(changes: Partial<ConsumerHeartbeatRequest> = {}): Promise<string> {
    const sent = this.send(changes);
    await settle();
    this.take(sent);
    return sent.said;
  }

  take({ said, value }: Followed<ConsumerHeartbeatResponse>): void {
    if (said !== "ok") {
      this.isFull = true;
      return;
    }
    this.isFull = false;
    this.epoch = value!.memberEpoch;
    this.tells = value!.assignment !== undefined;
    if (value!.assignment !== undefined) this.owned = value!.assignment;
  }

  async leave(memberEpoch = -1): Promise<string> {
    const sent = this.send({
      memberEpoch,
      topics: undefined,
      rebalanceTimeoutUs: undefined,
      owned: undefined,
    });
    await settle();
    this.owned = [];
    this.epoch = 0;
    return sent.said;
  }

  async commit(generation: number, ...offsets: OffsetToCommit[]): Promise<string> {
    const { id: memberId, instanceId } = this;
    const sent = follow(
      this.bench.groups.commit({ group: GROUP, memberId, instanceId, generation, offsets }),
    );
    await settle();
    return sent.said;
  }

  commitAt(partition: number, generation: number = this.epoch): Promise<string> {
    return this.commit(generation, at(partition, 1));
  }
}

/** Everybody sends heartbeats until the group is at rest. */
export async function rest(bench: GroupBench, members: readonly TestConsumer[]): Promise<void> {
  for (let round = 0; round < 12; round++) {
    for (const member of members) await member.beat();
    const isAtRest = bench.state.startsWith("stable") && members.every(({ tells }) => !tells);
    if (isAtRest) return;
  }
  throw new Error(`never at rest: ${bench.state}`);
}
