/**
 * Runs seeds of one job on a crew and gives their reports out in the order of the sequence, so that nothing a
 * caller sees depends on the number of lanes.
 */
import type { SeedReport } from "#reports/seed-report.js";
import { Backlog } from "./backlog.js";
import { Crew, type CrewOptions, type Order, type Work } from "./crew.js";
import { InOrder } from "./in-order.js";
import type { Job } from "./protocol.js";
import type { SeedSequence } from "./seeds.js";

export interface PoolOptions extends CrewOptions {
  readonly job: Job;
  /** For the reports of seeds that never ended. */
  readonly scenarioName: string;
}

/** How a run of the pool ended. */
export interface PoolEnd {
  /** How many seeds were reported, from the first one on without a hole. */
  readonly finished: number;
  /** What is known of seeds beyond, where the run was stopped. */
  readonly beyond: readonly SeedReport[];
}

export class Pool {
  readonly #options: PoolOptions;
  readonly #crew: Crew;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#crew = new Crew(options);
  }

  /**
   * Runs the sequence and calls `onReport` for each seed, in order. Resolves once all are reported, or after
   * `stop`. Rejects with `PoolFailed` where no lane comes up, and with what `onReport` throws.
   */
  async run(sequence: SeedSequence, onReport: (report: SeedReport) => void): Promise<PoolEnd> {
    const work = new SequenceWork(this.#options, sequence, onReport);
    await this.#crew.run(work);
    return { finished: work.reports.emitted, beyond: work.reports.waiting() };
  }

  /** Hands out nothing more. Orders under way get `graceMs` to end, then their lanes are closed. */
  stop(graceMs: number): void {
    this.#crew.stop(graceMs);
  }

  /** Ends all lanes. The pool can't be used afterwards. */
  close(): void {
    this.#crew.close();
  }
}

class SequenceWork implements Work {
  readonly reports: InOrder<SeedReport>;
  readonly #backlog: Backlog;
  readonly #job: Job;
  readonly #scenarioName: string;

  constructor(
    { job, scenarioName, workers }: PoolOptions,
    sequence: SeedSequence,
    onReport: (report: SeedReport) => void,
  ) {
    this.#job = job;
    this.#scenarioName = scenarioName;
    this.#backlog = new Backlog(sequence, workers);
    this.reports = new InOrder(onReport);
  }

  get done(): boolean {
    return this.#backlog.done;
  }

  get ordersLeft(): number {
    return this.#backlog.ordersLeft(this.reports.emitted);
  }

  take(): Order | undefined {
    const positions = this.#backlog.take(this.reports.emitted);
    if (positions.length === 0) return undefined;
    const seeds = positions.map((position) => this.#backlog.sequence.at(position));
    return { job: this.#job, scenarioName: this.#scenarioName, positions, seeds };
  }

  putBack(_order: Order, positions: readonly number[]): void {
    this.#backlog.putBack(positions);
  }

  put(_order: Order, position: number, report: SeedReport): void {
    this.reports.put(position, report);
  }

  took({ seeds }: Order, durationMs: number, isWhole: boolean): void {
    if (isWhole) this.#backlog.took(seeds.length, durationMs);
  }
}
