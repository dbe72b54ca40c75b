import type { Clock, Timer } from "../../env/index.js";

/** Waits that `close` ends: no timer outlives the client that set it. */
export class Waits {
  readonly #clock: Clock;
  readonly #open: Set<() => void> = new Set();
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves after that time, at `wakeAll`, or at `close`. */
  pause(durationUs: number): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        timer.cancel();
        this.#open.delete(wake);
        resolve();
      };
      const timer: Timer = this.#clock.setTimer(durationUs, wake);
      this.#open.add(wake);
    });
  }

  wakeAll(): void {
    for (const wake of this.#open) wake();
  }

  close(): void {
    this.#isClosed = true;
    this.wakeAll();
  }
}

/** An alarm that rings once, at the earliest of the times it was set to since it rang last. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #timer: Timer | undefined;
  #atUs = 0;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** In microseconds of the clock; a time that has passed is at once, but never within this call. */
  setTo(atUs: number): void {
    if (this.#timer !== undefined && this.#atUs <= atUs) return;
    this.cancel();
    this.#atUs = atUs;
    this.#timer = this.#clock.setTimer(Math.max(0, atUs - this.#clock.nowUs()), () => {
      this.#timer = undefined;
      this.#ring();
    });
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
