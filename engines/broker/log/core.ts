import { assert, isDiskError, type Env } from "../../env/index.js";
import { BrokerError } from "../errors.js";
import type { BrokerEvent } from "../events.js";
import { partitionName, type Offset } from "../types.js";
import type { EpochCache } from "./epoch-cache.js";
import { closed, storageError } from "./errors.js";
import { writeEpochs } from "./epoch-cache.js";
import type { ProducerStates } from "./producer-states.js";
import type { Segment } from "./segment.js";
import { writeState, type LogState } from "./state.js";
import { Turns } from "./turns.js";
import type { LogOptions } from "./types.js";

export interface CoreParts {
  /** In order, at least one; the last is appended to. */
  readonly segments: readonly Segment[];
  readonly state: LogState;
  readonly epochs: EpochCache;
  readonly producers: ProducerStates;
}

/** What the parts of an open log share: its state in memory, who may change it when, and how it fails. */
export class LogCore {
  readonly env: Env;
  readonly options: LogOptions;
  readonly name: string;
  segments: Segment[];
  readonly epochs: EpochCache;
  producers: ProducerStates;
  /** Everything below is durable. */
  recoveryPoint: Offset;
  failure: BrokerError | undefined;
  isClosed = false;
  /** When the first tombstone may go that the last compaction left; undefined where that is not known. */
  earliestHorizonMs: number | undefined;
  /** Cuts that were asked for and are not done: nothing may be appended until then. */
  cutsUnderWay = 0;
  /** Changes whenever bytes at a place become others, or a file goes: what was being read is read again. */
  generation = 0;
  /** Whatever removes or replaces segments. */
  readonly housekeeping: Turns = new Turns();
  /** Whatever makes things durable; taken within a turn of `housekeeping`, never the other way round. */
  readonly syncing: Turns = new Turns();
  readonly #saving: Turns = new Turns();
  #state: LogState;
  #savedEpochs: number;

  /** All that is in `parts` is durable, up to the log's end. */
  constructor(env: Env, options: LogOptions, parts: CoreParts) {
    assert(parts.segments.length > 0, "a log has a segment to append to");
    this.env = env;
    this.options = options;
    this.name = partitionName(options.partition);
    this.segments = [...parts.segments];
    this.#state = parts.state;
    this.epochs = parts.epochs;
    this.producers = parts.producers;
    this.#savedEpochs = parts.epochs.version;
    this.recoveryPoint = this.logEndOffset;
  }

  get active(): Segment {
    return this.segments.at(-1)!;
  }

  get logEndOffset(): Offset {
    return this.active.endOffset;
  }

  /** See `PartitionLog.lastStableOffset`. */
  lastStableOffset(highWatermark: Offset): Offset {
    return Math.max(this.#state.logStartOffset, this.producers.transactions.stableOffset(highWatermark));
  }

  get state(): LogState {
    return this.#state;
  }

  get areEpochsSaved(): boolean {
    return this.#savedEpochs === this.epochs.version;
  }

  path(name: string): string {
    return `${this.options.directory}/${name}`;
  }

  observe(event: BrokerEvent): void {
    this.env.observe(event);
  }

  /** Throws CLOSED, and what the log failed with. */
  check(): void {
    if (this.failure !== undefined) throw this.failure;
    if (this.isClosed) throw closed(this.options.directory);
  }

  /** The first failure is the last: what became of the disk's caches since nobody knows (KAFKA-10778). */
  fail(error: BrokerError): BrokerError {
    if (this.failure !== undefined) return this.failure;
    this.failure = error;
    this.observe({ kind: "broker/log-failed", partition: this.name, reason: error.message });
    return error;
  }

  /** What to throw for `error`, which puts the log offline if it is the disk's. */
  judge(error: unknown): unknown {
    if (isDiskError(error)) return this.fail(storageError(this.options.directory, error));
    if (error instanceof BrokerError && error.code === "LOG_DAMAGED") return this.fail(error);
    return error;
  }

  /** Runs a task that may fail. */
  async guard<T>(task: () => Promise<T>): Promise<T> {
    this.check();
    try {
      return await task();
    } catch (error) {
      // oxlint-disable-next-line typescript/only-throw-error -- judged, or passed on as it is
      throw this.judge(error);
    }
  }

  /** The same in turn: by then the log may have failed. */
  inTurn<T>(turns: Turns, task: () => Promise<T>): Promise<T> {
    return this.guard(() =>
      turns.run(() => {
        this.check();
        return task();
      }),
    );
  }

  /** For what nobody waits for: a failure puts the log offline, a mistake in the code stays uncaught. */
  async inBackground(turns: Turns, task: () => Promise<void>): Promise<void> {
    try {
      await turns.run(async () => {
        if (this.failure === undefined && !this.isClosed) await task();
      });
    } catch (error) {
      const judged = this.judge(error);
      // oxlint-disable-next-line typescript/only-throw-error -- passed on as it is
      if (judged !== this.failure) throw judged;
    }
  }

  /** In memory at once; durable with the next `saveState`. */
  setState(change: Partial<LogState>): void {
    this.#state = { ...this.#state, ...change };
  }

  /** All of the state of now is durable when it resolves. */
  saveState(change: Partial<LogState> = {}): Promise<void> {
    this.setState(change);
    return this.#saving.run(() => writeState(this.env, this.options.directory, this.#state));
  }

  saveEpochs(): Promise<void> {
    return this.#saving.run(async () => {
      if (this.areEpochsSaved) return;
      const { version, entries } = this.epochs;
      await writeEpochs(this.env, this.options.directory, entries);
      this.#savedEpochs = version;
    });
  }
}
