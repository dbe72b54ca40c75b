/** Wakes all who wait for something to change. They look for themselves whether it is what they waited for. */
export class Signal {
  #waiting: (() => void)[] = [];

  /** Resolves at the next `fire`. */
  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  fire(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
