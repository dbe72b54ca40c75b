/** New seeds of several scenarios for ever, each scenario with the same share of the workers' time. */
import type { SeedReport } from "#reports/seed-report.js";
import { ORDER_MS } from "../backlog.js";
import type { Order, Work } from "../crew.js";
import type { Strand } from "./strand.js";

/**
 * The next order goes to the scenario that had the least time so far. Shares of seeds would not be fair: one seed
 * of the slowest scenario takes as long as a hundred of the fastest.
 */
export class FairWork implements Work {
  readonly #strands: readonly Strand[];
  readonly #workers: number;
  readonly #onReport: (strand: Strand, report: SeedReport) => void;
  readonly #strandOf: WeakMap<Order, Strand> = new WeakMap();

  constructor(
    strands: readonly Strand[],
    workers: number,
    onReport: (strand: Strand, report: SeedReport) => void,
  ) {
    this.#strands = strands;
    this.#workers = workers;
    this.#onReport = onReport;
  }

  get done(): boolean {
    return this.#strands.every(({ backlog }) => backlog.done);
  }

  get ordersLeft(): number {
    return this.done ? 0 : this.#workers;
  }

  take(): Order | undefined {
    let next: Strand | undefined;
    for (const strand of this.#strands) {
      if (!strand.backlog.done && (next === undefined || strand.busyMs < next.busyMs)) next = strand;
    }
    if (next === undefined) return undefined;
    const { backlog, job, target } = next;
    // Reports are counted as they come, so nothing waits behind a seed that is not reported yet.
    const positions = backlog.take(Infinity);
    const seeds = positions.map((position) => backlog.sequence.at(position));
    const order = { job, scenarioName: target.scenario.name, positions, seeds };
    this.#strandOf.set(order, next);
    next.busyMs += ORDER_MS;
    return order;
  }

  putBack(order: Order, positions: readonly number[]): void {
    this.#strandOf.get(order)!.backlog.putBack(positions);
  }

  put(order: Order, _position: number, report: SeedReport): void {
    this.#onReport(this.#strandOf.get(order)!, report);
  }

  took(order: Order, durationMs: number, isWhole: boolean): void {
    const strand = this.#strandOf.get(order)!;
    strand.busyMs += durationMs - ORDER_MS;
    if (isWhole) strand.backlog.took(order.seeds.length, durationMs);
  }
}
