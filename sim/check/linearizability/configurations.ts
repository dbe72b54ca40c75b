/**
 * Sets of configurations of the search: where the object may be, and what got it there.
 *
 * A configuration is one row of integers. Two rows with the same state and the same updates done compete: the
 * one that keeps fewer observations waiting and used fewer crashed operations can do all that the other can,
 * so only rows that no other covers stay.
 */

/** A configuration's row: the state, the node of its path, then the words that `Layout` counts. */
export const STATE = 0;
export const NODE = 1;
export const UPDATES = 2;

/** A row that another one covered. */
const COVERED = -1;

export interface Layout {
  /** Words of bits, by slot: the pending updates that are done. */
  readonly updateWords: number;
  /** Words of bits, by slot: the pending observations that wait for a state that they fit. */
  readonly waitingWords: number;
  /**
   * Words of counters of used crashed operations, several to a word. Each counter has a spare bit above it,
   * always 0 in a row and 1 here: all counters of a word are then compared by one subtraction, as no borrow
   * gets past a spare bit.
   */
  readonly crashedSpares: Int32Array;
}

export function strideOf({ updateWords, waitingWords, crashedSpares }: Layout): number {
  return UPDATES + updateWords + waitingWords + crashedSpares.length;
}

const INITIAL_ROWS = 16;

export class ConfigurationSet {
  readonly stride: number;
  readonly #waiting: number;
  readonly #crashed: number;
  readonly #spares: Int32Array;
  /** The rows, one behind the other, covered ones among them. */
  rows: Int32Array;
  /** Rows ever inserted since the last `clear`. */
  count = 0;
  /** Rows that are covered by none. */
  size = 0;
  #capacity = INITIAL_ROWS;
  /** Hash table over (state, updates): the newest row of a bucket, and by row the one before it. */
  #heads: Int32Array = new Int32Array(INITIAL_ROWS * 2).fill(-1);
  #links: Int32Array = new Int32Array(INITIAL_ROWS);

  constructor(layout: Layout) {
    this.stride = strideOf(layout);
    this.#waiting = UPDATES + layout.updateWords;
    this.#crashed = this.#waiting + layout.waitingWords;
    this.#spares = layout.crashedSpares;
    this.rows = new Int32Array(INITIAL_ROWS * this.stride);
  }

  isCovered(row: number): boolean {
    return this.rows[row * this.stride] === COVERED;
  }

  clear(): void {
    if (this.count * 4 < this.#heads.length) {
      for (let row = 0; row < this.count; row++) {
        // The bucket of a covered row is empty, or a row that is not covered leads to it.
        if (!this.isCovered(row)) this.#heads[this.#bucketOf(this.rows, row * this.stride)] = -1;
      }
    } else {
      this.#heads.fill(-1);
    }
    this.count = 0;
    this.size = 0;
  }

  /** Adds the row unless one that is here covers it; drops those that it covers. */
  insert(row: Int32Array): boolean {
    let bucket = this.#bucketOf(row, 0);
    let newer = -1;
    for (let at = this.#heads[bucket]!; at !== -1; at = this.#links[at]!) {
      const here = at * this.stride;
      if (this.#competes(row, here)) {
        if (this.#covers(this.rows, here, row, 0)) return false;
        if (this.#covers(row, 0, this.rows, here)) {
          this.rows[here] = COVERED;
          this.size--;
          if (newer === -1) this.#heads[bucket] = this.#links[at]!;
          else this.#links[newer] = this.#links[at]!;
          continue;
        }
      }
      newer = at;
    }
    if (this.count === this.#capacity) {
      this.#grow();
      bucket = this.#bucketOf(row, 0);
    }
    this.rows.set(row, this.count * this.stride);
    this.#links[this.count] = this.#heads[bucket]!;
    this.#heads[bucket] = this.count++;
    this.size++;
    return true;
  }

  #competes(row: Int32Array, here: number): boolean {
    if (this.rows[here] !== row[STATE]) return false;
    for (let word = UPDATES; word < this.#waiting; word++) {
      if (this.rows[here + word] !== row[word]) return false;
    }
    return true;
  }

  /** True where row `a` waits with no more observations and used no more crashed operations than `b`. */
  #covers(a: Int32Array, aAt: number, b: Int32Array, bAt: number): boolean {
    for (let word = this.#waiting; word < this.#crashed; word++) {
      if ((a[aAt + word]! & ~b[bAt + word]!) !== 0) return false;
    }
    for (let i = 0; i < this.#spares.length; i++) {
      const spare = this.#spares[i]!;
      const left = ((b[bAt + this.#crashed + i]! | spare) - a[aAt + this.#crashed + i]!) & spare;
      if (left !== spare) return false;
    }
    return true;
  }

  #bucketOf(rows: Int32Array, at: number): number {
    let hash = Math.imul(rows[at]! + 1, 0x9e3779b1);
    for (let word = UPDATES; word < this.#waiting; word++) {
      hash = Math.imul(hash ^ (hash >>> 15) ^ rows[at + word]!, 0x85ebca6b);
    }
    return (hash ^ (hash >>> 13)) & (this.#heads.length - 1);
  }

  #grow(): void {
    this.#capacity *= 2;
    const rows = new Int32Array(this.#capacity * this.stride);
    rows.set(this.rows);
    this.rows = rows;
    this.#heads = new Int32Array(this.#capacity * 2).fill(-1);
    this.#links = new Int32Array(this.#capacity);
    for (let row = 0; row < this.count; row++) {
      if (this.isCovered(row)) continue;
      const bucket = this.#bucketOf(rows, row * this.stride);
      this.#links[row] = this.#heads[bucket]!;
      this.#heads[bucket] = row;
    }
  }
}
