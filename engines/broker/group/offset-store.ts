import type { CoordinatorMarker } from "../coordinator/types.js";
import { partitionName, type TopicPartition } from "../types.js";
import type { StoredOffset } from "./types.js";

type Offsets = Map<string, StoredOffset>;

/** What a producer has written in a transaction that has not ended. */
interface Pending {
  readonly producerEpoch: number;
  /** Records, also those that later ones replace. */
  written: number;
  /** By group, then by `partitionName`. */
  readonly groups: Map<string, Offsets>;
}

const NOTHING: ReadonlyMap<string, StoredOffset> = new Map();

/** Committed offsets of groups, and those that wait for the end of a transaction. */
export class OffsetStore {
  readonly #committed: Map<string, Offsets> = new Map();
  readonly #pending: Map<number, Pending> = new Map();

  /** Groups that have committed something. */
  get groups(): Iterable<string> {
    return this.#committed.keys();
  }

  /** By `partitionName`. */
  of(group: string): ReadonlyMap<string, StoredOffset> {
    return this.#committed.get(group) ?? NOTHING;
  }

  /** Whether a transaction that has not ended may change it. */
  isPending(group: string, partition: TopicPartition): boolean {
    const name = partitionName(partition);
    for (const { groups } of this.#pending.values()) if (groups.get(group)?.has(name) === true) return true;
    return false;
  }

  hasPending(group: string): boolean {
    for (const { groups } of this.#pending.values()) if (groups.has(group)) return true;
    return false;
  }

  /**
   * How many records a transaction of this producer's epoch has written here; 0 where it has not, or is over. It is the
   * sequence of the next one: all of them come through here.
   */
  writtenBy(producerId: number, producerEpoch: number): number {
    const pending = this.#pending.get(producerId);
    return pending?.producerEpoch === producerEpoch ? pending.written : 0;
  }

  commit(group: string, offset: StoredOffset): void {
    put(this.#committed, group, offset);
  }

  forget(group: string, partition: TopicPartition): void {
    const offsets = this.#committed.get(group);
    offsets?.delete(partitionName(partition));
    if (offsets?.size === 0) this.#committed.delete(group);
  }

  hold(producerId: number, producerEpoch: number, group: string, offset: StoredOffset): void {
    let pending = this.#pending.get(producerId);
    if (pending === undefined || pending.producerEpoch < producerEpoch) {
      pending = { producerEpoch, written: 0, groups: new Map() };
      this.#pending.set(producerId, pending);
    }
    pending.written++;
    put(pending.groups, group, offset);
  }

  /** What the end of the producer's transaction will change if it commits: not what a later record says something else of. */
  applicable(producerId: number): { group: string; offset: StoredOffset }[] {
    const applicable: { group: string; offset: StoredOffset }[] = [];
    for (const [group, offsets] of this.#pending.get(producerId)?.groups ?? []) {
      for (const [name, offset] of offsets) {
        const known = this.of(group).get(name);
        if (known === undefined || known.recordOffset < offset.recordOffset)
          applicable.push({ group, offset });
      }
    }
    return applicable;
  }

  /** Ends the producer's transaction. */
  end({ producerId, isCommit }: CoordinatorMarker): void {
    const applied = isCommit ? this.applicable(producerId) : [];
    this.#pending.delete(producerId);
    for (const { group, offset } of applied) this.commit(group, offset);
  }
}

function put(groups: Map<string, Offsets>, group: string, offset: StoredOffset): void {
  const offsets: Offsets = groups.get(group) ?? new Map();
  offsets.set(partitionName(offset.partition), offset);
  groups.set(group, offsets);
}
