/** The positions of a sequence that nobody was ordered to run yet. */
import type { SeedSequence } from "./seeds.js";

/** An order should take about this long: long enough to pay for its messages, short enough to stop soon. */
export const ORDER_MS = 100;
const MAX_ORDER_SEEDS = 64;
/** How far orders may run ahead of the first seed that is not reported: reports behind it wait in memory. */
const WINDOW_SEEDS = 16_384;
/** Weight of the newest order in the mean time of a seed. */
const MEAN_WEIGHT = 0.3;

export class Backlog {
  readonly sequence: SeedSequence;
  readonly #workers: number;
  readonly #returned: number[] = [];
  #next = 0;
  #meanMs: number | undefined;

  constructor(sequence: SeedSequence, workers: number) {
    this.sequence = sequence;
    this.#workers = workers;
  }

  /** Whether every position was taken. */
  get done(): boolean {
    return this.#returned.length === 0 && this.#next >= this.sequence.length;
  }

  /** The positions of the next order; none where all are taken, or the window is full. */
  take(emitted: number): number[] {
    if (this.#returned.length > 0) return this.#returned.splice(0, this.#size());
    const end = Math.min(this.#next + this.#size(), emitted + WINDOW_SEEDS, this.sequence.length);
    const positions: number[] = [];
    while (this.#next < end) positions.push(this.#next++);
    return positions;
  }

  /** Positions that were taken and did not run. */
  putBack(positions: readonly number[]): void {
    this.#returned.push(...positions);
  }

  /** Notes how long an order took. */
  took(seeds: number, durationMs: number): void {
    const meanMs = durationMs / seeds;
    this.#meanMs = this.#meanMs === undefined ? meanMs : this.#meanMs + (meanMs - this.#meanMs) * MEAN_WEIGHT;
  }

  /** How many more orders could be given out now, at most as many as there are workers. */
  ordersLeft(emitted: number): number {
    const open = Math.min(this.sequence.length, emitted + WINDOW_SEEDS) - this.#next + this.#returned.length;
    return Math.max(0, Math.min(this.#workers, Math.ceil(open / this.#size())));
  }

  #size(): number {
    if (this.#meanMs === undefined) return 1;
    const fair = Math.ceil((this.sequence.length - this.#next) / (2 * this.#workers));
    const timed = Math.floor(ORDER_MS / Math.max(this.#meanMs, 0.01));
    return Math.max(1, Math.min(MAX_ORDER_SEEDS, timed, fair));
  }
}
