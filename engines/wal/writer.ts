import { assert, isDiskError, isDiskFull, type DiskError, type Timer } from "../env/index.js";
import { PendingBatch } from "./batch.js";
import {
  WalError,
  badArgument,
  closed,
  ioFailed,
  noSpace,
  syncFailed,
  tooLarge,
  type Outcome,
} from "./errors.js";
import { observe, reached, type Context } from "./files.js";
import type { RecordSource, WalFollower } from "./follower.js";
import {
  BATCH_HEADER_BYTES,
  MAX_BATCH_BYTES,
  RECORD_PREFIX_BYTES,
  SEGMENT_HEADER_BYTES,
  alignedBytes,
  type Lsn,
} from "./format.js";
import type { Log } from "./log.js";

/** A step of the log that has its turn in the queue, between the appends before it and those after it. */
interface Step {
  /** Settles the caller's promise. Throws only what makes the log read-only. */
  run(): Promise<void>;
  reject(error: unknown): void;
}

/** How many batches are kept for use again: one is being written while the next one fills. */
const KEPT_BATCHES = 2;

/**
 * The queue of what changes the log: appends, joined into batches, and the other steps, in the order of their
 * calls. One thing is under way at a time. What fails and leaves the state of the files unknown ends it all:
 * the log is read-only from then on, since a later success would prove nothing.
 */
export class Writer {
  readonly #context: Context;
  readonly #log: Log;
  readonly #queue: (PendingBatch | Step)[] = [];
  /** The last of the queue, where it is a batch that takes more. */
  #filling: PendingBatch | undefined;
  readonly #spare: PendingBatch[] = [];
  /** Joined appends stay below this, so that only one that is larger alone makes a larger segment. */
  readonly #joinedBytes: number;
  #isPumping = false;
  #pumping: Promise<void> = Promise.resolve();
  /** Calls so far. Where it stands still for a while, everybody who is awake has called. */
  #arrivals = 0;
  /** Ends the wait for more company, where there is one. */
  #hurry: (() => void) | undefined;
  #syncTimer: Timer | undefined;
  #failure: WalError | undefined;
  #isClosed = false;
  #follower: WalFollower | undefined;
  #unansweredBytes = 0;

  constructor(context: Context, log: Log) {
    this.#context = context;
    this.#log = log;
    const { maxBatchBytes, segmentBytes } = context.settings;
    this.#joinedBytes = Math.min(maxBatchBytes, segmentBytes - SEGMENT_HEADER_BYTES - BATCH_HEADER_BYTES);
  }

