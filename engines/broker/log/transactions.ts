import type { ByteReader, Sink } from "../../bytes/index.js";
import { assert } from "../../env/index.js";
import type { BatchHeader } from "../record/index.js";
import type { Offset } from "../types.js";
import type { EndedTransaction, OpenTransaction } from "./types.js";

/** One that a marker in the log has ended. */
interface Ended extends EndedTransaction {
  /** Where the earliest began that was open behind its marker: none that ends later began before. */
  readonly stableOffset: Offset;
}

/**
 * The transactions of a log (KIP-98): those that no marker has ended yet, those that were aborted, and those whose
 * markers may not be committed. It follows from the batches of the log, so it changes with them and in no other way.
 */
export class Transactions {
  /** By producer; in the order in which they began. */
  readonly #open: Map<number, OpenTransaction> = new Map();
  /** In the order of their markers. */
  #aborted: Ended[] = [];
  /** The same, aborted or not, but for those whose markers are known to be committed. */
  #recent: EndedTransaction[] = [];

  get open(): readonly OpenTransaction[] {
    return [...this.#open.values()];
  }

  get aborted(): readonly EndedTransaction[] {
    return this.#aborted.map(({ producerId, firstOffset, lastOffset }) => {
      return { producerId, firstOffset, lastOffset };
    });
  }

  openOf(producerId: number): OpenTransaction | undefined {
    return this.#open.get(producerId);
  }

  /** A batch of a producer's transaction is in the log, perhaps the first. */
  begin({ producerId, producerEpoch, baseOffset }: BatchHeader): void {
    if (this.#open.has(producerId)) return;
    this.#open.set(producerId, { producerId, producerEpoch, firstOffset: baseOffset });
  }

  /** A marker of the producer is at `lastOffset`. Without a batch before it there is nothing that it ends. */
  end(producerId: number, lastOffset: Offset, isCommit: boolean): void {
    const open = this.#open.get(producerId);
    if (open === undefined) return;
    this.#open.delete(producerId);
    assert(open.firstOffset < lastOffset, "a transaction ends behind its beginning");
    const ended = { producerId, firstOffset: open.firstOffset, lastOffset };
    this.#recent.push(ended);
    if (!isCommit) this.#aborted.push({ ...ended, stableOffset: this.#earliestOpen ?? lastOffset + 1 });
  }

  /**
   * Everything below is decided (last stable offset): where the earliest transaction began whose marker is not below the
   * high watermark, or else that itself. A marker above could yet be cut off, and another come in its place.
   */
  stableOffset(highWatermark: Offset): Offset {
    let stable = Math.min(highWatermark, this.#earliestOpen ?? highWatermark);
    for (let at = this.#recent.length - 1; at >= 0; at--) {
      const { firstOffset, lastOffset } = this.#recent[at]!;
      if (lastOffset < highWatermark) break;
      stable = Math.min(stable, firstOffset);
    }
    return stable;
  }

  /** Forgets what counts no more once everything below is committed. */
  committed(highWatermark: Offset): void {
    const isOld = this.#recent.length > 0 && this.#recent[0]!.lastOffset < highWatermark;
    if (isOld) this.#recent = this.#recent.filter(({ lastOffset }) => lastOffset >= highWatermark);
  }

  /** Those that were aborted and may have records in [from, to). */
  abortedBetween(from: Offset, to: Offset): EndedTransaction[] {
    const found: EndedTransaction[] = [];
    for (let at = this.#firstEndingFrom(from); at < this.#aborted.length; at++) {
      const { producerId, firstOffset, lastOffset, stableOffset } = this.#aborted[at]!;
      if (firstOffset < to) found.push({ producerId, firstOffset, lastOffset });
      if (stableOffset >= to) break;
    }
    return found;
  }

  /** Whether this batch is data that no reader of committed data may see. */
  isAborted({ isTransactional, isControl, producerId, baseOffset, lastOffset }: BatchHeader): boolean {
    if (!isTransactional || isControl) return false;
    return this.abortedBetween(baseOffset, lastOffset + 1).some((each) => each.producerId === producerId);
  }

  /** Nothing of the aborted ones is left below `offset`. */
  forgetAborted(offset: Offset): void {
    this.#aborted = this.#aborted.slice(this.#firstEndingFrom(offset));
  }

  put(sink: Sink): void {
    sink.integer(this.#open.size);
    for (const { producerId, producerEpoch, firstOffset } of this.#open.values()) {
      sink.integer(producerId);
      sink.integer(producerEpoch);
      sink.integer(firstOffset);
    }
    sink.integer(this.#aborted.length);
    for (const each of this.#aborted) {
      putEnded(sink, each);
      sink.integer(each.stableOffset);
    }
    sink.integer(this.#recent.length);
    for (const each of this.#recent) putEnded(sink, each);
  }

  static read(reader: ByteReader): Transactions {
    const transactions = new Transactions();
    for (let left = reader.integer(); left > 0; left--) {
      const [producerId, producerEpoch] = [reader.integer(), reader.integer()];
      transactions.#open.set(producerId, { producerId, producerEpoch, firstOffset: reader.integer() });
    }
    for (let left = reader.integer(); left > 0; left--) {
      transactions.#aborted.push({ ...readEnded(reader), stableOffset: reader.integer() });
    }
    for (let left = reader.integer(); left > 0; left--) transactions.#recent.push(readEnded(reader));
    return transactions;
  }

  get #earliestOpen(): Offset | undefined {
    for (const { firstOffset } of this.#open.values()) return firstOffset;
    return undefined;
  }

  /** Place of the first that was aborted at `offset` or behind it. */
  #firstEndingFrom(offset: Offset): number {
    let low = 0;
    let high = this.#aborted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#aborted[middle]!.lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function putEnded(sink: Sink, { producerId, firstOffset, lastOffset }: EndedTransaction): void {
  sink.integer(producerId);
  sink.integer(firstOffset);
  sink.integer(lastOffset);
}

function readEnded(reader: ByteReader): EndedTransaction {
  return { producerId: reader.integer(), firstOffset: reader.integer(), lastOffset: reader.integer() };
}
