import { assert } from "../../env/index.js";
import { BrokerError } from "../errors.js";
import type { PartitionLog } from "../log/types.js";
import { observe, reached } from "../observe.js";
import { NO_EPOCH, type LeaderEpoch, type Offset } from "../types.js";
import type { PartitionHost } from "./host.js";

/** In which role the high watermark moves, for whoever looks on. */
export interface RoleSeen {
  readonly epoch: LeaderEpoch;
  readonly isLeader: boolean;
}

/**
 * A partition's log with its high watermark. What the log throws that says that the disk failed, or that its bytes are
 * damaged, ends the broker (`PartitionHost.fail`), and is thrown on.
 */
export class ReplicaLog {
  readonly name: string;
  readonly log: PartitionLog;
  role: RoleSeen = { epoch: NO_EPOCH, isLeader: false };
  readonly #host: PartitionHost;
  readonly #raised: (highWatermark: Offset) => void;
  #highWatermark: Offset;
  #work: Promise<void> = Promise.resolve();

  /** `highWatermark`: from the checkpoint, so it may be stale, or above the end of a log that lost its own. */
  constructor(
    host: PartitionHost,
    name: string,
    log: PartitionLog,
    highWatermark: Offset,
    raised: (highWatermark: Offset) => void,
  ) {
    this.#host = host;
    this.name = name;
    this.log = log;
    this.#highWatermark = Math.max(log.logStartOffset, Math.min(highWatermark, log.logEndOffset));
    this.#raised = raised;
  }

  get highWatermark(): Offset {
    return this.#highWatermark;
  }

  /** What counts as stored here, see `Durability`. */
  get storedEnd(): Offset {
    const { log } = this;
    return this.#host.durability === "sync"
      ? Math.min(log.recoveryPoint, log.logEndOffset)
      : log.logEndOffset;
  }

  /** Resolves when no change of the log runs that `exclusively` began. */
  get idle(): Promise<void> {
    return this.#work;
  }

  /** Never back: what was committed once stays so. */
  raise(offset: Offset): void {
    assert(offset <= this.log.logEndOffset, "what is committed is in the log");
    if (offset <= this.#highWatermark) return;
    this.#highWatermark = offset;
    this.log.committed(offset);
    this.#observe();
    this.#raised(offset);
  }

  /**
   * A log that is about to lose its end: after an unclean election, or since a disk lost it. Durable first, so that a
   * checkpoint never says that what comes in its place was committed.
   */
  async lower(offset: Offset): Promise<void> {
    if (offset >= this.#highWatermark) return;
    reached(this.#host.env, "broker/high-watermark-lowered");
    this.#highWatermark = offset;
    this.#observe();
    await this.#host.checkpointHighWatermarks();
  }

  /** Everything that was appended is durable when it resolves. */
  async persist(): Promise<void> {
    if (this.log.recoveryPoint < this.log.logEndOffset) await this.awaiting(this.log.flush());
  }

  /** Runs a change of the log's end; no role begins meanwhile. */
  async exclusively(work: () => Promise<void>): Promise<void> {
    const done = this.awaiting(work());
    this.#work = done.catch(() => undefined);
    await done;
  }

  attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.#noted(error);
    }
  }

  async awaiting<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw this.#noted(error);
    }
  }

  #noted(error: unknown): unknown {
    if (isLogFailure(error)) this.#host.fail(error);
    return error;
  }

  #observe(): void {
    observe(this.#host.env, {
      kind: "broker/high-watermark",
      partition: this.name,
      highWatermark: this.#highWatermark,
      ...this.role,
    });
  }
}

/** Whether the log can't be relied on any more. */
export function isLogFailure(error: unknown): error is BrokerError {
  return error instanceof BrokerError && (error.code === "STORAGE_ERROR" || error.code === "LOG_DAMAGED");
}
