import { assert } from "../../../env/index.js";
import { BrokerError } from "../../errors.js";
import type { EndedTransaction } from "../../log/types.js";
import {
  batchProblem,
  readBatchHeader,
  recordsOf,
  type BatchHeader,
  type LogRecord,
} from "../../record/index.js";
import {
  NO_EPOCH,
  partitionName,
  type EpochEnd,
  type LeaderEpoch,
  type Offset,
  type TopicPartition,
} from "../../types.js";

/** A batch that was fetched and checked. */
interface Buffered {
  readonly header: BatchHeader;
  readonly bytes: Uint8Array;
  readonly at: number;
  /** Nothing in it is for programs: a marker, or what was aborted. */
  readonly isSkipped: boolean;
}

/** Where a consumer is in one partition, and what it has fetched from there on. */
export class Cursor {
  readonly partition: TopicPartition;
  isPaused = false;
  /** Whether somebody looks for where to begin. */
  isResetting = false;
  /** To be told by `poll` once all that was fetched before it is given out; nothing is fetched meanwhile. */
  problem: BrokerError | undefined;
  notBeforeUs = 0;
  #position: Offset | undefined;
  /** Of the record before the position. */
  #positionEpoch: LeaderEpoch = NO_EPOCH;
  /** The epochs of what was given out since the last jump, each with its first offset. */
  #epochs: { readonly epoch: LeaderEpoch; readonly startOffset: Offset }[] = [];
  #buffered: Buffered[] = [];
  #bufferedBytes = 0;
  /** What is left of the first batch. */
  #records: LogRecord[] | undefined;
  #fetchOffset: Offset = 0;
  #fetchEpoch: LeaderEpoch = NO_EPOCH;
  #generation = 0;

  constructor(partition: TopicPartition) {
    this.partition = partition;
  }

  /** Of the next record to be given out. */
  get position(): Offset | undefined {
    return this.#position;
  }

  get positionEpoch(): LeaderEpoch {
    return this.#positionEpoch;
  }

  /** Behind what is fetched: where the next fetch begins, and the epoch of the batch before. */
  get fetchOffset(): Offset {
    return this.#fetchOffset;
  }

  get fetchEpoch(): LeaderEpoch {
    return this.#fetchEpoch;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Changes whenever the next fetch is another: answers to what was asked before are of no use. */
  get generation(): number {
    return this.#generation;
  }

  get name(): string {
    return partitionName(this.partition);
  }

  wantsFetch(nowUs: number): boolean {
    return (
      !this.isPaused &&
      this.problem === undefined &&
      this.#position !== undefined &&
      nowUs >= this.notBeforeUs
    );
  }

  /** To be placed somewhere; undefined: nowhere yet. `epoch`: of the record before, where known. */
  jump(offset: Offset | undefined, epoch: LeaderEpoch = NO_EPOCH): void {
    this.#position = offset;
    this.#positionEpoch = epoch;
    this.#epochs = [];
    this.problem = undefined;
    this.isResetting = false;
    this.notBeforeUs = 0;
    this.forgetFetched();
  }

  /** Back to where the log parted from what was given out; what was given out before it may have to be compared, too. */
  rewind(offset: Offset): void {
    const epochs = this.#epochs.filter(({ startOffset }) => startOffset < offset);
    this.jump(offset, epochs.at(-1)?.epoch);
    this.#epochs = epochs;
  }

  /** Goes on from the position, as if nothing had been fetched ahead. */
  forgetFetched(): void {
    this.#generation++;
    this.#buffered = [];
    this.#bufferedBytes = 0;
    this.#records = undefined;
    this.#fetchOffset = this.#position ?? 0;
    this.#fetchEpoch = this.#positionEpoch;
  }

  /** Takes what a leader sent, as far as it is whole, without what was `aborted`; all else becomes the problem. */
  receive(bytes: Uint8Array, aborted: readonly EndedTransaction[]): void {
    this.#generation++;
    for (let at = 0; at < bytes.length;) {
      const damage = batchProblem(bytes, at, bytes.length);
      if (damage !== undefined) return this.#isCorrupt(damage);
      const header = readBatchHeader(bytes, at);
      const isNext = header.lastOffset >= this.#fetchOffset && header.baseOffset <= header.lastOffset;
      if (!isNext || (at > 0 && header.baseOffset < this.#fetchOffset)) {
        return this.#isCorrupt(`a batch of ${header.baseOffset} to ${header.lastOffset}`);
      }
      const isSkipped = header.isControl || isAborted(header, aborted);
      this.#buffered.push({ header, bytes, at, isSkipped });
      this.#bufferedBytes += header.sizeBytes;
      this.#fetchOffset = header.lastOffset + 1;
      this.#fetchEpoch = header.leaderEpoch;
      at += header.sizeBytes;
    }
  }

  /** Gives out the next records, at most so many. Throws CORRUPT_MESSAGE: the next poll fetches them again. */
  take(maxRecords: number): LogRecord[] {
    const taken: LogRecord[] = [];
    while (taken.length < maxRecords && this.#buffered[0] !== undefined) {
      const { header } = this.#buffered[0];
      const records = (this.#records ??= this.#decode(this.#buffered[0]));
      taken.push(...records.splice(0, maxRecords - taken.length));
      // Behind the last record of a batch there may have been others, that compaction has taken away.
      this.#advance(records[0]?.offset ?? header.lastOffset + 1, header);
      if (records.length > 0) break;
      this.#records = undefined;
      this.#bufferedBytes -= header.sizeBytes;
      this.#buffered.shift();
    }
    return taken;
  }

  /** Where the log parted from what was given out: `end` is the leader's, of our last epoch or one before it. */
  partingOffset({ epoch, endOffset }: EpochEnd): Offset {
    assert(
      this.#position !== undefined,
      "only who reads somewhere can be told that the log has changed there",
    );
    const foreign = this.#epochs.find((each) => each.epoch > epoch);
    return Math.min(this.#position, endOffset, foreign?.startOffset ?? endOffset);
  }

  #decode({ isSkipped, bytes, at }: Buffered): LogRecord[] {
    if (isSkipped) return [];
    try {
      return recordsOf(bytes, at).filter(({ offset }) => offset >= this.#position!);
    } catch (error) {
      this.forgetFetched();
      throw error;
    }
  }

  #advance(position: Offset, { leaderEpoch, baseOffset }: BatchHeader): void {
    assert(this.#position !== undefined && position >= this.#position, "a position only jumps back");
    if (leaderEpoch > (this.#epochs.at(-1)?.epoch ?? NO_EPOCH)) {
      this.#epochs.push({ epoch: leaderEpoch, startOffset: Math.max(baseOffset, this.#position) });
    }
    this.#position = position;
    this.#positionEpoch = leaderEpoch;
  }

  #isCorrupt(found: string): void {
    this.problem = new BrokerError("CORRUPT_MESSAGE", {
      expected: `batches from ${this.#fetchOffset} on, as they were written`,
      found,
      where: this.name,
      todo: "poll again; if it stays, look at the leader's disk",
    });
  }
}

/** A producer's transactional batches up to where the marker is, or was: compaction may have taken it. */
function isAborted(header: BatchHeader, aborted: readonly EndedTransaction[]): boolean {
  if (!header.isTransactional) return false;
  return aborted.some(
    ({ producerId, firstOffset, lastOffset }) =>
      producerId === header.producerId && firstOffset <= header.baseOffset && header.lastOffset <= lastOffset,
  );
}
