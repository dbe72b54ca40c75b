import type { BrokerErrorCode } from "../errors.js";
import type { Offset } from "../types.js";

/** Undefined: what was waited for has happened. */
export type WaitOutcome = BrokerErrorCode | undefined;

interface CommitWaiter {
  readonly upTo: Offset;
  readonly settle: (outcome: WaitOutcome) => void;
}

/** Produce requests that wait for the high watermark. */
export class CommitWaiters {
  readonly #waiting: Set<CommitWaiter> = new Set();

  /** `settle` is called once: when everything below `upTo` is committed, or not to be waited for any more. Gives what ends the wait. */
  add(upTo: Offset, settle: (outcome: WaitOutcome) => void): (outcome: WaitOutcome) => void {
    const waiter: CommitWaiter = { upTo, settle };
    this.#waiting.add(waiter);
    return (outcome) => this.#end(waiter, outcome);
  }

  committed(highWatermark: Offset): void {
    for (const waiter of this.#waiting) {
      if (waiter.upTo <= highWatermark) this.#end(waiter, undefined);
    }
  }

  failAll(code: BrokerErrorCode): void {
    for (const waiter of this.#waiting) this.#end(waiter, code);
  }

  #end(waiter: CommitWaiter, outcome: WaitOutcome): void {
    if (this.#waiting.delete(waiter)) waiter.settle(outcome);
  }
}

/** Long polls that want to look again when something has changed. */
export class Watchers {
  readonly #watching: Set<() => void> = new Set();

  /** Calls `wake` at the next change, and at each after that; gives what ends it. */
  add(wake: () => void): () => void {
    this.#watching.add(wake);
    return () => void this.#watching.delete(wake);
  }

  notify(): void {
    for (const wake of this.#watching) wake();
  }
}
