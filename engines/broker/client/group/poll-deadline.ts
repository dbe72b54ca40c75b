import type { Clock } from "../../../env/index.js";
import { Alarm } from "../waits.js";

/**
 * Notices that a program does not come back to `poll`. Time counts while it is outside of `poll` or in a callback: a poll
 * that waits for long is no reason to leave the group (KAFKA-16243).
 */
export class PollDeadline {
  readonly #clock: Clock;
  readonly #intervalUs: number;
  readonly #onPassed: () => void;
  readonly #alarm: Alarm;
  #awaySinceUs: number | undefined;

  constructor(clock: Clock, intervalUs: number, onPassed: () => void) {
    this.#clock = clock;
    this.#intervalUs = intervalUs;
    this.#onPassed = onPassed;
    this.#alarm = new Alarm(clock, () => this.check());
  }

  /** The program has the word. */
  away(): void {
    this.#awaySinceUs = this.#clock.nowUs();
    this.#alarm.setTo(this.#awaySinceUs + this.#intervalUs);
  }

  /** It is back, perhaps too late: a process that stood still hears its alarms late, too. */
  back(): void {
    this.check();
    this.#awaySinceUs = undefined;
    this.#alarm.cancel();
  }

  check(): void {
    if (this.#awaySinceUs === undefined) return;
    const atUs = this.#awaySinceUs + this.#intervalUs;
    if (this.#clock.nowUs() < atUs) return this.#alarm.setTo(atUs);
    this.#awaySinceUs = undefined;
    this.#onPassed();
  }

  close(): void {
    this.#awaySinceUs = undefined;
    this.#alarm.cancel();
  }
}
