import { assert } from "../env/index.js";

/** Tells when no group of batches is under way: between two of them every page and every LSN has its final state. */
export class Gate {
  #isTaken = false;
  readonly #waiting: (() => void)[] = [];

  take(): void {
    assert(!this.#isTaken, "one group at a time is under way");
    this.#isTaken = true;
  }

  free(): void {
    assert(this.#isTaken, "what is freed was taken");
    this.#isTaken = false;
    if (this.#waiting.length === 0) return;
    for (const callback of this.#waiting.splice(0)) callback();
  }

  /** Runs `callback`, which must not wait for anything, between two groups. Resolves to what it gives. */
  whenFree<T>(callback: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = (): void => {
        try {
          resolve(callback());
        } catch (error) {
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- passed on as it is
          reject(error);
        }
      };
      if (this.#isTaken) this.#waiting.push(run);
      else run();
    });
  }
}
