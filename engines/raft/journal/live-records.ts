import type { Lsn } from "../../wal/index.js";
import type { LogIndex } from "../types.js";

/** A record that holds entries that count: from `first` up to the next one's first. */
interface Run {
  readonly first: LogIndex;
  readonly lsn: Lsn;
}

/**
 * Which records of the WAL hold the entries that count, so that no compaction takes one of them away. LSNs grow
 * with the entries' indexes: an entry that is replaced takes all above it along.
 */
export class LiveRecords {
  readonly #runs: Run[] = [];

  /** The oldest record that holds an entry that counts. */
  get oldest(): Lsn | undefined {
    return this.#runs[0]?.lsn;
  }

  /** The record `lsn` holds the entries from `first` on that count now. */
  append(first: LogIndex, lsn: Lsn): void {
    while (this.#runs.length > 0 && this.#runs.at(-1)!.first >= first) this.#runs.pop();
    this.#runs.push({ first, lsn });
  }

  /**
   * Entries up to `base` count no more; nor do those above it, unless the log is kept. Then the last record stays
   * in any case, though the base may be its last entry.
   */
  rebase(base: LogIndex, keepsLog: boolean): void {
    if (!keepsLog) this.#runs.length = 0;
    let dropped = 0;
    while (dropped + 1 < this.#runs.length && this.#runs[dropped + 1]!.first <= base + 1) dropped++;
    this.#runs.splice(0, dropped);
  }
}
