/** A metadata machine that is spoken to in commands, and checked after each. */
import {
  MetadataMachine,
  decodeMetadataResult,
  encodeMetadataCommand,
  type MetadataCommand,
  type MetadataResult,
  type PartitionState,
  type TopicConfig,
} from "#engines/broker/metadata/index.js";
import type { BrokerErrorCode } from "#engines/broker/errors.js";
import type { TopicPartition } from "#engines/broker/types.js";

export const CONFIG: TopicConfig = {
  segmentBytes: 1_048_576,
  segmentMs: 600_000,
  indexIntervalBytes: 4_096,
  cleanup: "delete",
  retentionBytes: -1,
  retentionMs: -1,
  deleteRetentionMs: 1_000,
  minDirtyPermille: 500,
  producerExpiryMs: 1_000_000,
  minInsyncReplicas: 2,
  allowsUncleanElection: false,
};

export const P0: TopicPartition = { topic: "orders", partition: 0 };

export function execute(machine: MetadataMachine, command: MetadataCommand): MetadataResult {
  return decodeMetadataResult(machine.apply(encodeMetadataCommand(command)));
}

/** A cluster that exists only as metadata. */
export class TestCluster {
  readonly machine: MetadataMachine = new MetadataMachine();
  #incarnation = 0;

  /** Registers these, and unfences them. */
  constructor(...brokers: readonly string[]) {
    for (const broker of brokers) {
      this.register(broker);
      this.unfence(broker);
    }
  }

  get state(): PartitionState {
    return this.machine.image.partitions.get("orders-0")!.state;
  }

  epochOf(broker: string): number {
    return this.machine.image.brokers.get(broker)!.epoch;
  }

  /** The value of a command that is accepted. */
  done(command: MetadataCommand): number {
    const result = execute(this.machine, command);
    if (!result.ok) throw new Error(`${command.kind}: ${result.code}: ${result.found}`);
    return result.value;
  }

  /** The code of one that is refused; "ok" where it is not. */
  code(command: MetadataCommand): BrokerErrorCode | "ok" {
    const offset = this.machine.image.offset;
    const result = execute(this.machine, command);
    if (result.ok) return "ok";
    if (this.machine.image.offset !== offset) throw new Error("a refusal changed something");
    return result.code;
  }

  register(broker: string, previousEpoch?: number): number {
    return this.done({ kind: "register", broker, incarnation: ++this.#incarnation, previousEpoch });
  }

  unfence(broker: string): void {
    const { offset: metadataOffset } = this.machine.image;
    this.done({ kind: "unfence", broker, epoch: this.epochOf(broker), metadataOffset });
  }

  fence(broker: string): void {
    this.done({ kind: "fence", broker, epoch: this.epochOf(broker) });
  }

  beginShutdown(broker: string): void {
    this.done({ kind: "beginShutdown", broker, epoch: this.epochOf(broker) });
  }

  create(replicas: readonly string[], config: Partial<TopicConfig> = {}): void {
    const topic = "orders";
    this.done({ kind: "createTopic", topic, config: { ...CONFIG, ...config }, assignments: [replicas] });
  }

  /** What the leader would ask for, knowing all; `change` makes it wrong. */
  alter(
    isr: readonly string[],
    change: Partial<Extract<MetadataCommand, { kind: "alterPartition" }>> = {},
  ): MetadataCommand {
    const { leader = "nobody", leaderEpoch, partitionEpoch } = this.state;
    const brokerEpoch = this.machine.image.brokers.get(leader)?.epoch ?? 0;
    const members = isr.map((broker) => ({
      broker,
      epoch: this.machine.image.brokers.get(broker)?.epoch ?? 0,
    }));
    const about = { partition: P0, leader, brokerEpoch, leaderEpoch, partitionEpoch };
    return { kind: "alterPartition", ...about, isr: members, ...change };
  }

  reassign(replicas: readonly string[] | undefined): MetadataCommand {
    return { kind: "reassign", partition: P0, replicas };
  }
}
