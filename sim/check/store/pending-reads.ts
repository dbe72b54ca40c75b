import type { Occasion } from "./blame.js";
import { FoundState, isSame } from "./explain.js";

/** What reads have shown of the state at one sequence. */
export interface PendingReads {
  readonly sequence: number;
  readonly state: FoundState;
  readonly occasion: Occasion;
}

/** A key for which two reads of one state gave two values. */
export interface Contradiction {
  readonly key: string;
  readonly values: readonly (Uint8Array | undefined)[];
}

interface Shown {
  readonly values: Map<string, Uint8Array | undefined>;
  occasion: Occasion;
}

/** The reads that can't be judged yet, since not all writes up to their sequence are known. */
export class PendingReadSet {
  readonly #bySequence: Map<number, Shown> = new Map();

  get isEmpty(): boolean {
    return this.#bySequence.size === 0;
  }

  add(
    sequence: number,
    found: ReadonlyMap<string, Uint8Array | undefined>,
    occasion: Occasion,
  ): Contradiction | undefined {
    let shown = this.#bySequence.get(sequence);
    if (shown === undefined) this.#bySequence.set(sequence, (shown = { values: new Map(), occasion }));
    if (occasion === "snapshot") shown.occasion = occasion;
    for (const [key, value] of found) {
      const before = shown.values.get(key);
      if (shown.values.has(key) && !isSame(before, value)) return { key, values: [before, value] };
      shown.values.set(key, value);
    }
    return undefined;
  }

  /** Takes out those at sequences up to this one. */
  takeUpTo(sequence: number): PendingReads[] {
    if (this.isEmpty) return [];
    const taken: PendingReads[] = [];
    for (const [at, { values, occasion }] of this.#bySequence) {
      if (at > sequence) continue;
      this.#bySequence.delete(at);
      taken.push({ sequence: at, state: new FoundState(values, false), occasion });
    }
    return taken;
  }
}
