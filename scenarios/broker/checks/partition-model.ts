/** What is known of one partition over all brokers: what was ever exposed as committed, and who led when. */
import type { BatchSeen } from "#engines/broker/events.js";
import type { PartitionState } from "#engines/broker/metadata/types.js";
import type { BrokerId, LeaderEpoch, Offset } from "#engines/broker/types.js";
import { indexAt, isSame, ReplicaLog, textOf } from "./replica-log.js";

export class PartitionModel {
  readonly name: string;
  /** Compaction takes records away, and batches change: then only offsets and epochs are compared. */
  readonly isCompacted: boolean;
  readonly replicas: Map<BrokerId, ReplicaLog> = new Map();
  readonly leaders: Map<LeaderEpoch, BrokerId> = new Map();
  /** As the controllers agree. */
  state: PartitionState | undefined;
  /** The ISR that a leader asked for since: it may be agreed on at any time. */
  proposed: readonly BrokerId[] | undefined;
  /** Is told each ISR that a leader asks for, before anybody else can hear of it. */
  whenProposed: (isr: readonly BrokerId[]) => void = () => undefined;
  /** Below it everything was committed at some time: the highest high watermark of any leader. */
  exposed: Offset = 0;
  /**
   * Somebody came to lead who was neither in sync nor eligible. From then on what is committed depends on who is asked:
   * a leader that has not heard of it goes on alone.
   */
  wasUnclean = false;
  #committed: BatchSeen[] = [];
  readonly #exposedIn: Map<LeaderEpoch, Offset> = new Map();

  constructor(name: string, isCompacted: boolean) {
    this.name = name;
    this.isCompacted = isCompacted;
  }

  replica(broker: BrokerId): ReplicaLog {
    let log = this.replicas.get(broker);
    if (log === undefined) this.replicas.set(broker, (log = new ReplicaLog()));
    return log;
  }

  get committed(): readonly BatchSeen[] {
    return this.#committed;
  }

  /** What leaders of earlier epochs had exposed. A leader that hears late of its epoch may meet later ones' too. */
  exposedBefore(epoch: LeaderEpoch): Offset {
    let exposed = 0;
    for (const [of, offset] of this.#exposedIn) if (of < epoch) exposed = Math.max(exposed, offset);
    return exposed;
  }

  /** A leader's log is committed up to there. */
  expose(log: ReplicaLog, highWatermark: Offset, epoch: LeaderEpoch): void {
    this.#exposedIn.set(epoch, Math.max(highWatermark, this.#exposedIn.get(epoch) ?? 0));
    if (highWatermark <= this.exposed) return;
    const known = this.#committed.at(-1)?.lastOffset ?? -1;
    for (const batch of log.between(this.exposed, highWatermark)) {
      if (batch.lastOffset > known) this.#committed.push(batch);
    }
    this.exposed = highWatermark;
  }

  /** The first difference between `log` and what was committed in [from, to); undefined where there is none. */
  difference(log: ReplicaLog, from: Offset, to: Offset): string | undefined {
    const begin = Math.max(from, log.startOffset);
    if (to > log.endOffset) return `its log ends at ${log.endOffset}, below ${to}`;
    const mine = log.between(begin, to);
    if (this.isCompacted) return this.#compactedDifference(mine);
    let i = indexAt(this.#committed, begin);
    for (const batch of mine) {
      const expected = this.#committed[i++];
      if (expected === undefined) return `it has ${textOf(batch)}, where nothing was committed`;
      if (!isSame(batch, expected)) return `it has ${textOf(batch)}, committed was ${textOf(expected)}`;
    }
    const next = this.#committed[i];
    return next !== undefined && next.lastOffset < to ? `it lacks ${textOf(next)}` : undefined;
  }

  #compactedDifference(mine: readonly BatchSeen[]): string | undefined {
    for (const batch of mine) {
      const expected = this.#committed[indexAt(this.#committed, batch.lastOffset)];
      if (expected?.lastOffset !== batch.lastOffset || expected.leaderEpoch !== batch.leaderEpoch) {
        return `it has ${textOf(batch)}, committed was ${expected === undefined ? "nothing" : textOf(expected)}`;
      }
    }
    return undefined;
  }
}
