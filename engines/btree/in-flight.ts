import { assert } from "../env/index.js";

/** Counts what is under way and uses the files, so that they are closed only after it. */
export class InFlight {
  #count = 0;
  #done: (() => void) | undefined;

  get count(): number {
    return this.#count;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#count++;
    try {
      return await work();
    } finally {
      this.#count--;
      if (this.#count === 0) this.#done?.();
    }
  }

  /** Resolves once nothing is under way. To be called once, when nothing new begins any more. */
  drained(): Promise<void> {
    assert(this.#done === undefined, "it is drained once");
    return new Promise((resolve) => {
      this.#done = resolve;
      if (this.#count === 0) resolve();
    });
  }
}
