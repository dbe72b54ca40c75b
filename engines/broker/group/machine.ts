import type { CoordinatorMachine, CoordinatorMarker, CoordinatorRecord } from "../coordinator/types.js";
import { ConsumerStore } from "./consumer/store.js";
import { OffsetStore } from "./offset-store.js";
import { readGroupValue, readKey, readOffsetValue } from "./records.js";
import type { StoredGroup, StoredOffset } from "./types.js";

/** What the records of one partition say of its groups: what whoever takes over will know. */
export class GroupMachine implements CoordinatorMachine {
  readonly offsets: OffsetStore = new OffsetStore();
  /** KIP-848's. */
  readonly consumers: ConsumerStore = new ConsumerStore();
  readonly #groups: Map<string, StoredGroup> = new Map();

  /** Of the classic protocol. */
  get groups(): ReadonlyMap<string, StoredGroup> {
    return this.#groups;
  }

  replay(record: CoordinatorRecord): void {
    const key = readKey(record.key);
    const { value, transaction } = record;
    if (key.kind === "group") {
      if (value === null) this.#groups.delete(key.group);
      else this.#groups.set(key.group, readGroupValue(value));
      return;
    }
    if (key.kind !== "offset") return this.consumers.replay(key, value);
    const { group, partition } = key;
    if (value === null) return this.offsets.forget(group, partition);
    const { offset: recordOffset, timestampMs: committedMs } = record;
    const offset: StoredOffset = { ...readOffsetValue(value), partition, committedMs, recordOffset };
    if (transaction === undefined) return this.offsets.commit(group, offset);
    this.offsets.hold(transaction.producerId, transaction.producerEpoch, group, offset);
  }

  replayMarker(marker: CoordinatorMarker): void {
    this.offsets.end(marker);
  }
}
