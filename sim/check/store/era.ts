/** What is known of the writes since the store was last found open with a certain state. */
import { assert } from "#engines/env/index.js";
import type { StoreOperation } from "./types.js";

/** What the changes of a batch come to, by key; undefined where it deletes the key. */
export type Changes = ReadonlyMap<string, Uint8Array | undefined>;

export class Write {
  readonly operation: StoreOperation;
  readonly changes: Changes;
  readonly era: Era;
  /** Its sequence is above this one, which was there before it began. */
  readonly after: number;
  /** 0 while it is not known. */
  sequence = 0;
  /** A state up to this sequence has shown it: it has happened, and no later than that. */
  seenAt: number | undefined;

  constructor(operation: StoreOperation, changes: Changes, era: Era) {
    this.operation = operation;
    this.changes = changes;
    this.era = era;
    this.after = era.newest;
  }

  /** Whether nobody knows if it has happened. */
  get isUndecided(): boolean {
    const { outcome } = this.operation;
    return outcome === "open" || outcome === "unknown";
  }
}

export class Era {
  /** The state that the era began with, which was that of this sequence. */
  readonly baseSequence: number;
  readonly base: ReadonlyMap<string, Uint8Array>;
  /** The acknowledged ones, by sequence upwards. */
  readonly sequenced: Write[] = [];
  /** All that were asked for. */
  readonly writes: Write[] = [];
  /** Of `sequenced`, those that change the key. */
  readonly #byKey: Map<string, Write[]> = new Map();
  /** The highest sequence that was acknowledged or shown. */
  newest: number;
  #complete: number;
  /** How many of `sequenced` are not above `#complete`. */
  #completeCount = 0;

  constructor(baseSequence: number, base: ReadonlyMap<string, Uint8Array>) {
    this.baseSequence = baseSequence;
    this.base = base;
    this.newest = baseSequence;
    this.#complete = baseSequence;
  }

  /** The writes of all sequences up to this one are known. */
  get complete(): number {
    return this.#complete;
  }

  get undecided(): Write[] {
    return this.writes.filter((write) => write.isUndecided);
  }

  /** The acknowledged write that has this sequence. */
  writeAt(sequence: number): Write | undefined {
    return this.sequenced.findLast((write) => write.sequence === sequence);
  }

  /** Puts an acknowledged write in its place, which nobody has. */
  place(write: Write, sequence: number): void {
    assert(write.sequence === 0, "a write is placed once");
    write.sequence = sequence;
    insert(this.sequenced, write);
    for (const key of write.changes.keys()) {
      let writes = this.#byKey.get(key);
      if (writes === undefined) this.#byKey.set(key, (writes = []));
      insert(writes, write);
    }
    this.newest = Math.max(this.newest, sequence);
    while (this.sequenced[this.#completeCount]?.sequence === this.#complete + 1) {
      this.#complete++;
      this.#completeCount++;
    }
  }

  /** The newest acknowledged write of the key up to the sequence. */
  lastWriteOf(key: string, sequence: number): Write | undefined {
    return this.#byKey.get(key)?.findLast((write) => write.sequence <= sequence);
  }

  /** What the base and the acknowledged writes make of the key. */
  valueAt(key: string, sequence: number): Uint8Array | undefined {
    const write = this.lastWriteOf(key, sequence);
    return write === undefined ? this.base.get(key) : write.changes.get(key);
  }

  /** All that it is from the one sequence to the other. */
  valuesOf(key: string, from: number, to: number): (Uint8Array | undefined)[] {
    const later = (this.#byKey.get(key) ?? []).filter(({ sequence }) => sequence > from && sequence <= to);
    return [this.valueAt(key, from), ...later.map(({ changes }) => changes.get(key))];
  }
}

/** Answers come about in the order of the sequences: the place is near the end. */
function insert(writes: Write[], write: Write): void {
  let at = writes.length;
  while (at > 0 && writes[at - 1]!.sequence > write.sequence) at--;
  assert(writes[at - 1]?.sequence !== write.sequence, "no two writes have the same sequence");
  writes.splice(at, 0, write);
}
