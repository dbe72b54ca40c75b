/** Storage for benchmarks and tests: durable at once, and gone with the object. */
import { assert } from "../env/index.js";
import { applyRecord, type RecordSink } from "./journal/record-parts.js";
import type { Persist, RaftStorage, Recovered, SavedSnapshot, SnapshotToSave } from "./storage.js";
import type { Entry, HardState, LogIndex, LogPosition, Term } from "./types.js";

const ORIGIN: LogPosition = { index: 0, term: 0 };

/**
 * Keeps in memory what a disk would keep. Whoever opens a server again with the same object finds what was
 * persisted, as after a crash that loses nothing. There is never damage.
 */
export class MemoryStorage implements RaftStorage {
  #hardState: HardState = { term: 0, vote: undefined };
  readonly #log: StoredLog = new StoredLog();
  #snapshot: SavedSnapshot | undefined;

  async recover(): Promise<Recovered> {
    this.#coverSnapshot();
    return {
      hardState: this.#hardState,
      base: this.#log.base,
      entries: [...this.#log.entries],
      snapshot: this.#snapshot,
      isRepairing: false,
    };
  }

  persist(what: Persist): undefined {
    this.#hardState = what.hardState ?? this.#hardState;
    applyRecord(what, this.#log);
  }

  async saveSnapshot({ meta, digest, chunks }: SnapshotToSave): Promise<void> {
    if (Symbol.asyncIterator in chunks) {
      const read: Uint8Array[] = [];
      for await (const chunk of chunks) read.push(chunk);
      this.#snapshot = { meta, digest, chunks: read };
    } else this.#snapshot = { meta, digest, chunks };
  }

  async loadSnapshot(): Promise<SavedSnapshot | undefined> {
    return this.#snapshot;
  }

  async close(): Promise<void> {}

  /** A crash may come between a snapshot and the rebase that goes with it: the snapshot counts (Raft, section 7). */
  #coverSnapshot(): void {
    const { base } = this.#log;
    const covered = this.#snapshot?.meta ?? ORIGIN;
    assert(covered.index >= base.index, "a snapshot covers what is before the base");
    if (this.#log.termAt(covered.index) !== covered.term) this.#log.rebase({ ...covered, keepsLog: false });
  }
}

class StoredLog implements RecordSink {
  base: LogPosition = ORIGIN;
  /** The entry at place i has the index `base.index + 1 + i`. */
  entries: Entry[] = [];

  /** Undefined where the log has no such place. */
  termAt(index: LogIndex): Term | undefined {
    return index === this.base.index ? this.base.term : this.entries[index - this.base.index - 1]?.term;
  }

  append(entries: readonly Entry[]): void {
    const place = entries[0]!.index - this.base.index - 1;
    assert(place >= 0 && place <= this.entries.length, "entries go into the log or to its end");
    this.entries.length = place;
    for (const entry of entries) this.entries.push(entry);
  }

  rebase({ index, term, keepsLog }: NonNullable<Persist["rebase"]>): void {
    assert(index >= this.base.index, "the log's base never goes back");
    assert(!keepsLog || this.termAt(index) === term, "a log that is kept holds its new base");
    this.entries = keepsLog ? this.entries.slice(index - this.base.index) : [];
    this.base = { index, term };
  }
}
