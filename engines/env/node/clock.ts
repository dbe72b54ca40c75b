import { performance } from "node:perf_hooks";
import { assertDurationUs } from "../assert.js";
import type { Clock, Timer } from "../index.js";
import { TimerQueue } from "./timer-queue.js";

/** Longer waits overflow Node's 32-bit timers and would fire at once; they are made of several. */
const LONGEST_WAIT_MS = 0x7fffffff;
const MS_US = 1000;

/**
 * Real time. All timers share one queue and one Node timer, so that they fire in the order of their
 * deadlines; each fires in its own macrotask, so that its promises have settled before the next one.
 *
 * Node's timers count whole milliseconds from a cached time and may fire early: a deadline is checked again
 * before the callback runs. What is left below a millisecond is waited for in `setImmediate` turns, which
 * keeps short timers (a group commit's) exact at the price of a busy loop of at most a millisecond.
 */
export class NodeClock implements Clock {
  readonly #timers: TimerQueue = new TimerQueue();
  #timeout: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  /** When the Node timer that is set will look at the queue; Infinity where none is set. */
  #wakeUs = Infinity;
  #closed = false;

  nowUs(): number {
    return Math.floor(performance.now() * MS_US);
  }

  wallUs(): number {
    return Date.now() * MS_US;
  }

  sleep(durationUs: number): Promise<void> {
    assertDurationUs(durationUs);
    return new Promise((resolve) => {
      this.setTimer(durationUs, resolve);
    });
  }

  setTimer(durationUs: number, callback: () => void): Timer {
    assertDurationUs(durationUs);
    const timer = this.#timers.add(this.nowUs() + durationUs, callback);
    const cancel = (): void => {
      this.#timers.remove(timer);
      // A Node timer that has nothing left to wake would keep the process alive.
      if (this.#timers.first() === undefined) this.#disarm();
    };
    if (this.#closed) cancel();
    else this.#arm();
    return { cancel };
  }

  /** Drops all timers: none fires from now on, and sleepers sleep for ever. */
  close(): void {
    this.#closed = true;
    this.#timers.clear();
    this.#disarm();
  }

  /** Sees to it that a Node timer is set no later than the first deadline. One that is early does no harm. */
  #arm(): void {
    const first = this.#timers.first();
    if (first === undefined || this.#wakeUs <= first.dueUs) return;
    this.#disarm();
    this.#wakeUs = first.dueUs;
    const waitUs = first.dueUs - this.nowUs();
    if (waitUs < MS_US) this.#immediate = setImmediate(this.#wake);
    else this.#timeout = setTimeout(this.#wake, Math.min(Math.ceil(waitUs / MS_US), LONGEST_WAIT_MS));
  }

  #disarm(): void {
    clearTimeout(this.#timeout);
    clearImmediate(this.#immediate);
    this.#wakeUs = Infinity;
  }

  readonly #wake = (): void => {
    this.#wakeUs = Infinity;
    const first = this.#timers.first();
    try {
      if (first !== undefined && first.dueUs <= this.nowUs()) {
        this.#timers.remove(first);
        first.callback();
      }
    } finally {
      // Also where the callback threw: its error ends the process or not, the other timers must not care.
      this.#arm();
    }
  };
}
