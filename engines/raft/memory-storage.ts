/** Storage for benchmarks and tests: durable at once, and gone with the object. */
import { assert } from "../env/index.js";
import type { Persist, RaftStorage, Recovered, SavedSnapshot } from "./storage.js";
import type { Entry, HardState, LogPosition } from "./types.js";

/**
 * Keeps in memory what a disk would keep. Whoever opens a server again with the same object finds what was
 * persisted, as after a crash that loses nothing. There is never damage.
 */
export class MemoryStorage implements RaftStorage {
  #hardState: HardState = { term: 0, vote: undefined };
  #base: LogPosition = { index: 0, term: 0 };
  /** The entry at place i has the index `base.index + 1 + i`. */
  #entries: Entry[] = [];
  #snapshot: SavedSnapshot | undefined;

  async recover(): Promise<Recovered> {
    this.#coverSnapshot();
    return {
      hardState: this.#hardState,
      base: this.#base,
      entries: [...this.#entries],
      snapshot: this.#snapshot,
      isRepairing: false,
    };
  }

  persist({ hardState, rebase, entries }: Persist): undefined {
    if (hardState !== undefined) this.#hardState = hardState;
    if (rebase !== undefined) this.#rebase(rebase, rebase.keepsLog);
    for (const entry of entries) this.#put(entry);
  }

  async saveSnapshot(snapshot: SavedSnapshot): Promise<void> {
    this.#snapshot = snapshot;
  }

  async loadSnapshot(): Promise<SavedSnapshot | undefined> {
    return this.#snapshot;
  }

  async close(): Promise<void> {}

  /** An entry that the base covers already is left out: its batch is older than the snapshot. */
  #put(entry: Entry): void {
    const place = entry.index - this.#base.index - 1;
    assert(place <= this.#entries.length, "a log has no gap");
    if (place < 0) return;
    this.#entries.length = place;
    this.#entries.push(entry);
  }

  #rebase({ index, term }: LogPosition, keepsLog: boolean): void {
    assert(index >= this.#base.index, "the log's base never goes back");
    this.#entries = keepsLog ? this.#entries.slice(index - this.#base.index) : [];
    this.#base = { index, term };
  }

  /** A crash may come between a snapshot and the rebase that goes with it: the snapshot counts (Raft, section 7). */
  #coverSnapshot(): void {
    if (this.#snapshot === undefined) return;
    const { index, term } = this.#snapshot.meta;
    if (index < this.#base.index) return;
    const known = index === this.#base.index ? this.#base : this.#entries[index - this.#base.index - 1];
    if (known?.term !== term) this.#rebase({ index, term }, false);
  }
}
