/** Gives items out by position, whatever the order in which they come in. */
import { assert } from "#engines/env/index.js";

export class InOrder<T> {
  readonly #waiting: Map<number, T> = new Map();
  readonly #emit: (item: T) => void;
  #next = 0;

  constructor(emit: (item: T) => void) {
    this.#emit = emit;
  }

  /** How many items were given out: positions 0 to `emitted - 1`, without a hole. */
  get emitted(): number {
    return this.#next;
  }

  /** Takes an item and gives out what is next in line. */
  put(position: number, item: T): void {
    assert(position >= this.#next && !this.#waiting.has(position), "each position comes once");
    this.#waiting.set(position, item);
    for (;;) {
      const next = this.#waiting.get(this.#next);
      if (next === undefined) return;
      this.#waiting.delete(this.#next++);
      this.#emit(next);
    }
  }

  /** What is still behind a hole, by position. */
  waiting(): T[] {
    return [...this.#waiting].sort(([a], [b]) => a - b).map(([, item]) => item);
  }
}
