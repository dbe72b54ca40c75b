import { BrokerError } from "../errors.js";
import { openPartitionLog } from "../log/index.js";
import type { PartitionEntry } from "../metadata/index.js";
import type { MetadataImage } from "../metadata/types.js";
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
  /** Those whose logs are being opened or removed. */
  readonly #settling: Set<string> = new Set();
  #image: MetadataImage | undefined;

  constructor(plan: ReplicasPlan) {
    this.#plan = plan;
    this.#found = new Set(plan.found);
  }

  /**
   * Opens, changes and removes what the image says; roles that are over end before it resolves, and new ones begin as
   * soon as their logs are still. With the first image it resolves once all logs are open: only then is there anything
   * to lead and to follow with. A log that comes or goes later keeps nobody else waiting. The image must be of this life
   * of the broker: an older one may give leaderships to the life before, and leave out what came later. Rejects with
   * `BrokerError`, and `DiskError`.
   */
  async become(image: MetadataImage): Promise<void> {
    const before = this.#image;
    this.#image = image;
    const changed = [...image.partitions].filter(
      ([name, entry]) => before?.partitions.get(name) !== entry && this.#mine(name) !== undefined,
    );
    if (before === undefined) await this.#open(changed.map(([, entry]) => entry));
    for (const [name] of changed) this.#settle(name);
    for (const name of [...this.#plan.partitions.keys(), ...this.#found]) {
      if (this.#mine(name) === undefined) this.#settle(name);
    }
  }

  /** Of the latest image, where this broker holds a replica. */
  #mine(name: string): PartitionEntry | undefined {
    const entry = this.#image?.partitions.get(name);
    return entry?.state.replicas.includes(this.#plan.host.broker) === true ? entry : undefined;
  }

  /** Not waited for: a slow disk, or a log that is still being cut back, would keep all others from their metadata. */
  #settle(name: string): void {
    // Whoever is at it already looks at the latest image again.
    if (!this.#settling.has(name)) this.#plan.host.lifeline.run(() => this.#converge(name));
  }

  /** Opens or removes the log until that is as the latest image has it; then the partition becomes what that says. */
  async #converge(name: string): Promise<void> {
    const { host, partitions } = this.#plan;
    try {
      this.#settling.add(name);
      while (!host.lifeline.isCut) {
        const entry = this.#mine(name);
        const isThere = partitions.has(name);
        if (entry !== undefined && !isThere) await this.#open([entry]);
        else if (entry === undefined && (isThere || this.#found.has(name))) await this.#remove(name);
        else break;
      }
      this.#settling.delete(name);
      const entry = this.#mine(name);
      if (entry !== undefined && !host.lifeline.isCut) await partitions.get(name)!.become(entry.state);
    } catch (error) {
      host.fail(error as Error);
    }
  }

  async #open(mine: readonly PartitionEntry[]): Promise<void> {
    const { host, partitions, highWatermarks, recoveryPoints, directory } = this.#plan;
    const { wasClosedCleanly, dedupeBufferBytes } = this.#plan;
    let isLower = false;
    for (const { partition } of mine) {
      const name = partitionName(partition);
      if (partitions.has(name) || host.lifeline.isCut) continue;
      const config = this.#image!.topics.get(partition.topic)!.config;
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