  /** What made the log read-only. */
  get failure(): WalError | undefined {
    return this.#failure;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** See `Wal.unansweredBytes`. */
  get unansweredBytes(): number {
    return this.#unansweredBytes;
  }

  follow(follower: WalFollower): void {
    assert(
      this.#follower === undefined && this.#unansweredBytes === 0,
      "a log has one follower, behind no append",
    );
    this.#follower = follower;
  }

  append(record: Uint8Array): Promise<Lsn> {
    if (!(record instanceof Uint8Array)) return this.#refused(this.#noRecord(record));
    const refusal = this.#refusal(RECORD_PREFIX_BYTES + record.length);
    if (refusal !== undefined) return this.#refused(refusal);
    return new Promise((resolve, reject) => {
      const batch = this.#batchFor(RECORD_PREFIX_BYTES + record.length);
      batch.add(record);
      batch.expect(resolve, reject);
      this.#arrived();
    });
  }

  appendFrom(source: RecordSource): Promise<Lsn> {
    const refusal = this.#refusal(RECORD_PREFIX_BYTES + source.sizeBytes);
    if (refusal !== undefined) return this.#refused(refusal);
    return new Promise((resolve, reject) => {
      const batch = this.#batchFor(RECORD_PREFIX_BYTES + source.sizeBytes);
      batch.addFrom(source);
      batch.expect(resolve, reject);
      this.#arrived();
    });
  }

  /** All or none of them; resolves to the last one's LSN. */
  appendBatch(records: readonly Uint8Array[]): Promise<Lsn> {
    let payloadBytes = 0;
    for (const record of records) {
      if (!(record instanceof Uint8Array)) return this.#refused(this.#noRecord(record));
      payloadBytes += RECORD_PREFIX_BYTES + record.length;
    }
    const refusal = this.#refusal(payloadBytes);
    if (refusal !== undefined) return this.#refused(refusal);
    return new Promise((resolve, reject) => {
      const batch = this.#batchFor(payloadBytes);
      for (const record of records) batch.add(record);
      batch.expect(resolve, reject);
      this.#arrived();
    });
  }

  /** Runs a step of the log in its turn. */
  run(step: () => Promise<void>): Promise<void> {
    const refusal = this.#refusal(0);
    if (refusal !== undefined) return Promise.reject(refusal);
    return this.#enqueue(step);
  }

  /** Ends the queue behind what stands in it. Rejects where not all of it is durable; the files are closed anyway. */
  async close(): Promise<void> {
    this.#isClosed = true;
    try {
      if (this.#failure !== undefined) throw this.#readOnly(this.#failure);
      await this.#enqueue(() => this.#log.sync());
    } catch (error) {
      // What failed first says more than what the files say to being closed after it.
      await this.#release().catch(() => undefined);
      throw error;
    }
    await this.#release();
  }

  async #release(): Promise<void> {
    this.#syncTimer?.cancel();
    await this.#pumping;
    await this.#log.close();
  }

  #enqueue(step: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#filling = undefined;
      this.#queue.push({ run: () => this.#attempt(step, resolve, reject), reject });
      this.#hurry?.();
      this.#arrived();
    });
  }

  #refused(error: WalError): Promise<never> {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the follower's words for a WalError
    return Promise.reject(this.#told(error));
  }

  /** What those who have appended are told. */
  #told(error: WalError): unknown {
    return this.#follower === undefined ? error : this.#follower.refused(error);
  }

  #refusal(payloadBytes: number): WalError | undefined {
    const where = this.#context.settings.directory;
    if (this.#isClosed) return closed(where);
    if (this.#failure !== undefined) return this.#readOnly(this.#failure);
    if (alignedBytes(BATCH_HEADER_BYTES + payloadBytes) > MAX_BATCH_BYTES) {
      return tooLarge(`a batch of up to ${MAX_BATCH_BYTES} bytes`, payloadBytes, where);
    }
    return undefined;
  }

  #noRecord(given: unknown): WalError {
    return badArgument("a Uint8Array", typeof given, `an append to ${this.#context.settings.directory}`);
  }

  #readOnly(failure: WalError): WalError {
    const where = this.#context.settings.directory;
    const parts = { expected: "a writable log", found: `one that failed with ${failure.code}`, where };
    return new WalError("WAL_READ_ONLY", { ...parts, todo: "open it again" }, "failed", failure);
  }

  #batchFor(payloadBytes: number): PendingBatch {
    const { policy } = this.#context.settings;
    const filling = this.#filling;
    if (filling !== undefined && policy.kind !== "each") {
      if (filling.payloadBytes + payloadBytes <= this.#joinedBytes) {
        this.#reserve(filling, payloadBytes);
        this.#unansweredBytes += payloadBytes;
        return filling;
      }
      this.#hurry?.();
    }
    const batch = this.#spare.pop() ?? new PendingBatch();
    // Before it stands in the queue: an empty batch must never have its turn.
    this.#reserve(batch, payloadBytes);
    this.#unansweredBytes += payloadBytes;
    this.#queue.push(batch);
    this.#filling = batch;
    return batch;
  }

  /** Throws what those are told who get WAL_TOO_LARGE, where there is no memory for it. */
  #reserve(batch: PendingBatch, payloadBytes: number): void {
    try {
      batch.reserve(payloadBytes);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const refusal = tooLarge("memory for the batch", payloadBytes, this.#context.settings.directory, error);
      // oxlint-disable-next-line typescript/only-throw-error -- the follower's words for it
      throw this.#told(refusal);
    }
  }

  #arrived(): void {
    this.#arrivals++;
    if (this.#isPumping) return;
    this.#isPumping = true;
    this.#pumping = this.#pump();
  }

  async #pump(): Promise<void> {
    const isUnsynced = this.#isAcknowledgedUnsynced();
    while (this.#queue.length > 0) {
      let next: PendingBatch | Step | undefined;
      try {
        // What takes no sync loses little where it goes alone: those who call in the same microtask are enough.
        await (isUnsynced ? undefined : this.#gather());
        next = this.#queue.shift()!;
        if (next === this.#filling) this.#filling = undefined;
        const step = next instanceof PendingBatch ? this.#commit(next) : next.run();
        if (step !== undefined) await step;
      } catch (error) {
        // A mistake in the code, or the end of this process. Nobody may wait for ever for what it stopped; and
        // it stays an uncaught error of its node: this rejection is nobody's.
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- passed on as it is
        void Promise.reject(error);
        this.#end(ioFailed(this.#context.settings.directory, error, "unknown"), next);
      }
    }
    this.#isPumping = false;
  }

  /**
   * Waits for the company of those who are awake too. Writers whose last appends were acknowledged together
   * call again within a few microtasks, but not in the same one: a sync for the first of them alone would
   * halve the throughput. It takes no time, and ends where a whole round of microtasks brings nobody.
   */
  async #gather(): Promise<void> {
    let seen;
    do {
      seen = this.#arrivals;
      await Promise.resolve();
    } while (this.#arrivals > seen && this.#queue.length === 1);
    const { policy } = this.#context.settings;
    const maxDelayUs = policy.kind === "group" ? (policy.maxDelayUs ?? 0) : 0;
    if (maxDelayUs > 0 && this.#queue.length === 1 && this.#filling !== undefined)
      await this.#delay(maxDelayUs);
  }

  #delay(durationUs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#context.env.clock.setTimer(durationUs, () => this.#hurry?.());
      this.#hurry = () => {
        this.#hurry = undefined;
        timer.cancel();
        resolve();
      };
    });
  }

  /**
   * Writes a batch, makes it as durable as the policy says, and tells those who wait. A promise only where that
   * takes more than a write: it is most of what an append costs that is not synced.
   */
  #commit(batch: PendingBatch): Promise<void> | undefined {
    if (!this.#log.hasRoom(batch.sizeBytes)) return this.#commitToNewSegment(batch);
    return this.#writeAndSync(batch);
  }

  async #commitToNewSegment(batch: PendingBatch): Promise<void> {
    const hasRoom = await this.#isStep(() => this.#log.roll(batch.sizeBytes), batch, "failed");
    if (hasRoom) await this.#writeAndSync(batch);
    else this.#recycle(batch);
  }

  #writeAndSync(batch: PendingBatch): Promise<void> | undefined {
    let firstLsn;
    try {
      firstLsn = this.#log.write(batch);
    } catch (error) {
      if (!isDiskError(error)) throw error;
      return this.#writeFailed(batch, error);
    }
    if (!this.#isAcknowledgedUnsynced()) return this.#sync(batch, firstLsn);
    this.#armSyncTimer();
    this.#follower?.written(firstLsn, batch);
    this.#acknowledge(batch, firstLsn);
    this.#recycle(batch);
    return undefined;
  }

  async #sync(batch: PendingBatch, firstLsn: Lsn): Promise<void> {
    if (await this.#isStep(() => this.#syncUnderWork(batch, firstLsn), batch, "unknown")) {
      this.#acknowledge(batch, firstLsn);
    }
    this.#recycle(batch);
  }

  /** What the follower has to do goes on while the device works. */
  #syncUnderWork(batch: PendingBatch, firstLsn: Lsn): Promise<void> {
    const follower = this.#follower;
    if (follower === undefined) return this.#log.sync();
    const synced = this.#log.sync(follower.isBusyWith(batch));
    follower.written(firstLsn, batch);
    return synced;
  }

  #acknowledge(batch: PendingBatch, firstLsn: Lsn): void {
    this.#follower?.acknowledged(firstLsn + batch.count - 1, batch);
    this.#unansweredBytes -= batch.payloadBytes;
    batch.resolve(firstLsn);
  }

  async #writeFailed(batch: PendingBatch, error: DiskError): Promise<void> {
    if (!isDiskFull(error)) {
      reached(this.#context.env, "wal/write-failed");
      this.#fail(error, batch, "unknown");
    } else if (await this.#isStep(() => this.#log.takeBack(), batch, "unknown")) {
      // Its LSNs go to the next batch, so it must be gone for good before anybody hears that it failed.
      reached(this.#context.env, "wal/enospc-append");
      this.#refuse(batch, noSpace(`an append to ${this.#context.settings.directory}`, error));
    }
    this.#recycle(batch);
  }

  #recycle(batch: PendingBatch): void {
    batch.clear();
    if (batch.isReusable && this.#spare.length < KEPT_BATCHES) this.#spare.push(batch);
  }

  /** True where the step succeeded. Else those who wait for the batch have been told. */
  async #isStep(step: () => Promise<void>, batch: PendingBatch, outcome: Outcome): Promise<boolean> {
    try {
      await step();
      return true;
    } catch (error) {
      if (error instanceof WalError && error.code === "WAL_NO_SPACE") {
        reached(this.#context.env, "wal/enospc-roll");
        this.#refuse(batch, error);
      } else {
        this.#fail(error, batch, outcome);
      }
      return false;
    }
  }

  /** Runs a step that is not an append. */
  async #attempt(
    step: () => Promise<void>,
    resolve: () => void,
    reject: (error: WalError) => void,
  ): Promise<void> {
    try {
      await step();
      resolve();
    } catch (error) {
      const isHarmless =
        error instanceof WalError && ["WAL_NO_SPACE", "WAL_BAD_ARGUMENT"].includes(error.code);
      if (isHarmless) reject(error);
      else this.#fail(error, { reject }, "unknown");
    }
  }

  #refuse(batch: PendingBatch, error: WalError): void {
    observe(this.#context.env, { kind: "wal/no-space", directory: this.#context.settings.directory });
    this.#reject(batch, error);
  }

  #reject(current: PendingBatch | Pick<Step, "reject">, error: WalError): void {
    if (!(current instanceof PendingBatch)) return current.reject(error);
    this.#unansweredBytes -= current.payloadBytes;
    current.reject(this.#told(error));
  }

  /** Judges what made `current` fail, and ends the log. Throws on what is no error of the files. */
  #fail(error: unknown, current: PendingBatch | Pick<Step, "reject">, outcome: Outcome): void {
    if (!(error instanceof WalError) && !isDiskError(error)) throw error;
    const where = this.#context.settings.directory;
    const isSync = error instanceof WalError && error.code === "WAL_SYNC_FAILED";
    this.#end(isSync ? syncFailed(where, error.cause, outcome) : ioFailed(where, error, outcome), current);
  }

  /** Makes the log read-only for good and tells everybody: `current`, which was under way, and all that wait. */
  #end(failure: WalError, current: PendingBatch | Pick<Step, "reject"> | undefined): void {
    this.#failure = failure;
    this.#syncTimer?.cancel();
    if (current !== undefined) this.#reject(current, failure);
    const refusal = this.#readOnly(failure);
    for (const waiting of this.#queue) this.#reject(waiting, refusal);
    this.#queue.length = 0;
    this.#filling = undefined;
    const { directory } = this.#context.settings;
    observe(this.#context.env, { kind: "wal/read-only", directory, code: failure.code });
  }

  #isAcknowledgedUnsynced(): boolean {
    const { kind } = this.#context.settings.policy;
    return kind === "interval" || kind === "none";
  }

  /** Under the policy `interval`: the first write after a sync sets the time of the next one. */
  #armSyncTimer(): void {
    const { policy } = this.#context.settings;
    if (policy.kind !== "interval" || this.#syncTimer !== undefined) return;
    this.#syncTimer = this.#context.env.clock.setTimer(policy.intervalUs, () => {
      this.#syncTimer = undefined;
      if (this.#failure !== undefined || this.#isClosed) return;
      // Where it fails, the log turns read-only: there is nobody else to tell.
      void this.#enqueue(() => this.#log.sync()).catch(() => undefined);
    });
  }
}
