import type { Sequence, Snapshot } from "../store/index.js";

/** Which states are still wanted. */
export class Snapshots {
  /** How many there are of each sequence. Sequences only grow, so they stand in order. */
  readonly #counts: Map<Sequence, number> = new Map();

  /** In order, each once. */
  get sequences(): readonly Sequence[] {
    return [...this.#counts.keys()];
  }

  take(sequence: Sequence): LsmSnapshot {
    this.#counts.set(sequence, (this.#counts.get(sequence) ?? 0) + 1);
    return new LsmSnapshot(sequence, this);
  }

  giveBack(sequence: Sequence): void {
    const count = this.#counts.get(sequence)! - 1;
    if (count === 0) this.#counts.delete(sequence);
    else this.#counts.set(sequence, count);
  }
}

export class LsmSnapshot implements Snapshot {
  readonly sequence: Sequence;
  /** Those of the store that it was taken from. */
  readonly owner: Snapshots;
  #isClosed = false;

  constructor(sequence: Sequence, owner: Snapshots) {
    this.sequence = sequence;
    this.owner = owner;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.owner.giveBack(this.sequence);
  }
}
