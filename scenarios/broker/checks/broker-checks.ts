import { unreachable } from "#engines/env/index.js";
import type { BrokerEvent } from "#engines/broker/events.js";
import type { BrokerState, MetadataRecord, PartitionState } from "#engines/broker/metadata/types.js";
import { partitionName, type BrokerId, type Offset } from "#engines/broker/types.js";
import type { Incarnation } from "#sim/process.js";
import { MetadataChecks } from "./metadata-checks.js";
import { PartitionModel } from "./partition-model.js";
import type { ReplicaLog } from "./replica-log.js";

export interface BrokerChecksOptions {
  readonly report: (invariant: string, message: string) => void;
  /** Replicas count only what their disks have: else what their page caches have. */
  readonly syncs: boolean;
  /** Whether a broker's disk may have lost what it called durable. */
  readonly mayLose: (broker: BrokerId) => boolean;
  readonly isCompacted: (partition: string) => boolean;
  /** Somebody came to lead who was neither in sync nor eligible, as the topic allows. */
  readonly electedUncleanly: (partition: string) => void;
  readonly allowsUncleanElection: boolean;
}

/** Figures of a run. */
export interface BrokerStats {
  elections: number;
  truncations: number;
  isrShrinks: number;
  isrGrowths: number;
  compactions: number;
  diverged: number;
}

/** What a replicated log promises of its inside, checked while it runs. */
export class BrokerChecks {
  readonly stats: BrokerStats = {
    elections: 0,
    truncations: 0,
    isrShrinks: 0,
    isrGrowths: 0,
    compactions: 0,
    diverged: 0,
  };
  readonly #options: BrokerChecksOptions;
  readonly #partitions: Map<string, PartitionModel> = new Map();
  readonly #metadata: MetadataChecks;

