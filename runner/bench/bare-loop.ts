/**
 * What one would write without a simulator: a binary heap of objects and callbacks. No trace, no faults, no
 * owners, no keyed ties. The baseline that the world is measured against.
 */
interface Entry {
  readonly timeUs: number;
  readonly sequence: number;
  readonly run: () => void;
}

export class BareLoop {
  nowUs = 0;
  readonly #heap: Entry[] = [];
  #sequence = 0;

  after(delayUs: number, run: () => void): void {
    const heap = this.#heap;
    const entry = { timeUs: this.nowUs + delayUs, sequence: this.#sequence++, run };
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  /** Runs until `isDone` says so after an event. */
  run(isDone: () => boolean): void {
    while (!isDone()) {
      const entry = this.#pop();
      this.nowUs = entry.timeUs;
      entry.run();
    }
  }

  #pop(): Entry {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.timeUs < b.timeUs || (a.timeUs === b.timeUs && a.sequence < b.sequence);
}
