/** What a log says of transactions, worked out in the plainest way from a list of its batches. */
import type { EndedTransaction, OpenTransaction } from "#engines/broker/log/types.js";
import type { TransactionMarker } from "#engines/broker/record/index.js";

export interface PlainBatch {
  readonly base: number;
  readonly last: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly isTransactional: boolean;
  readonly sequence: number;
  readonly marker: TransactionMarker | undefined;
}

export class PlainLog {
  batches: PlainBatch[] = [];
  start = 0;
  end = 0;
  /** What counts as committed. */
  highWatermark = 0;

  append(count: number, rest: Omit<PlainBatch, "base" | "last">): void {
    this.batches.push({ base: this.end, last: this.end + count - 1, ...rest });
    this.end += count;
  }

  of(producerId: number): PlainBatch[] {
    return this.batches.filter((each) => each.producerId === producerId);
  }

  epochOf(producerId: number): number {
    return this.of(producerId).at(-1)?.producerEpoch ?? -1;
  }

  coordinatorEpochOf(producerId: number): number {
    const marker = this.of(producerId).findLast((each) => each.marker !== undefined)?.marker;
    return marker?.coordinatorEpoch ?? -1;
  }

  nextSequence(producerId: number): number {
    const last = this.of(producerId).at(-1);
    return last === undefined || last.marker !== undefined ? 0 : last.sequence + last.last - last.base + 1;
  }

  /** All that have ended, and all that have not. */
  get transactions(): {
    readonly open: readonly OpenTransaction[];
    readonly ended: readonly (EndedTransaction & { readonly isCommit: boolean })[];
  } {
    const open = new Map<number, OpenTransaction>();
    const ended: (EndedTransaction & { isCommit: boolean })[] = [];
    for (const { producerId, producerEpoch, base, marker, isTransactional } of this.batches) {
      const begun = open.get(producerId);
      if (marker !== undefined) {
        open.delete(producerId);
        const { isCommit } = marker;
        if (begun !== undefined)
          ended.push({ producerId, firstOffset: begun.firstOffset, lastOffset: base, isCommit });
      } else if (isTransactional && begun === undefined) {
        open.set(producerId, { producerId, producerEpoch, firstOffset: base });
      }
    }
    return { open: [...open.values()].sort((a, b) => a.firstOffset - b.firstOffset), ended };
  }

  stableOffset(highWatermark: number): number {
    const { open, ended } = this.transactions;
    const undecided = ended.filter(({ lastOffset }) => lastOffset >= highWatermark);
    const begins = [...open, ...undecided].map(({ firstOffset }) => firstOffset);
    return Math.max(this.start, Math.min(highWatermark, ...begins));
  }

  abortedBetween(from: number, to: number): readonly EndedTransaction[] {
    return this.transactions.ended
      .filter((each) => !each.isCommit && each.lastOffset >= this.start)
      .filter(({ firstOffset, lastOffset }) => firstOffset < to && lastOffset >= from)
      .map(({ producerId, firstOffset, lastOffset }) => ({ producerId, firstOffset, lastOffset }));
  }

  /** A batch goes as a whole. */
  truncateTo(offset: number): void {
    this.batches = this.batches.filter(({ last }) => last < offset);
    if (offset < this.end) this.end = (this.batches.at(-1)?.last ?? -1) + 1;
    this.highWatermark = Math.min(this.highWatermark, this.end);
  }
}
