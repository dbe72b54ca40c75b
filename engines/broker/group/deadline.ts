import type { Clock, Timer } from "../../env/index.js";

/** Calls back once when the time that was given last is over. Moving it ahead, which is frequent, sets no timer anew. */
export class Deadline {
  readonly #clock: Clock;
  readonly #passed: () => void;
  #dueUs: number | undefined;
  #timer: Timer | undefined;
  #timerDueUs = 0;

  constructor(clock: Clock, passed: () => void) {
    this.#clock = clock;
    this.#passed = passed;
  }

  set(durationUs: number): void {
    this.#dueUs = this.#clock.nowUs() + durationUs;
    if (this.#timer !== undefined && this.#timerDueUs <= this.#dueUs) return;
    this.#arm(durationUs);
  }

  cancel(): void {
    this.#dueUs = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(durationUs: number): void {
    this.#timer?.cancel();
    this.#timerDueUs = this.#clock.nowUs() + durationUs;
    this.#timer = this.#clock.setTimer(durationUs, () => {
      this.#timer = undefined;
      if (this.#dueUs === undefined) return;
      const leftUs = this.#dueUs - this.#clock.nowUs();
      if (leftUs > 0) return this.#arm(leftUs);
      this.#dueUs = undefined;
      this.#passed();
    });
  }
}
