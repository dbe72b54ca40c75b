import { BrokerError } from "../errors.js";
import { openPartitionLog } from "../log/index.js";
import type { PartitionEntry } from "../metadata/index.js";
import type { MetadataImage, PartitionState } from "../metadata/types.js";
import { observe, reached } from "../observe.js";
import { Partition, type LeadershipWatcher, type PartitionHost } from "../replica/index.js";
import { NO_EPOCH, partitionName } from "../types.js";
import type { OffsetCheckpoint } from "./offset-checkpoint.js";
import { removePartition } from "./partition-directory.js";

export interface ReplicasPlan {
  readonly host: PartitionHost;
  readonly directory: string;
  /** See `LogOptions`. */
  readonly dedupeBufferBytes: number;
  readonly partitions: Map<string, Partition>;
  readonly highWatermarks: OffsetCheckpoint;
  readonly recoveryPoints: OffsetCheckpoint;
  /** Partitions that were on the disk when the broker began. */
  readonly found: readonly string[];
  readonly wasClosedCleanly: boolean;
  /** Who is told of the leaderships of a topic. */
  readonly watchers: ReadonlyMap<string, LeadershipWatcher>;
}

/** The partitions that this broker holds: those that the metadata says, and no others. */
export class Replicas {
  readonly #plan: ReplicasPlan;
  /** On the disk, and not open. */
  readonly #found: Set<string>;
  #image: MetadataImage | undefined;

  constructor(plan: ReplicasPlan) {
    this.#plan = plan;
    this.#found = new Set(plan.found);
  }

  /**
   * Opens, changes and removes what the image says; roles that are over end before it resolves, and new ones begin as
   * soon as their logs are still. The image must be of this life of the broker: an older one may give
   * leaderships to the life before, and leave out what came later. Rejects with `BrokerError`, and `DiskError`.
   */
  async become(image: MetadataImage): Promise<void> {
    const changed: PartitionEntry[] = [];
    for (const [name, entry] of image.partitions) {
      if (this.#image?.partitions.get(name) !== entry) changed.push(entry);
    }
    this.#image = image;
    const { host, partitions } = this.#plan;
    const mine = changed.filter(({ state }) => state.replicas.includes(host.broker));
    await this.#open(mine, image);
    for (const { partition, state } of mine) {
      if (host.lifeline.isCut) return;
      const held = partitions.get(partitionName(partition));
      // Not waited for: a log that is still being cut back would keep all others from their metadata.
      if (held !== undefined) host.lifeline.run(() => this.#change(held, state));
    }
    for (const name of [...partitions.keys(), ...this.#found]) {
      if (host.lifeline.isCut) return;
      const isMine = image.partitions.get(name)?.state.replicas.includes(host.broker) === true;
      if (!isMine) await this.#remove(name);
    }
  }

  async #change(held: Partition, state: PartitionState): Promise<void> {
    try {
      await held.become(state);
    } catch (error) {
      this.#plan.host.fail(error as Error);
    }
  }

  async #open(mine: readonly PartitionEntry[], image: MetadataImage): Promise<void> {
    const { host, partitions, highWatermarks, recoveryPoints, directory } = this.#plan;
    const { wasClosedCleanly, dedupeBufferBytes } = this.#plan;
    let isLower = false;
    for (const { partition } of mine) {
      const name = partitionName(partition);
      if (partitions.has(name) || host.lifeline.isCut) continue;
      const config = image.topics.get(partition.topic)!.config;
      const log = await openPartitionLog(host.env, {
        ...config,
        partition,
        directory: `${directory}/${name}`,
        wasClosedCleanly: wasClosedCleanly || !this.#found.has(name),
        recoveryPoint: recoveryPoints.of(name),
        dedupeBufferBytes,
      });
      const highWatermark = highWatermarks.of(name);
      const watcher = this.#plan.watchers.get(partition.topic);
      const opened = new Partition({ host, partition, config, log, highWatermark, watcher });
      partitions.set(name, opened);
      const known = { partition: name, highWatermark: opened.highWatermark, epoch: NO_EPOCH };
      if (opened.highWatermark > 0)
        observe(host.env, { kind: "broker/high-watermark", ...known, isLeader: false });
      this.#found.delete(name);
      highWatermarks.forget(name);
      recoveryPoints.forget(name);
      isLower ||= opened.highWatermark < highWatermark;
    }
    // Before a log that lost its end grows anew, so that nobody takes what comes then for committed.
    if (isLower) await host.checkpointHighWatermarks();
  }

  /** It is somebody else's now. */
  async #remove(name: string): Promise<void> {
    const { host, partitions, highWatermarks, recoveryPoints, directory } = this.#plan;
    const partition = partitions.get(name);
    partitions.delete(name);
    this.#found.delete(name);
    highWatermarks.forget(name);
    recoveryPoints.forget(name);
    await partition?.stop();
    await partition?.log.close();
    // First, so that they are not taken for those of a log that comes here later.
    await host.checkpointHighWatermarks();
    await recoveryPoints.write();
    observe(host.env, { kind: "broker/log-removed", partition: name });
    await removePartition(host.env.disk, `${directory}/${name}`);
    reached(host.env, "broker/partition-removed");
  }
}

/** For requests about a partition that this broker does not hold. */
export function findPartition(
  partitions: ReadonlyMap<string, Partition>,
  image: MetadataImage,
  name: string,
): Partition {
  const found = partitions.get(name);
  if (found !== undefined) return found;
  const isKnown = image.partitions.has(name);
  throw new BrokerError(isKnown ? "NOT_LEADER_OR_FOLLOWER" : "UNKNOWN_TOPIC_OR_PARTITION", {
    expected: "a partition that this broker holds",
    found: name,
    where: "a request",
    todo: "ask for the metadata, and another broker",
  });
}
