/** What is known of the events of a trace by their ids, eight bytes an event. */
export class EventIndex {
  #causes: Int32Array = new Int32Array(1 << 12);
  #numbers: Int32Array = new Int32Array(1 << 12);

  /** `number`: from 0; whatever the caller counts. */
  put(id: number, cause: number, number: number): void {
    if (id >= this.#causes.length) {
      this.#causes = grown(this.#causes, id);
      this.#numbers = grown(this.#numbers, id);
    }
    this.#causes[id] = cause;
    // 0 stands for an event that is not known.
    this.#numbers[id] = number + 1;
  }

  /** 0 for none, and for an event that is not known. */
  causeOf(id: number): number {
    return this.#causes[id] ?? 0;
  }

  /** Undefined for an event that is not known. */
  numberOf(id: number): number | undefined {
    const number = this.#numbers[id] ?? 0;
    return number === 0 ? undefined : number - 1;
  }
}

function grown(column: Int32Array, id: number): Int32Array {
  const larger = new Int32Array(Math.max(id + 1, 2 * column.length));
  larger.set(column);
  return larger;
}
