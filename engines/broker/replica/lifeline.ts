import type { Env } from "../../env/index.js";

/** What the loops and waits of one life hang on: once it is cut, all of them end, and nothing begins any more. */
export class Lifeline {
  readonly #env: Env;
  readonly #ends: Set<() => void> = new Set();
  readonly #running: Set<Promise<void>> = new Set();
  #isCut = false;

  constructor(env: Env) {
    this.#env = env;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** Calls `end` when the line is cut, at once where it is. Gives what takes that back. */
  onCut(end: () => void): () => void {
    if (this.#isCut) end();
    else this.#ends.add(end);
    return () => void this.#ends.delete(end);
  }

  /** Ends all waits. Resolves once everything that `run` began has ended. */
  async cut(): Promise<void> {
    this.#isCut = true;
    for (const end of this.#ends) {
      this.#ends.delete(end);
      end();
    }
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /**
   * Resolves after the time, or when the line is cut, or when the waker is called that `wake` is given; infinitely
   * long: without a timer.
   */
  pause(durationUs: number, wake?: (waker: () => void) => void): Promise<void> {
    if (this.#isCut) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        timer?.cancel();
        forget();
        resolve();
      };
      const timer = durationUs === Infinity ? undefined : this.#env.clock.setTimer(durationUs, end);
      const forget = this.onCut(end);
      wake?.(end);
    });
  }

  /** Runs it; `cut` waits for its end. What it rejects with is an uncaught error of the process. */
  run(work: () => Promise<void>): void {
    if (this.#isCut) return;
    const running = work().finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Runs `work` again and again, first after `periodUs`, then so long after it ended, until the line is cut. */
  every(periodUs: number, work: () => Promise<void>): void {
    this.run(async () => {
      for (;;) {
        await this.pause(periodUs);
        if (this.#isCut) return;
        await work();
      }
    });
  }
}
