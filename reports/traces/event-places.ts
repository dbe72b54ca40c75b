/** Where the slice of an event is. */
export interface Place {
  readonly pid: number;
  readonly tid: number;
  /** In microseconds. */
  readonly ts: number;
}

/** An arrow from further back, by ids, is left out: nobody could follow it. */
const KEPT = 1 << 16;

/** The places of the latest events by id, in memory that does not grow with the run. */
export class EventPlaces {
  readonly #ids: Int32Array = new Int32Array(KEPT);
  readonly #pids: Int32Array = new Int32Array(KEPT);
  readonly #tids: Int32Array = new Int32Array(KEPT);
  readonly #times: Float64Array = new Float64Array(KEPT);

  put(id: number, { pid, tid, ts }: Place): void {
    const slot = id % KEPT;
    this.#ids[slot] = id;
    this.#pids[slot] = pid;
    this.#tids[slot] = tid;
    this.#times[slot] = ts;
  }

  get(id: number): Place | undefined {
    const slot = id % KEPT;
    if (id === 0 || this.#ids[slot] !== id) return undefined;
    return { pid: this.#pids[slot]!, tid: this.#tids[slot]!, ts: this.#times[slot]! };
  }
}
