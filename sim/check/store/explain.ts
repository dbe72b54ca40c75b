/**
 * Whether some of the writes without an answer, each whole and at a place that it can have, make of an era's
 * acknowledged writes what was found.
 *
 * Walks from the newest sequence down. A key is settled by the first write on the way that changes it, and that
 * has to be what was found. A write without an answer is placed as soon as it fits, since that never does harm:
 * the keys that it settles are right, whatever lies below, and where another solution has it further down or not
 * at all, moving it up gives a solution too. So one pass without going back decides.
 */
import type { Era, Write } from "./era.js";

/** What was found of a state. */
export class FoundState {
  readonly entries: ReadonlyMap<string, Uint8Array | undefined>;
  /** What has no entry is not there; else nothing is known of it. */
  readonly isWhole: boolean;

  constructor(entries: ReadonlyMap<string, Uint8Array | undefined>, isWhole: boolean) {
    this.entries = entries;
    this.isWhole = isWhole;
  }

  covers(key: string): boolean {
    return this.isWhole || this.entries.has(key);
  }
}

export type Explained =
  /** How many writes without an answer could be placed. */
  | { readonly ok: true; readonly placed: number }
  /** The key whose value can't be. */
  | { readonly ok: false; readonly key: string }
  /** A state has shown this write before, and it is not there. */
  | { readonly ok: false; readonly gone: Write };

export function explain(era: Era, sequence: number, state: FoundState): Explained {
  return new Explanation(era, sequence, state).run();
}

class Explanation {
  readonly #era: Era;
  readonly #sequence: number;
  readonly #state: FoundState;
  readonly #settled: Set<string> = new Set();
  #candidates: Write[];
  #placed = 0;

  constructor(era: Era, sequence: number, state: FoundState) {
    this.#era = era;
    this.#sequence = sequence;
    this.#state = state;
    this.#candidates = era.undecided.filter((write) => write.after < sequence);
  }

  run(): Explained {
    const { sequenced, baseSequence } = this.#era;
    let above = this.#sequence + 1;
    for (let i = sequenced.length - 1; i >= 0; i--) {
      const write = sequenced[i]!;
      if (write.sequence > this.#sequence) continue;
      this.#placeBetween(write.sequence, above);
      above = write.sequence;
      const wrong = this.#wrongIn(write);
      if (wrong !== undefined) return { ok: false, key: wrong };
      this.#settle(write);
    }
    this.#placeBetween(baseSequence, above);
    const wrong = this.#wrongInBase();
    if (wrong !== undefined) return { ok: false, key: wrong };
    const gone = this.#candidates.find(({ seenAt }) => seenAt !== undefined && seenAt <= this.#sequence);
    return gone === undefined ? { ok: true, placed: this.#placed } : { ok: false, gone };
  }

  /** Places what fits between two sequences, as long as anything does. */
  #placeBetween(below: number, above: number): void {
    if (above - below <= 1) return;
    for (;;) {
      const left = this.#candidates.filter((write) => {
        const isPossible = write.after < above - 1 && (write.seenAt ?? above) > below;
        if (!isPossible || this.#wrongIn(write) !== undefined) return true;
        this.#settle(write);
        this.#placed++;
        return false;
      });
      if (left.length === this.#candidates.length) return;
      this.#candidates = left;
    }
  }

  /** A key that is not what this write, as the last one to change it, would make of it. */
  #wrongIn(write: Write): string | undefined {
    for (const [key, value] of write.changes)
      if (!this.#settled.has(key) && !this.#isFound(key, value)) return key;
    return undefined;
  }

  #wrongInBase(): string | undefined {
    const { base } = this.#era;
    const isWrong = (key: string): boolean => !this.#settled.has(key) && !this.#isFound(key, base.get(key));
    for (const key of this.#state.entries.keys()) if (isWrong(key)) return key;
    for (const key of base.keys()) if (isWrong(key)) return key;
    return undefined;
  }

  #settle(write: Write): void {
    for (const key of write.changes.keys()) this.#settled.add(key);
  }

  #isFound(key: string, value: Uint8Array | undefined): boolean {
    return !this.#state.covers(key) || isSame(this.#state.entries.get(key), value);
  }
}

export function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
