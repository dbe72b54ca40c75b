/** A lane carries out orders of seeds, one order at a time. In production it is a worker thread. */
import { Worker } from "node:worker_threads";
import { thrownText } from "#reports/printable.js";
import type { SeedReport } from "#reports/seed-report.js";
import { builtModule } from "./built-module.js";
import type { Job, WorkerMessage, WorkerSetup, WorkOrder } from "./protocol.js";

/** What a lane tells the pool. Nothing comes after `ended`, or after the lane was closed. */
export interface LaneListener {
  ready(): void;
  /** Some seeds of the present order, in its order. */
  reports(reports: readonly SeedReport[]): void;
  /** The present order is done. */
  idle(): void;
  /** The lane is gone, in the middle of whatever it did. */
  ended(reason: string): void;
}

export interface Lane {
  run(seeds: readonly number[], job: Job): void;
  /** How many seeds it has begun since it was opened. Answers though the lane is stuck. */
  begun(): number;
  /** Ends it at once, stuck or not. */
  close(): void;
}

export type OpenLane = (listener: LaneListener) => Lane;

/** Lanes that are worker threads. They load the scenarios of `references` before they are ready. */
export function threadLanes(references: readonly string[]): OpenLane {
  const entry = builtModule("worker");
  return (listener) => new ThreadLane(entry, references, listener);
}

class ThreadLane implements Lane {
  readonly #worker: Worker;
  readonly #begun: Int32Array;
  #over = false;

  constructor(entry: URL, references: readonly string[], listener: LaneListener) {
    const begun = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    this.#begun = new Int32Array(begun);
    const workerData: WorkerSetup = { references, begun };
    this.#worker = new Worker(entry, { workerData });
    let reason = "the worker thread ended";
    this.#worker.on("message", (message: WorkerMessage) => {
      if (this.#over) return;
      if (message.type === "ready") listener.ready();
      else if (message.type === "reports") listener.reports(message.reports);
      else listener.idle();
    });
    this.#worker.on("error", (error: unknown) => (reason = thrownText(error)));
    this.#worker.on("exit", (code) => {
      if (this.#over) return;
      this.#over = true;
      listener.ended(`${reason} (exit code ${code})`);
    });
  }

  run(seeds: readonly number[], job: Job): void {
    const order: WorkOrder = { job, seeds };
    this.#worker.postMessage(order);
  }

  begun(): number {
    return Atomics.load(this.#begun, 0);
  }

  close(): void {
    this.#over = true;
    void this.#worker.terminate();
  }
}
