/**
 * Hands seeds to lanes and gives their reports out in the order of the sequence, so that nothing a caller sees
 * depends on the number of lanes. A lane that gets stuck in a seed, or ends under it, costs that seed only:
 * the others of its order go to another lane.
 */
import { assert } from "#engines/env/index.js";
import { unfinished, type SeedReport } from "#reports/seed-report.js";
import { PoolFailed } from "./errors.js";
import { Backlog } from "./backlog.js";
import { InOrder } from "./in-order.js";
import type { Lane, OpenLane } from "./lane.js";
import type { SeedSequence } from "./seeds.js";

export interface PoolOptions {
  readonly open: OpenLane;
  /** How many lanes at most. */
  readonly workers: number;
  /** The longest that one seed may take, in wall-clock milliseconds. */
  readonly watchdogMs: number;
  /** For the reports of seeds that never ended. */
  readonly scenarioName: string;
  /** Called when the first lane has come up: from now on seeds run. */
  readonly onReady?: () => void;
}

/** How a run of the pool ended. */
export interface PoolEnd {
  /** How many seeds were reported, from the first one on without a hole. */
  readonly finished: number;
  /** What is known of seeds beyond, where the run was stopped. */
  readonly beyond: readonly SeedReport[];
}

/** A lane and what it does at the moment. */
interface Slot {
  readonly lane: Lane;
  state: "starting" | "idle" | "busy";
  positions: readonly number[];
  received: number;
  begunBefore: number;
  lastBegun: number;
  changedAtMs: number;
  orderedAtMs: number;
}

/** One call of `run`. */
interface Task {
  readonly backlog: Backlog;
  readonly reports: InOrder<SeedReport>;
  readonly resolve: (end: PoolEnd) => void;
  readonly reject: (error: Error) => void;
  stopping: boolean;
}

const MAX_FRUITLESS_DEATHS = 3;
const STARTUP_MS = 30_000;

export class Pool {
  readonly #options: PoolOptions;
  readonly #slots: Set<Slot> = new Set();
  readonly #watch: NodeJS.Timeout;
  readonly #lookEveryMs: number;
  #task: Task | undefined;
  #fruitlessDeaths = 0;
  #wasReady = false;
  /** The watchdog's own time. It stands still while this process does: a suspended batch has not hung. */
  #watchMs = 0;
  #lookedAtMs = performance.now();

  constructor(options: PoolOptions) {
    assert(options.workers >= 1, "a pool has at least one worker");
    this.#options = options;
    this.#lookEveryMs = Math.max(5, Math.min(250, options.watchdogMs / 8));
    this.#watch = setInterval(() => this.#lookForStuck(), this.#lookEveryMs);
    this.#watch.unref();
  }

