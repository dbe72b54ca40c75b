/** Makes a server's log out of the records of a WAL, in their order. */

import type { Lsn } from "../../wal/index.js";
import { badFormat } from "../errors.js";
import type { Persist } from "../storage.js";
import type { Entry, HardState, LogIndex, LogPosition } from "../types.js";
import { LiveRecords } from "./live-records.js";
import { applyRecord, type RecordSink } from "./record-parts.js";

/** What the records say. */
export interface ReplayedLog {
  readonly hardState: HardState;
  readonly base: LogPosition;
  readonly entries: Entry[];
  readonly isRepaired: boolean;
  readonly live: LiveRecords;
}

const NO_HARD_STATE: HardState = { term: 0, vote: undefined };
const ORIGIN: LogPosition = { index: 0, term: 0 };

/**
 * Where a compaction took the first records away, the replay begins in the middle: nothing is known of the base
 * before the first rebase, nor of the log's end before the first entries, and entries may be missing that a
 * later rebase drops. All of it is known at the end, or records are missing that must be there.
 *
 * Records that make no sense throw RAFT_BAD_FORMAT: with their CRCs right, they are damage all the same.
 */
export class Replay implements RecordSink {
  readonly #where: string;
  readonly #live: LiveRecords = new LiveRecords();
  #lsn: Lsn = 0;
  #hardState: HardState = NO_HARD_STATE;
  #isRepaired = false;
  #base: LogPosition | undefined;
  /** Dense, up to the log's end. */
  #entries: Entry[] = [];
  /** Where the next entry goes. */
  #next: LogIndex | undefined;

  /** `firstLsn`: of the first record that will come. `where` is for errors. */
  constructor(firstLsn: Lsn, where: string) {
    this.#where = where;
    if (firstLsn > 1) return;
    this.#base = ORIGIN;
    this.#next = 1;
  }

  add(lsn: Lsn, record: Persist): void {
    this.#lsn = lsn;
    this.#hardState = record.hardState ?? this.#hardState;
    this.#isRepaired ||= record.repaired;
    applyRecord(record, this);
  }

  end(): ReplayedLog {
    const base = this.#base;
    if (base === undefined) this.#fail("a rebase behind records that are gone", "none");
    if (this.#first > base.index + 1) this.#fail(`entry ${base.index + 1}`, `entry ${this.#first} first`);
    return {
      hardState: this.#hardState,
      base,
      entries: this.#entries,
      isRepaired: this.#isRepaired,
      live: this.#live,
    };
  }

  append(entries: readonly Entry[]): void {
    const from = entries[0]!.index;
    if (this.#next !== undefined && from > this.#next) this.#fail(`entry ${this.#next}`, `entry ${from}`);
    if (this.#base !== undefined && from <= this.#base.index) {
      this.#fail(`entries above the base, ${this.#base.index}`, `entry ${from}`);
    }
    this.#entries.splice(Math.max(0, from - this.#first));
    for (const entry of entries) this.#entries.push(entry);
    this.#next = entries.at(-1)!.index + 1;
    this.#live.append(from, this.#lsn);
  }

  rebase({ index, term, keepsLog }: NonNullable<Persist["rebase"]>): void {
    if (this.#base !== undefined && index < this.#base.index) {
      this.#fail(`a base from ${this.#base.index} on`, `base ${index}`);
    }
    if (keepsLog) this.#dropUpTo({ index, term });
    else {
      this.#entries = [];
      this.#next = index + 1;
    }
    this.#base = { index, term };
    this.#live.rebase(index, keepsLog);
  }

  #dropUpTo({ index, term }: LogPosition): void {
    if (this.#next === undefined) return;
    if (index >= this.#next) this.#fail(`a base below ${this.#next}`, `base ${index}`);
    const at = index - this.#first;
    const known = this.#base?.index === index ? this.#base : this.#entries[at];
    if (known !== undefined && known.term !== term)
      this.#fail(`a base of term ${known.term}`, `term ${term}`);
    if (at >= 0) this.#entries.splice(0, at + 1);
  }

  /** The index of the first entry that is known; of the next one to come where none is. */
  get #first(): LogIndex {
    const next = this.#next ?? (this.#base?.index ?? 0) + 1;
    return next - this.#entries.length;
  }

  #fail(expected: string, found: string): never {
    throw badFormat(expected, found, `${this.#where}, LSN ${this.#lsn}`);
  }
}
