import { assert } from "../../../env/index.js";
import type { RpcClient } from "../../../rpc/index.js";
import { BrokerError } from "../../errors.js";
import type { LogRecord } from "../../record/index.js";
import { partitionNames } from "../../partition-names.js";
import {
  NO_EPOCH,
  partitionName,
  type EpochEnd,
  type LeaderEpoch,
  type Offset,
  type TopicPartition,
} from "../../types.js";
import { invalid, isClosed } from "../errors.js";
import { Waits } from "../waits.js";
import { Cursor } from "./cursor.js";
import { Fetcher } from "./fetcher.js";
import { OffsetLookup, type OffsetQuery } from "./offset-lookup.js";
import { settingsOf, type ConsumerOptions, type ConsumerSettings } from "./options.js";

/** The last one that a `Date` can be. */
const TIME_MAX_MS = 8_640_000_000_000_000;

/** What `poll` gives of one partition, in the order of the log. */
export interface PolledRecords {
  readonly partition: TopicPartition;
  readonly records: readonly LogRecord[];
}

/**
 * Reads the partitions that it is assigned, each from its position on, in order and without leaving out anything that
 * is committed; with `read_committed` nothing of a transaction that is open, or was aborted (KIP-98). It fetches ahead of `poll`, within bounds. Who is assigned what is for others to say.
 */
export class Consumer {
  readonly #settings: ConsumerSettings;
  readonly #rpc: RpcClient;
  readonly #cursors: Map<string, Cursor> = new Map();
  readonly #fetcher: Fetcher;
  readonly #lookup: OffsetLookup;
  /** Of `poll`. */
  readonly #waits: Waits;
  readonly #forget: () => void;
  #isPolling = false;
  #isWoken = false;

