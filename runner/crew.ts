/**
 * Lanes that carry out orders of seeds. A lane that gets stuck in a seed, or ends under it, costs that seed only:
 * the others of its order go to another lane. Which seeds are ordered, and what becomes of their reports, is up
 * to the work.
 */
import { assert } from "#engines/env/index.js";
import { thrownText } from "#reports/printable.js";
import { unfinished, type SeedReport } from "#reports/seed-report.js";
import { PoolFailed } from "./errors.js";
import type { Lane, OpenLane } from "./lane.js";
import type { Job } from "./protocol.js";

export interface CrewOptions {
  readonly open: OpenLane;
  /** How many lanes at most. */
  readonly workers: number;
  /** The longest that one seed may take, in wall-clock milliseconds. */
  readonly watchdogMs: number;
  /** Called when the first lane has come up: from now on seeds run. */
  readonly onReady?: () => void;
}

/** Seeds of one job that a lane runs one after the other. */
export interface Order {
  readonly job: Job;
  /** For the reports of seeds that never ended. */
  readonly scenarioName: string;
  /** The work's own numbers of these seeds. */
  readonly positions: readonly number[];
  readonly seeds: readonly number[];
}

/** What a crew has to do. What its functions throw ends the run. */
export interface Work {
  /** Whether there is nothing left to order, now and later. */
  readonly done: boolean;
  /** How many orders could be given out now. */
  readonly ordersLeft: number;
  /** The next order; undefined where there is none at the moment. */
  take(): Order | undefined;
  /** Positions of an order that did not run. */
  putBack(order: Order, positions: readonly number[]): void;
  put(order: Order, position: number, report: SeedReport): void;
  /** The order kept a lane busy for so long. `isWhole`: all of its seeds ran. */
  took(order: Order, durationMs: number, isWhole: boolean): void;
}

/** A lane and what it does at the moment. */
interface Slot {
  readonly lane: Lane;
  state: "starting" | "idle" | "busy";
  order: Order | undefined;
  received: number;
  begunBefore: number;
  lastBegun: number;
  changedAtMs: number;
  orderedAtMs: number;
}

/** One call of `run`. */
interface Task {
  readonly work: Work;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  stopping: boolean;
}

const MAX_FRUITLESS_DEATHS = 3;
const STARTUP_MS = 30_000;

export class Crew {
  readonly #options: CrewOptions;
  readonly #slots: Set<Slot> = new Set();
  readonly #watch: NodeJS.Timeout;
  readonly #lookEveryMs: number;
  #task: Task | undefined;
  #fruitlessDeaths = 0;
  #wasReady = false;
  /** The watchdog's own time. It stands still while this process does: a suspended batch has not hung. */
  #watchMs = 0;
  #lookedAtMs = performance.now();

  constructor(options: CrewOptions) {
    assert(options.workers >= 1, "a crew has at least one worker");
    this.#options = options;
    this.#lookEveryMs = Math.max(5, Math.min(250, options.watchdogMs / 8));
    this.#watch = setInterval(() => this.#lookForStuck(), this.#lookEveryMs);
    this.#watch.unref();
  }

