/** A timer that waits. The earlier `dueUs` comes first, then the one that was set first. */
export interface QueuedTimer {
  readonly dueUs: number;
  readonly order: number;
  readonly callback: () => void;
  /** Its place in the queue's heap; -1 once it has left. Only the queue writes it. */
  slot: number;
}

function precedes(a: QueuedTimer, b: QueuedTimer): boolean {
  return a.dueUs !== b.dueUs ? a.dueUs < b.dueUs : a.order < b.order;
}

/**
 * A binary heap that knows each timer's place, so that cancelling frees it at once: engines set far more
 * request timeouts than ever fire, and a lazy heap would keep them all until they are due.
 */
export class TimerQueue {
  readonly #heap: QueuedTimer[] = [];
  #nextOrder = 0;

  first(): QueuedTimer | undefined {
    return this.#heap[0];
  }

  add(dueUs: number, callback: () => void): QueuedTimer {
    const timer: QueuedTimer = { dueUs, order: this.#nextOrder++, callback, slot: this.#heap.length };
    this.#heap.push(timer);
    this.#rise(timer, timer.slot);
    return timer;
  }

  /** No effect where the timer has left before. */
  remove(timer: QueuedTimer): void {
    const slot = timer.slot;
    if (slot === -1) return;
    timer.slot = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === timer) return;
    const parent = this.#heap[(slot - 1) >> 1];
    if (slot > 0 && parent !== undefined && precedes(last, parent)) this.#rise(last, slot);
    else this.#sink(last, slot);
  }

  clear(): void {
    for (const timer of this.#heap) timer.slot = -1;
    this.#heap.length = 0;
  }

  #rise(timer: QueuedTimer, from: number): void {
    let slot = from;
    while (slot > 0) {
      const parent = this.#heap[(slot - 1) >> 1];
      if (parent === undefined || !precedes(timer, parent)) break;
      this.#place(parent, slot);
      slot = (slot - 1) >> 1;
    }
    this.#place(timer, slot);
  }

  #sink(timer: QueuedTimer, from: number): void {
    let slot = from;
    for (;;) {
      const left = this.#heap[2 * slot + 1];
      const right = this.#heap[2 * slot + 2];
      const child = left !== undefined && right !== undefined && precedes(right, left) ? right : left;
      if (child === undefined || !precedes(child, timer)) break;
      const below = child.slot;
      this.#place(child, slot);
      slot = below;
    }
    this.#place(timer, slot);
  }

  #place(timer: QueuedTimer, slot: number): void {
    this.#heap[slot] = timer;
    timer.slot = slot;
  }
}
