import { BrokerError, type BrokerErrorCode } from "../errors.js";
import { reached } from "../observe.js";
import type { Partition, WaitOutcome } from "../replica/index.js";
import type { Desk } from "./desk.js";

/** Ends what still waits, once the time of whoever asked is over. */
type GiveUp = () => void;

/** What a request waits for, together. */
export class CommitWait {
  readonly #waiting: Set<GiveUp> = new Set();
  #isOver = false;

  /** Runs `work`, whose waits end after that time at the latest. */
  static async within<T>(desk: Desk, timeoutUs: number, work: (wait: CommitWait) => Promise<T>): Promise<T> {
    const wait = new CommitWait();
    const result = work(wait);
    const timer = desk.env.clock.setTimer(timeoutUs, () => {
      wait.#isOver = true;
      for (const giveUp of wait.#waiting) giveUp();
    });
    const forget = desk.lifeline.onCut(() => timer.cancel());
    try {
      return await result;
    } finally {
      timer.cancel();
      forget();
    }
  }

  /** Undefined once everything below `upTo` is committed; else why it is not known to be. */
  until(partition: Partition, upTo: number): Promise<WaitOutcome> {
    return new Promise((resolve) => {
      const giveUp = (): void => {
        reached(partition.host.env, "broker/produce-timed-out");
        end(partition.lateCode);
      };
      this.#waiting.add(giveUp);
      const end = partition.whenCommitted(upTo, (outcome) => {
        this.#waiting.delete(giveUp);
        resolve(outcome);
      });
      // The time may have gone by before there was anything to wait for.
      if (this.#isOver) giveUp();
    });
  }
}

export function notCommitted(partition: Partition, code: BrokerErrorCode): BrokerError {
  return new BrokerError(code, {
    expected: "every replica in sync to have the records",
    found: "the records, in this log",
    where: partition.name,
    todo: "send the same again",
  });
}