  /**
   * Carries the work out. Resolves once it is done, or after `stop`. Rejects with `PoolFailed` where no lane comes
   * up, and with what the work throws.
   */
  run(work: Work): Promise<void> {
    assert(this.#task === undefined, "a crew does one work at a time");
    return new Promise((resolve, reject) => {
      this.#task = { work, resolve, reject, stopping: false };
      this.#proceed();
    });
  }

  /** Hands out nothing more. Orders under way get `graceMs` to end, then their lanes are closed. */
  stop(graceMs: number): void {
    const task = this.#task;
    if (task === undefined) return;
    task.stopping = true;
    if (Number.isFinite(graceMs)) {
      setTimeout(() => {
        if (this.#task !== task) return;
        for (const slot of this.#slots) if (slot.state !== "idle") this.#close(slot);
        this.#proceed();
      }, graceMs).unref();
    }
    this.#proceed();
  }

  /** Ends all lanes. The crew can't be used afterwards. */
  close(): void {
    clearInterval(this.#watch);
    for (const slot of this.#slots) this.#close(slot);
  }

  /** Gives work to whoever has none, opens lanes where they pay, and ends the run where nothing is left. */
  #proceed(): void {
    const task = this.#task;
    if (task === undefined) return;
    for (const slot of this.#slots) if (slot.state === "idle") this.#order(slot, task);
    // An order that could not be given may have ended the run.
    if (this.#task !== task) return;
    if (this.#count("busy") === 0 && (task.stopping || task.work.done)) {
      this.#task = undefined;
      task.resolve();
      return;
    }
    if (task.stopping) return;
    const wanted = task.work.ordersLeft - this.#count("starting");
    const room = this.#options.workers - this.#slots.size;
    for (let i = 0; i < Math.min(room, wanted); i++) this.#open();
  }

  #count(state: Slot["state"]): number {
    let count = 0;
    for (const slot of this.#slots) if (slot.state === state) count++;
    return count;
  }

  #order(slot: Slot, task: Task): void {
    for (;;) {
      const order = task.stopping || this.#task !== task ? undefined : task.work.take();
      if (order === undefined) return;
      slot.state = "busy";
      slot.order = order;
      slot.received = 0;
      slot.begunBefore = slot.lastBegun = slot.lane.begun();
      slot.orderedAtMs = performance.now();
      slot.changedAtMs = this.#watchMs;
      try {
        slot.lane.run(order.seeds, order.job);
        return;
      } catch (error) {
        slot.state = "idle";
        slot.order = undefined;
        this.#refuse(task.work, order, `the order can't be given: ${thrownText(error)}`);
      }
    }
  }

  /** What of an order can't cross to a lane is no better in the next one: its seeds are lost. */
  #refuse(work: Work, order: Order, message: string): void {
    try {
      order.positions.forEach((position, i) =>
        work.put(order, position, unfinished(order.scenarioName, order.seeds[i]!, "died", message)),
      );
      work.took(order, 0, false);
    } catch (error) {
      this.#fail(error as Error);
    }
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
        assert(
          slot.received === slot.order!.seeds.length,
          "an order ends with a report for each of its seeds",
        );
        this.#task?.work.took(slot.order!, performance.now() - slot.orderedAtMs, true);
        this.#becomeIdle(slot);
      },
      ended: (reason) => this.#lost(slot, "died", reason),
    });
    const slot: Slot = {
      lane,
      state: "starting",
      order: undefined,
      received: 0,
      begunBefore: 0,
      lastBegun: 0,
      changedAtMs: this.#watchMs,
      orderedAtMs: 0,
    };
    this.#slots.add(slot);
  }

  #becomeIdle(slot: Slot): void {
    slot.state = "idle";
    slot.order = undefined;
    this.#proceed();
  }

  #receive(slot: Slot, reports: readonly SeedReport[]): void {
    const task = this.#task;
    if (task === undefined) return;
    this.#fruitlessDeaths = 0;
    try {
      for (const report of reports) {
        const order = slot.order!;
        task.work.put(order, order.positions[slot.received++]!, report);
      }
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
    const culprit = slot.order !== undefined && begun >= slot.received ? begun : undefined;
    if (culprit === undefined && ++this.#fruitlessDeaths >= MAX_FRUITLESS_DEATHS) {
      this.#fail(new PoolFailed(message));
      return;
    }
    try {
      if (slot.order !== undefined) this.#giveBack(task.work, slot, slot.order, culprit, verdict, message);
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    this.#proceed();
  }

  #giveBack(
    work: Work,
    slot: Slot,
    order: Order,
    culprit: number | undefined,
    verdict: "hung" | "died",
    message: string,
  ): void {
    work.took(order, performance.now() - slot.orderedAtMs, false);
    work.putBack(
      order,
      order.positions.filter((_, i) => i >= slot.received && i !== culprit),
    );
    if (culprit === undefined) return;
    const report = unfinished(order.scenarioName, order.seeds[culprit]!, verdict, message);
    work.put(order, order.positions[culprit]!, report);
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
