/** The steps of a run that are kept: a window that follows the run. */
import { assert } from "#engines/env/index.js";
import type { Step } from "./step.js";

/** Steps that are kept at least: what going back costs nothing for. */
export const KEPT_STEPS = 20_000;

export class Trail {
  readonly #kept: number;
  #steps: Step[] = [];
  readonly #positions: Map<number, number> = new Map();

  constructor(kept: number = KEPT_STEPS) {
    this.#kept = kept;
  }

  /** Position of the first step that is kept; 1 where nothing was dropped. */
  get first(): number {
    return this.#steps[0]?.position ?? 1;
  }

  /** Position of the last one; 0 where there is none. */
  get last(): number {
    return this.#steps.at(-1)?.position ?? 0;
  }

  /** The step at this position, where it is kept. */
  at(position: number): Step | undefined {
    return this.#steps[position - this.first];
  }

  /** The step of the event with this id, where it is kept. */
  event(id: number): Step | undefined {
    const position = this.#positions.get(id);
    return position === undefined ? undefined : this.at(position);
  }

  /** The next step of the run. */
  add(step: Step): void {
    assert(this.#steps.length === 0 || step.position === this.last + 1, "steps are kept without a gap");
    this.#steps.push(step);
    this.#positions.set(step.event.id, step.position);
    // Dropped in one go, so that each step is moved once on average.
    if (this.#steps.length < 2 * this.#kept) return;
    for (const { event } of this.#steps.splice(0, this.#kept)) this.#positions.delete(event.id);
  }

  clear(): void {
    this.#steps = [];
    this.#positions.clear();
  }
}