  constructor(options: BrokerChecksOptions) {
    this.#options = options;
    this.#metadata = new MetadataChecks({
      fail: (rule, message) => this.#fail(rule, message),
      agreed: (record) => this.#agreed(record),
    });
  }

  get partitions(): Iterable<PartitionModel> {
    return this.#partitions.values();
  }

  /** How many batches were ever exposed as committed, over all partitions. */
  get committedBatches(): number {
    let count = 0;
    for (const { committed } of this.#partitions.values()) count += committed.length;
    return count;
  }

  partition(name: string): PartitionModel {
    let model = this.#partitions.get(name);
    if (model === undefined) {
      this.#partitions.set(name, (model = new PartitionModel(name, this.#options.isCompacted(name))));
    }
    return model;
  }

  /** Whether this broker is registered as it is, and knows all that the controllers have agreed on. */
  isCurrent(broker: BrokerId): boolean {
    return this.#metadata.isCurrent(broker);
  }

  /** What the controllers agree on of this broker; undefined before it has registered. */
  broker(broker: BrokerId): BrokerState | undefined {
    return this.#metadata.broker(broker);
  }

  readonly observed = (from: Incarnation, event: BrokerEvent): void => {
    if (event.kind === "controller/applied") this.#metadata.applied(event);
    else if (event.kind === "broker/metadata-applied") this.#metadata.followed(from, event);
    else if (event.kind === "broker/registered") this.#metadata.registered(from);
    else if ("partition" in event) this.#inPartition(from.node.name, this.partition(event.partition), event);
  };

  #inPartition(
    broker: BrokerId,
    partition: PartitionModel,
    event: Extract<BrokerEvent, { readonly partition: string }>,
  ): void {
    const log = partition.replica(broker);
    switch (event.kind) {
      case "broker/log-opened":
        this.#opened(broker, partition, log, event);
        break;
      case "broker/appended":
        log.append(event.batches, event.logEndOffset);
        break;
      case "broker/cutting":
        log.flushedOffset = Math.min(log.flushedOffset, event.offset);
        break;
      case "broker/truncated":
        this.#truncated(broker, partition, log, event.offset);
        break;
      case "broker/log-restarted":
        log.restart(event.offset);
        break;
      case "broker/log-start-advanced":
        this.#startAdvanced(broker, partition, log, event.offset);
        break;
      case "broker/compacted":
        this.stats.compactions++;
        this.#compacted(broker, partition, log, event);
        break;
      case "broker/log-removed":
        partition.replicas.delete(broker);
        break;
      case "broker/flushed":
        log.flushedOffset = Math.max(log.flushedOffset, event.recoveryPoint);
        break;
      case "broker/became-leader":
        this.#leads(broker, partition, log, event);
        break;
      case "broker/high-watermark":
        this.#highWatermark(broker, partition, log, event);
        break;
      case "broker/diverged":
        this.stats.diverged++;
        break;
      case "broker/isr-proposed":
        partition.proposed = event.isr;
        partition.whenProposed(event.isr);
        break;
      case "broker/became-follower":
        log.followedEpoch = event.epoch;
        break;
      case "broker/marker":
      case "broker/isr-changed":
      case "broker/log-failed":
        break;
      // Of groups, whose promises have an oracle of their own.
      case "group/offset-committed":
      case "group/offset-expired":
        break;
      default:
        unreachable(event);
    }
  }

  #opened(
    broker: BrokerId,
    partition: PartitionModel,
    log: ReplicaLog,
    event: Extract<BrokerEvent, { readonly kind: "broker/log-opened" }>,
  ): void {
    const promised = log.flushedOffset;
    log.open(event.logStartOffset, event.logEndOffset, event.readFrom, event.batches);
    // Recovery makes durable what it found.
    log.flushedOffset = event.recoveryPoint;
    if (event.logEndOffset >= promised || this.#options.mayLose(broker)) return;
    const found = `${partition.name} was durable up to ${promised}, and ends at ${event.logEndOffset}`;
    this.#fail("durable-lost", `${broker}: ${found}`);
  }

  #truncated(broker: BrokerId, partition: PartitionModel, log: ReplicaLog, offset: Offset): void {
    this.stats.truncations++;
    const [first] = log.truncate(offset);
    // Whoever follows a leader of the past, being out of sync, does not know what a later one has committed since.
    const exposed = partition.exposedBefore(log.followedEpoch + 1);
    if (partition.wasUnclean || first === undefined || first.lastOffset >= exposed || partition.isCompacted)
      return;
    const committed = partition.committed.find(({ lastOffset }) => lastOffset === first.lastOffset);
    if (committed === undefined || committed.crc !== first.crc || committed.leaderEpoch !== first.leaderEpoch)
      return;
    const message = `${broker} cut ${partition.name} back to ${offset}, and had what was committed up to ${exposed}`;
    this.#fail("truncated-committed", message);
  }

  #compacted(
    broker: BrokerId,
    partition: PartitionModel,
    log: ReplicaLog,
    event: Extract<BrokerEvent, { readonly kind: "broker/compacted" }>,
  ): void {
    log.compact(event.upTo, event.kept);
    if (partition.wasUnclean || event.upTo <= partition.exposed) return;
    const message = `${broker} compacted ${partition.name} up to ${event.upTo}, committed is ${partition.exposed}`;
    this.#fail("compacted-uncommitted", message);
  }

  /** Retention takes from readers what was committed, and nothing else: the rest may be all that there is of it (KAFKA-5634). */
  #startAdvanced(broker: BrokerId, partition: PartitionModel, log: ReplicaLog, offset: Offset): void {
    log.advanceStart(offset);
    if (partition.wasUnclean || offset <= partition.exposed) return;
    const message = `${broker} lets ${partition.name} begin at ${offset}, committed is ${partition.exposed}`;
    this.#fail("start-uncommitted", message);
  }

  #leads(
    broker: BrokerId,
    partition: PartitionModel,
    log: ReplicaLog,
    event: Extract<BrokerEvent, { readonly kind: "broker/became-leader" }>,
  ): void {
    this.stats.elections++;
    const other = partition.leaders.get(event.epoch);
    if (other !== undefined && other !== broker) {
      this.#fail("two-leaders", `${partition.name}: ${other} and ${broker} both lead epoch ${event.epoch}`);
    }
    partition.leaders.set(event.epoch, broker);
    if (partition.wasUnclean) return;
    const difference = partition.difference(log, 0, partition.exposedBefore(event.epoch));
    if (difference === undefined) return;
    this.#fail(
      "leader-incomplete",
      `${broker} leads ${partition.name} in epoch ${event.epoch}, but ${difference}`,
    );
  }

  #highWatermark(
    broker: BrokerId,
    partition: PartitionModel,
    log: ReplicaLog,
    event: Extract<BrokerEvent, { readonly kind: "broker/high-watermark" }>,
  ): void {
    const { highWatermark, isLeader, epoch } = event;
    const before = log.highWatermark;
    log.highWatermark = highWatermark;
    if (isLeader && highWatermark < before) {
      this.#fail("high-watermark-back", `${broker}: ${partition.name} from ${before} to ${highWatermark}`);
    }
    if (partition.wasUnclean) return;
    if (isLeader && highWatermark > partition.exposed) {
      const from = partition.exposed;
      partition.expose(log, highWatermark, epoch);
      this.#replicasHold(partition, epoch, from, highWatermark);
    }
    if (highWatermark > partition.exposed) {
      const message = `${broker} takes ${partition.name} for committed up to ${highWatermark}, no leader did beyond ${partition.exposed}`;
      this.#fail("high-watermark-invented", message);
      return;
    }
    const difference = partition.difference(log, before, highWatermark);
    if (difference !== undefined)
      this.#fail("logs-differ", `${broker}: ${partition.name} below ${highWatermark}: ${difference}`);
  }

  /** Everyone who may lead next has what was committed now. */
  #replicasHold(partition: PartitionModel, epoch: number, from: Offset, to: Offset): void {
    const { state } = partition;
    // A leader that was deposed speaks for those whom it knew.
    if (state === undefined || state.leaderEpoch !== epoch) return;
    for (const broker of state.isr) {
      const log = partition.replica(broker);
      const difference = partition.difference(log, from, to);
      if (difference !== undefined) {
        this.#fail(
          "isr-incomplete",
          `${broker} is in sync in ${partition.name}, committed up to ${to}, but ${difference}`,
        );
      } else if (this.#options.syncs && log.flushedOffset < to) {
        const message = `${broker} is in sync in ${partition.name}, committed up to ${to}, but durable up to ${log.flushedOffset}`;
        this.#fail("isr-not-durable", message);
      }
    }
  }

  #agreed(record: MetadataRecord): void {
    if (record.kind !== "partition") return;
    const model = this.partition(partitionName(record.partition));
    const before = model.state;
    model.state = record.state;
    model.proposed = undefined;
    if (before === undefined) return;
    if (this.#options.allowsUncleanElection) this.#noteUnclean(model, before, record.state);
    if (
      record.state.leaderEpoch < before.leaderEpoch ||
      record.state.partitionEpoch <= before.partitionEpoch
    ) {
      this.#fail("epoch-back", `${model.name}: from ${epochsOf(before)} to ${epochsOf(record.state)}`);
    }
    this.#moved(model.name, before, record.state);
    this.#joined(model, before, record.state);
    if (record.state.isr.length < before.isr.length) this.stats.isrShrinks++;
    if (record.state.isr.length > before.isr.length) this.stats.isrGrowths++;
  }

  /** Whoever comes to be in sync has all that was ever committed before it leads, or follows, in this epoch. */
  #joined(partition: PartitionModel, before: PartitionState, { isr, leaderEpoch }: PartitionState): void {
    if (partition.wasUnclean) return;
    for (const broker of isr) {
      if (before.isr.includes(broker)) continue;
      const log = partition.replica(broker);
      const difference = partition.difference(
        log,
        log.highWatermark,
        partition.exposedBefore(leaderEpoch + 1),
      );
      if (difference === undefined) continue;
      this.#fail("isr-incomplete", `${broker} comes to be in sync in ${partition.name}, but ${difference}`);
    }
  }

  /** A move ends only once all of its targets are in sync (KAFKA-15665). One that is undone drops whom it added. */
  #moved(partition: string, before: PartitionState, after: PartitionState): void {
    const wasMoving = before.adding.length + before.removing.length > 0;
    if (!wasMoving || after.adding.length + after.removing.length > 0) return;
    if (!before.adding.every((replica) => after.replicas.includes(replica))) return;
    const missing = after.replicas.filter((replica) => !after.isr.includes(replica));
    if (missing.length === 0) return;
    this.#fail("reassigned-early", `${partition} has moved, and ${missing.join(" ")} not in sync`);
  }

  #noteUnclean(partition: PartitionModel, before: PartitionState, { leader }: PartitionState): void {
    if (leader === undefined || leader === before.leader) return;
    if (before.isr.includes(leader) || before.elr.includes(leader)) return;
    partition.wasUnclean = true;
    this.#options.electedUncleanly(partition.name);
  }

  #fail(rule: string, message: string): void {
    this.#options.report(`broker/${rule}`, message);
  }
}

function epochsOf({ leaderEpoch, partitionEpoch }: { leaderEpoch: number; partitionEpoch: number }): string {
  return `leader epoch ${leaderEpoch}, partition epoch ${partitionEpoch}`;
}
