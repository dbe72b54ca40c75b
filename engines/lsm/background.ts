import type { Sequence } from "../store/index.js";
import { compact, strategyOf, type Compaction, type CompactionStrategy } from "./compaction/index.js";
import type { Core } from "./core.js";
import { reached } from "./events.js";
import { flushOldest } from "./flush.js";
import { isNoSpace } from "./health.js";
import { Task } from "./task.js";

const FIRST_RETRY_US = 10_000;
const LAST_RETRY_US = 1_000_000;

/** Somebody asked for all levels to be merged downwards. */
interface WholeCompaction {
  nextLevel: number;
  isDone: boolean;
}

/**
 * What goes on beside reads and writes: flushes first, then compactions, one thing at a time. A compaction gives way to
 * a flush between two slices of its work. Where space is short, it is tried again after a while; every other failure
 * makes the store read-only.
 */
export class Background {
  readonly #core: Core;
  readonly #strategy: CompactionStrategy;
  readonly #task: Task;
  /** Everything up to here shall be in tables. */
  #flushTarget: Sequence = 0;
  readonly #wholeCompactions: WholeCompaction[] = [];
  #backlog = 0;
  #backlogAt = -1;
  #retryUs = FIRST_RETRY_US;
  /** Ends the wait for space. */
  #hurry: (() => void) | undefined;
  /** Calls of `flush` and `compactAll` that wait. */
  #requests = 0;
  #isStopping = false;

