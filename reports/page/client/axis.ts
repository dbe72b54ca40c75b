/**
 * From time to place and back. Runs are bursts of microseconds between waits of milliseconds, so the default axis
 * gives each moment room and squeezes waits; the other one is true to time.
 */

export type Scale = "steps" | "time";

export class Axis {
  readonly scale: Scale;
  /** Ascending, without repetition, with the place of each. */
  readonly #times: readonly number[];
  readonly #places: readonly number[];

  /** `times` in any order, at least one. */
  constructor(times: readonly number[], scale: Scale) {
    this.scale = scale;
    this.#times = [...new Set(times)].toSorted((a, b) => a - b);
    const steps: number[] = [0];
    for (let i = 1; i < this.#times.length; i++) {
      steps.push(steps[i - 1]! + roomFor(this.#times[i]! - this.#times[i - 1]!));
    }
    const [first, last] = [this.#times[0]!, this.#times.at(-1)!];
    // As long as the other one, so that zooms mean the same on both.
    const perUs = steps.at(-1)! / Math.max(1, last - first);
    this.#places = scale === "steps" ? steps : this.#times.map((time) => (time - first) * perUs);
  }

  /** Places go from 0 to this; never 0. */
  get length(): number {
    return Math.max(1, this.#places.at(-1)!);
  }

  place(timeUs: number): number {
    return between(this.#times, this.#places, timeUs);
  }

  time(place: number): number {
    return between(this.#places, this.#times, place);
  }
}

/** Grows with the logarithm of the wait. */
function roomFor(gapUs: number): number {
  return 0.35 + Math.log2(1 + gapUs / 50) / 2;
}

function between(from: readonly number[], to: readonly number[], value: number): number {
  const last = from.length - 1;
  if (value <= from[0]!) return to[0]!;
  if (value >= from[last]!) return to[last]!;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (from[middle]! <= value) low = middle;
    else high = middle;
  }
  const share = (value - from[low]!) / (from[high]! - from[low]!);
  return to[low]! + share * (to[high]! - to[low]!);
}
