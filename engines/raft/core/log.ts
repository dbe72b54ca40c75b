/** The log in memory: everything behind its base. What is before the base is in a snapshot. */
import { assert } from "../../env/index.js";
import type { Entry, LogIndex, LogPosition, Term } from "../types.js";

export class RaftLog {
  #base: LogPosition;
  /** The entry at place i has the index `base.index + 1 + i`. */
  #entries: Entry[];

  constructor(base: LogPosition, entries: readonly Entry[]) {
    this.#base = base;
    this.#entries = [];
    this.append(entries);
  }

  /** The place before the first entry. */
  get base(): LogPosition {
    return this.#base;
  }

  get lastIndex(): LogIndex {
    return this.#base.index + this.#entries.length;
  }

  get last(): LogPosition {
    const last = this.#entries[this.#entries.length - 1];
    return last === undefined ? this.#base : { index: last.index, term: last.term };
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** The entry; undefined where it is not in the log, or not any more. */
  entryAt(index: LogIndex): Entry | undefined {
    return this.#entries[index - this.#base.index - 1];
  }

  /** Undefined where nobody here knows: above the log, or below its base (where 0 would match 0: etcd 76f1249). */
  termAt(index: LogIndex): Term | undefined {
    return index === this.#base.index ? this.#base.term : this.entryAt(index)?.term;
  }

  /** Whether the log holds this place. Then it holds all before it as whoever named it does (log matching). */
  matches({ index, term }: LogPosition): boolean {
    return this.termAt(index) === term;
  }

  /** Whether a log that ends here is at least as complete as this one (Raft, section 5.4.1). */
  isUpToDate({ index, term }: LogPosition): boolean {
    const last = this.last;
    return term > last.term || (term === last.term && index >= last.index);
  }

  /** The entries from `from` on, as far as `maxBytes` of data reach, but at least one if there is one. */
  slice(from: LogIndex, maxBytes: number): Entry[] {
    const start = from - this.#base.index - 1;
    assert(start >= 0, "entries are taken from above the base");
    let end = start;
    for (let bytes = 0; end < this.#entries.length; end++) {
      bytes += this.#entries[end]!.data.length;
      if (bytes > maxBytes && end > start) break;
    }
    return this.#entries.slice(start, end);
  }

  /** Entries above `from`, up to and with `to`. */
  between(from: LogIndex, to: LogIndex): Entry[] {
    return this.#entries.slice(from - this.#base.index, to - this.#base.index);
  }

  append(entries: readonly Entry[]): void {
    for (const entry of entries) {
      assert(entry.index === this.lastIndex + 1, "a log is dense");
      assert(entry.term >= this.last.term, "terms never fall along a log");
      this.#entries.push(entry);
    }
  }

  /** Removes what is at and above `from`. */
  truncateFrom(from: LogIndex): void {
    assert(from > this.#base.index, "what a snapshot covers is not truncated");
    this.#entries.length = Math.min(this.#entries.length, from - this.#base.index - 1);
  }

  /** Drops the entries up to `index`, which the log holds. */
  compactTo(index: LogIndex): void {
    const term = this.termAt(index);
    assert(term !== undefined, "the log holds the place that it is compacted to");
    this.#entries = this.#entries.slice(index - this.#base.index);
    this.#base = { index, term };
  }

  /** Drops everything and begins anew behind `base`. */
  restart(base: LogPosition): void {
    this.#base = base;
    this.#entries = [];
  }

  /**
   * The highest place at or below `index` whose term is at most `term`: all above it conflicts with a log that
   * has `term` at `index`. Skips whole terms, as the end of Raft's section 5.3 has it, by halving: terms never
   * fall along a log. Undefined where it would be below the base.
   */
  highestWithin(index: LogIndex, term: Term): LogPosition | undefined {
    let low = this.#base.index;
    if (index < low || this.#base.term > term) return undefined;
    let high = Math.min(index, this.lastIndex);
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.termAt(middle)! <= term) low = middle;
      else high = middle - 1;
    }
    return { index: low, term: this.termAt(low)! };
  }
}