  /**
   * Runs the sequence and calls `onReport` for each seed, in order. Resolves once all are reported, or after
   * `stop`. Rejects with `PoolFailed` where no lane comes up, and with what `onReport` throws.
   */
  run(sequence: SeedSequence, onReport: (report: SeedReport) => void): Promise<PoolEnd> {
    assert(this.#task === undefined, "a pool runs one sequence at a time");
    return new Promise((resolve, reject) => {
      const backlog = new Backlog(sequence, this.#options.workers);
      this.#task = { backlog, reports: new InOrder(onReport), resolve, reject, stopping: false };
      this.#proceed();
    });
  }

  /** Hands out nothing more. Orders under way get `graceMs` to end, then their lanes are closed. */
  stop(graceMs: number): void {
    const task = this.#task;
    if (task === undefined || task.stopping) return;
    task.stopping = true;
    if (Number.isFinite(graceMs)) {
      setTimeout(() => {
        if (this.#task !== task) return;
        for (const slot of this.#slots) if (slot.state !== "idle") this.#close(slot);
        this.#proceed();
      }, graceMs);
    }
    this.#proceed();
  }

  /** Ends all lanes. The pool can't be used afterwards. */
  close(): void {
    clearInterval(this.#watch);
    for (const slot of this.#slots) this.#close(slot);
  }

  /** Gives work to whoever has none, opens lanes where they pay, and ends the run where nothing is left. */
  #proceed(): void {
    const task = this.#task;
    if (task === undefined) return;
    for (const slot of this.#slots) if (slot.state === "idle") this.#order(slot, task);
    if (this.#count("busy") === 0 && (task.stopping || task.backlog.done)) {
      this.#task = undefined;
      task.resolve({ finished: task.reports.emitted, beyond: task.reports.waiting() });
      return;
    }
    if (task.stopping) return;
    const wanted = task.backlog.ordersLeft(task.reports.emitted) - this.#count("starting");
    const room = this.#options.workers - this.#slots.size;
    for (let i = 0; i < Math.min(room, wanted); i++) this.#open();
  }

  #count(state: Slot["state"]): number {
    let count = 0;
    for (const slot of this.#slots) if (slot.state === state) count++;
    return count;
  }

  #order(slot: Slot, task: Task): void {
    const positions = task.stopping ? [] : task.backlog.take(task.reports.emitted);
    if (positions.length === 0) return;
    slot.state = "busy";
    slot.positions = positions;
    slot.received = 0;
    slot.begunBefore = slot.lastBegun = slot.lane.begun();
    slot.orderedAtMs = performance.now();
    slot.changedAtMs = this.#watchMs;
    slot.lane.run(positions.map((position) => task.backlog.sequence.at(position)));
  }

  #open(): void {
    const lane = this.#options.open({
      ready: () => {
        this.#becomeIdle(slot);
        if (!this.#wasReady) this.#options.onReady?.();
        this.#wasReady = true;
      },
      reports: (reports) => this.#receive(slot, reports),
      idle: () => {
        this.#task?.backlog.took(slot.positions.length, performance.now() - slot.orderedAtMs);
        this.#becomeIdle(slot);
      },
      ended: (reason) => this.#lost(slot, "died", reason),
    });
    const slot: Slot = {
      lane,
      state: "starting",
      positions: [],
      received: 0,
      begunBefore: 0,
      lastBegun: 0,
      changedAtMs: this.#watchMs,
      orderedAtMs: 0,
    };
    this.#slots.add(slot);
  }

  #becomeIdle(slot: Slot): void {
    assert(slot.received === slot.positions.length, "an order ends with a report for each of its seeds");
    slot.state = "idle";
    slot.positions = [];
    slot.received = 0;
    this.#proceed();
  }

  #receive(slot: Slot, reports: readonly SeedReport[]): void {
    const task = this.#task;
    if (task === undefined) return;
    this.#fruitlessDeaths = 0;
    try {
      for (const report of reports) task.reports.put(slot.positions[slot.received++]!, report);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #lookForStuck(): void {
    const nowMs = performance.now();
    this.#watchMs += Math.min(nowMs - this.#lookedAtMs, 2 * this.#lookEveryMs);
    this.#lookedAtMs = nowMs;
    for (const slot of this.#slots) {
      const begun = slot.lane.begun();
      if (begun !== slot.lastBegun) {
        slot.lastBegun = begun;
        slot.changedAtMs = this.#watchMs;
      }
      const waitedMs = this.#watchMs - slot.changedAtMs;
      if (slot.state === "starting" && waitedMs > Math.max(STARTUP_MS, this.#options.watchdogMs)) {
        this.#fail(new PoolFailed(`one that did not start within ${Math.round(waitedMs / 1_000)} s`));
      } else if (slot.state === "busy" && waitedMs > this.#options.watchdogMs) {
        this.#lost(
          slot,
          "hung",
          `the seed did not end within ${this.#options.watchdogMs} ms of wall-clock time`,
        );
      }
    }
  }

  /** A lane is stuck or gone: blames the seed it had begun last, and puts the others back. */
  #lost(slot: Slot, verdict: "hung" | "died", message: string): void {
    const task = this.#task;
    this.#close(slot);
    if (task === undefined) return;
    const begun = slot.lane.begun() - slot.begunBefore - 1;
    const culprit = slot.state === "busy" && begun >= slot.received ? begun : undefined;
    if (culprit === undefined && ++this.#fruitlessDeaths >= MAX_FRUITLESS_DEATHS) {
      this.#fail(new PoolFailed(message));
      return;
    }
    task.backlog.putBack(slot.positions.filter((_, i) => i >= slot.received && i !== culprit));
    if (culprit !== undefined) {
      const position = slot.positions[culprit]!;
      const seed = task.backlog.sequence.at(position);
      const report = unfinished(this.#options.scenarioName, seed, verdict, message);
      try {
        task.reports.put(position, report);
      } catch (error) {
        this.#fail(error as Error);
        return;
      }
    }
    this.#proceed();
  }

  #close(slot: Slot): void {
    slot.lane.close();
    this.#slots.delete(slot);
  }

  #fail(error: Error): void {
    const task = this.#task;
    this.#task = undefined;
    for (const slot of this.#slots) this.#close(slot);
    task?.reject(error);
  }
}