  constructor(core: Core) {
    this.#core = core;
    this.#strategy = strategyOf(core.context.settings);
    this.#task = new Task(
      () => this.#work(),
      (error) => core.context.health.fail(error),
    );
  }

  /** Whether it would use a turn of the event loop. */
  get isBusy(): boolean {
    return this.#task.isRunning && this.#hurry === undefined;
  }

  /** Tables that wait to be merged. */
  get backlog(): number {
    const { versions } = this.#core;
    if (this.#backlogAt !== versions.changes) {
      this.#backlogAt = versions.changes;
      this.#backlog = this.#strategy.backlog(versions.current);
    }
    return this.#backlog;
  }

  /** There may be something to do. */
  start(): void {
    if (this.#isStopping || this.#core.context.health.failure !== undefined) return;
    this.#hurry?.();
    this.#task.start();
  }

  /** Resolves once all batches so far are in tables. Rejects with STORE_NO_SPACE, STORE_READ_ONLY. */
  async flush(): Promise<void> {
    const { memtables, versions } = this.#core;
    const target = memtables.lastSequence;
    if (target > this.#flushTarget) this.#flushTarget = target;
    await this.#until(() => versions.logStart > target);
  }

  /** Resolves once what each level held at the call is merged downwards. Rejects as `flush` does. */
  async compactAll(): Promise<void> {
    const request = { nextLevel: 0, isDone: false };
    // From the flush on: `stop` must not find its moment between the two, or nobody would do the second.
    this.#requests++;
    try {
      await this.flush();
      this.#wholeCompactions.push(request);
      await this.#until(() => request.isDone);
    } finally {
      const at = this.#wholeCompactions.indexOf(request);
      if (at >= 0) this.#wholeCompactions.splice(at, 1);
      this.#requests--;
      this.#core.context.health.changed.fire();
    }
  }

  /** Ends it, behind what was asked for: a flush that is under way is completed, a compaction given up. */
  async stop(): Promise<void> {
    while (this.#requests > 0) await this.#core.context.health.changed.wait();
    this.#isStopping = true;
    this.#hurry?.();
    await this.#task.idle();
  }

  async #until(isDone: () => boolean): Promise<void> {
    const { health } = this.#core.context;
    const { shortages } = health;
    this.#requests++;
    try {
      while (!isDone()) {
        if (health.failure !== undefined) throw health.readOnly(health.failure);
        if (health.shortages > shortages) throw health.lastShortage!;
        this.start();
        await health.changed.wait();
      }
    } finally {
      this.#requests--;
      health.changed.fire();
    }
  }

  async #work(): Promise<void> {
    const { health } = this.#core.context;
    while (!this.#isStopping && health.failure === undefined) {
      try {
        if (!(await this.#step())) return;
        this.#retryUs = FIRST_RETRY_US;
      } catch (error) {
        if (!isNoSpace(error)) throw error;
        health.runShort(error);
        await this.#waitForSpace();
      }
    }
  }

  /** False where there is nothing to do. */
  async #step(): Promise<boolean> {
    if (this.#isFlushDue()) {
      await this.#flush();
      return true;
    }
    const compaction = this.#nextCompaction();
    if (compaction === undefined) return false;
    await this.#compact(compaction);
    const { health } = this.#core.context;
    health.hasSpaceAgain();
    health.changed.fire();
    return true;
  }

  #isFlushDue(): boolean {
    const { memtables, versions } = this.#core;
    if (memtables.oldest !== undefined) return true;
    return this.#flushTarget >= versions.logStart && !memtables.active.isEmpty;
  }

  async #flush(): Promise<void> {
    const { memtables, context } = this.#core;
    if (memtables.oldest === undefined && !(await this.#rotate())) return;
    try {
      await flushOldest(this.#core);
    } catch (error) {
      if (isNoSpace(error)) reached(context.env, "lsm/enospc-flush");
      throw error;
    }
    if (memtables.isActiveFull && memtables.hasRoomForImmutable && !memtables.hasUnpublished)
      memtables.rotate();
    context.health.changed.fire();
  }

  /** Once what is in the log only may be seen. False where the log failed before. */
  async #rotate(): Promise<boolean> {
    const { memtables, context } = this.#core;
    const { health } = context;
    while (memtables.hasUnpublished && health.failure === undefined) await health.changed.wait();
    if (health.failure !== undefined) return false;
    // The writer may have been faster.
    if (memtables.oldest === undefined) memtables.rotate();
    return true;
  }

  async #compact(compaction: Compaction): Promise<void> {
    try {
      await compact(this.#core, compaction, () => this.#pause());
    } catch (error) {
      if (isNoSpace(error)) reached(this.#core.context.env, "lsm/enospc-compaction");
      throw error;
    }
  }

  /** Between two slices of a compaction's work: false to give it up. */
  async #pause(): Promise<boolean> {
    const { env, health } = this.#core.context;
    await env.clock.sleep(0);
    while (!this.#isStopping && health.failure === undefined && this.#isFlushDue()) {
      reached(env, "lsm/compaction-gave-way-to-flush");
      await this.#flush();
    }
    return !this.#isStopping && health.failure === undefined;
  }

  #nextCompaction(): Compaction | undefined {
    const { current, pointers } = this.#core.versions;
    for (let asked = this.#wholeCompactions[0]; asked !== undefined; asked = this.#wholeCompactions[0]) {
      const deepest = current.levels.findLastIndex((tables) => tables.length > 0);
      while (asked.nextLevel < Math.max(deepest, 1)) {
        const compaction = this.#strategy.pickLevel(current, asked.nextLevel++);
        if (compaction !== undefined) return compaction;
      }
      asked.isDone = true;
      this.#wholeCompactions.shift();
      this.#core.context.health.changed.fire();
    }
    return this.#strategy.pick(current, pointers);
  }

  async #waitForSpace(): Promise<void> {
    if (this.#isStopping) return;
    const { clock } = this.#core.context.env;
    await new Promise<void>((resolve) => {
      const timer = clock.setTimer(this.#retryUs, () => this.#hurry?.());
      this.#hurry = () => {
        this.#hurry = undefined;
        timer.cancel();
        resolve();
      };
    });
    this.#retryUs = Math.min(2 * this.#retryUs, LAST_RETRY_US);
  }
}