  constructor(rpc: RpcClient, options: ConsumerOptions) {
    const { cluster } = options;
    this.#settings = settingsOf(options);
    this.#rpc = rpc;
    this.#waits = new Waits(rpc.env.clock);
    this.#lookup = new OffsetLookup(rpc, cluster, this.#settings);
    this.#fetcher = new Fetcher(rpc, cluster, this.#settings, this.#cursors, {
      onNews: () => this.#waits.wakeAll(),
      onOutOfRange: (cursor) => this.#reset(cursor),
      onTruncated: (cursor, end) => this.#truncated(cursor, end),
    });
    this.#forget = cluster.onChange(() => this.#fetcher.pump());
  }

  /** Replaces what is read. Partitions that stay keep their positions; new ones begin as `offsetReset` says, or at a `seek`. */
  assign(partitions: readonly TopicPartition[]): void {
    const names = partitionNames(partitions);
    for (const name of this.#cursors.keys()) if (!names.has(name)) this.#cursors.delete(name);
    for (const partition of partitions) {
      const name = partitionName(partition);
      if (!this.#cursors.has(name)) this.#cursors.set(name, new Cursor(partition));
    }
  }

  get assignment(): readonly TopicPartition[] {
    return [...this.#cursors.values()].map(({ partition }) => partition);
  }

  /**
   * `epoch`: of the record before `offset`, where it is known: then a log that has changed since is noticed (KIP-320).
   * Throws INVALID_REQUEST.
   */
  seek(partition: TopicPartition, offset: Offset, epoch: LeaderEpoch = NO_EPOCH): void {
    if (!(Number.isSafeInteger(offset) && offset >= 0))
      throw invalid("an offset from 0 on", `${offset}`, "seek");
    // One more than it is what a message has.
    if (!(Number.isSafeInteger(epoch + 1) && epoch >= NO_EPOCH))
      throw invalid("a leader epoch", `${epoch}`, "seek");
    this.#cursor(partition).jump(offset, epoch);
    this.#fetcher.pump();
  }

  /** Gives out nothing of it until it is resumed. */
  pause(partition: TopicPartition): void {
    const cursor = this.#cursor(partition);
    cursor.isPaused = true;
    // Others could use the room.
    if (cursor.position !== undefined) cursor.forgetFetched();
  }

  resume(partition: TopicPartition): void {
    this.#cursor(partition).isPaused = false;
    this.#fetcher.pump();
  }

  /** The offset of the next record that `poll` gives; undefined until it is known where to begin. */
  position(partition: TopicPartition): Offset | undefined {
    return this.#cursor(partition).position;
  }

  /** Of the record before the position; `NO_EPOCH` where that is not known. */
  positionEpoch(partition: TopicPartition): LeaderEpoch {
    return this.#cursor(partition).positionEpoch;
  }

  /**
   * Resolves with what there is as soon as there is something, or with nothing after that time. Rejects with
   * `BrokerError`: OFFSET_OUT_OF_RANGE and LOG_TRUNCATION where the options say so, CORRUPT_MESSAGE for what fails its
   * checksum, what a leader says that trying again won't change, and CLOSED. Positions stay where they were then, and
   * the next poll tries again.
   */
  async poll(timeoutUs: number): Promise<readonly PolledRecords[]> {
    assert(!this.#isPolling, "a consumer is polled by one at a time");
    this.#isPolling = true;
    try {
      const { clock } = this.#rpc.env;
      const deadlineUs = clock.nowUs() + timeoutUs;
      for (;;) {
        if (this.#waits.isClosed) throw isClosed("poll");
        const polled = this.#take();
        for (const cursor of this.#cursors.values()) {
          if (cursor.position === undefined && cursor.problem === undefined) this.#reset(cursor);
        }
        this.#fetcher.pump();
        const leftUs = deadlineUs - clock.nowUs();
        if (polled.length > 0 || leftUs <= 0 || this.#isWoken) {
          this.#isWoken = false;
          return polled;
        }
        await this.#waits.pause(leftUs);
      }
    } finally {
      this.#isPolling = false;
    }
  }

  /** Has the poll that is under way, or else the next one, resolve with what there is at once, if only nothing. */
  wakeUp(): void {
    this.#isWoken = true;
    this.#waits.wakeAll();
  }

  /** The first offsets that can be read, in the order of `partitions`. Rejects as `OffsetLookup.find` does. */
  beginningOffsets(partitions: readonly TopicPartition[], timeoutUs: number): Promise<readonly Offset[]> {
    return this.#offsets(partitions, () => "earliest", timeoutUs);
  }

  /** The high watermarks; last stable offsets for a reader of committed data. */
  endOffsets(partitions: readonly TopicPartition[], timeoutUs: number): Promise<readonly Offset[]> {
    return this.#offsets(partitions, () => "latest", timeoutUs);
  }

  /** Of the first records that are not older than `timestampMs`, from 0 on; what `endOffsets` gives where all are. */
  offsetsForTimes(
    partitions: readonly (TopicPartition & { readonly timestampMs: number })[],
    timeoutUs: number,
  ): Promise<readonly Offset[]> {
    const odd = partitions.find(({ timestampMs }) => {
      return !(Number.isInteger(timestampMs) && timestampMs >= 0 && timestampMs <= TIME_MAX_MS);
    });
    if (odd !== undefined)
      return Promise.reject(invalid("milliseconds since 1970", `${odd.timestampMs}`, "offsetsForTimes"));
    return this.#offsets(partitions, ({ timestampMs }) => timestampMs, timeoutUs);
  }

  /** Ends all waits and timers; `poll` and lookups under way reject with CLOSED. */
  close(): void {
    this.#forget();
    this.#waits.close();
    this.#lookup.close();
    this.#fetcher.close();
    this.#cursors.clear();
  }

  #offsets<T extends TopicPartition>(
    partitions: readonly T[],
    at: (partition: T) => OffsetQuery,
    timeoutUs: number,
  ): Promise<readonly Offset[]> {
    return Promise.all(
      partitions.map((each) => {
        const { topic, partition } = each;
        return this.#lookup.find({ topic, partition }, at(each), timeoutUs);
      }),
    );
  }

  #take(): PolledRecords[] {
    const polled: PolledRecords[] = [];
    let left = this.#settings.maxPollRecords;
    for (const cursor of this.#cursors.values()) {
      if (left === 0) break;
      const records = cursor.isPaused ? [] : cursor.take(left);
      left -= records.length;
      if (records.length > 0) polled.push({ partition: cursor.partition, records });
    }
    if (polled.length === 0) this.#complain();
    return polled;
  }

  /** What went wrong is told once all that came before it has been given out. */
  #complain(): void {
    for (const cursor of this.#cursors.values()) {
      const { problem } = cursor;
      if (problem === undefined || cursor.bufferedBytes > 0) continue;
      cursor.problem = undefined;
      throw problem;
    }
  }

  #cursor(partition: TopicPartition): Cursor {
    const cursor = this.#cursors.get(partitionName(partition));
    if (cursor === undefined) throw invalid("an assigned partition", "another", partitionName(partition));
    return cursor;
  }

  #reset(cursor: Cursor): void {
    const { offsetReset } = this.#settings;
    if (cursor.isResetting) return;
    if (offsetReset !== "none") return void this.#find(cursor, offsetReset);
    cursor.problem = new BrokerError("OFFSET_OUT_OF_RANGE", {
      expected: "an offset that the log has",
      found: cursor.position === undefined ? "none" : `${cursor.position}`,
      where: cursor.name,
      todo: "seek to one",
    });
  }

  /** Until somebody knows, or it is no longer asked for. */
  async #find(cursor: Cursor, at: OffsetQuery): Promise<void> {
    cursor.jump(undefined);
    cursor.isResetting = true;
    const { generation } = cursor;
    const isWanted = (): boolean =>
      this.#cursors.get(cursor.name) === cursor && cursor.generation === generation && !this.#waits.isClosed;
    while (isWanted()) {
      try {
        const offset = await this.#lookup.find(cursor.partition, at, this.#settings.requestTimeoutUs);
        // The answer's epoch is the leader's, who may never append: what is compared later is what was read.
        if (isWanted()) cursor.jump(offset);
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
        if (error.isRetriable || !isWanted()) continue;
        cursor.jump(undefined);
        cursor.problem = error;
      }
    }
    this.#fetcher.pump();
    this.#waits.wakeAll();
  }

  #truncated(cursor: Cursor, end: EpochEnd): void {
    const offset = cursor.partingOffset(end);
    if (this.#settings.onTruncation === "rewind") return cursor.rewind(offset);
    cursor.problem = new BrokerError("LOG_TRUNCATION", {
      expected: `the records below ${cursor.position} as they were read`,
      found: `others from ${offset} on`,
      where: cursor.name,
      todo: `seek to ${offset}, and take back what was done with the records from there on`,
    });
  }
}
