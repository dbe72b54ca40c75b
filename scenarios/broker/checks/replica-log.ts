import { assert } from "#engines/env/index.js";
import type { BatchSeen } from "#engines/broker/events.js";
import { NO_EPOCH, type LeaderEpoch, type Offset } from "#engines/broker/types.js";

/** A broker's log of one partition, as its own events tell it. Batches ascend by offset. */
export class ReplicaLog {
  startOffset: Offset = 0;
  endOffset: Offset = 0;
  /** Everything below was said to be durable, and not truncated since. */
  flushedOffset: Offset = 0;
  /** Of the leader that this replica followed last. */
  followedEpoch: LeaderEpoch = NO_EPOCH;
  /** What it knows to be committed; 0 after a start. */
  highWatermark: Offset = 0;
  #batches: BatchSeen[] = [];

  get batches(): readonly BatchSeen[] {
    return this.#batches;
  }

  /** As recovery found it, which read `batches` from `readFrom` on; below, all is as it was. */
  open(startOffset: Offset, endOffset: Offset, readFrom: Offset, batches: readonly BatchSeen[]): void {
    this.startOffset = startOffset;
    this.endOffset = endOffset;
    this.highWatermark = 0;
    this.#batches = [...this.between(startOffset, readFrom), ...batches];
  }

  append(batches: readonly BatchSeen[], endOffset: Offset): void {
    this.#batches.push(...batches);
    this.endOffset = endOffset;
  }

  truncate(offset: Offset): readonly BatchSeen[] {
    const gone = this.#batches.splice(indexAt(this.#batches, offset));
    this.endOffset = Math.min(this.endOffset, offset);
    this.flushedOffset = Math.min(this.flushedOffset, offset);
    return gone;
  }

  restart(offset: Offset): void {
    this.#batches = [];
    this.startOffset = offset;
    this.endOffset = offset;
    this.flushedOffset = offset;
  }

  /** What is below stays on the disk until that is durable: a crash may bring it back. */
  advanceStart(offset: Offset): void {
    this.startOffset = Math.max(this.startOffset, offset);
  }

  compact(upTo: Offset, kept: readonly BatchSeen[]): void {
    const rest = this.#batches.filter(({ lastOffset }) => lastOffset >= upTo);
    this.#batches = [...kept, ...rest];
  }

  /** The batches that hold offsets in [from, to). */
  between(from: Offset, to: Offset): readonly BatchSeen[] {
    return this.#batches.slice(indexAt(this.#batches, from), indexAt(this.#batches, to));
  }
}

/** Place of the first batch that ends at `offset` or behind it. */
export function indexAt(batches: readonly BatchSeen[], offset: Offset): number {
  let low = 0;
  let high = batches.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (batches[middle]!.lastOffset < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function isSame(a: BatchSeen, b: BatchSeen): boolean {
  return (
    a.baseOffset === b.baseOffset &&
    a.lastOffset === b.lastOffset &&
    a.leaderEpoch === b.leaderEpoch &&
    a.crc === b.crc
  );
}

export function textOf({ baseOffset, lastOffset, leaderEpoch }: BatchSeen): string {
  assert(baseOffset <= lastOffset, "a batch has an offset");
  return `${baseOffset}..${lastOffset} of epoch ${leaderEpoch}`;
}
