import { PUT, TOMBSTONE, type Cursor, type EntryKind, type Pending } from "#engines/lsm/cursor.js";
import type { Memtable } from "#engines/lsm/memtable/index.js";
import { compareKeys } from "#engines/store/index.js";

/** An entry as an object, for models. A tombstone's value is empty. */
export interface Entry {
  readonly key: Uint8Array;
  readonly sequence: number;
  readonly kind: EntryKind;
  readonly value: Uint8Array;
}

export function entry(key: string, sequence: number, value?: string): Entry {
  const kind = value === undefined ? TOMBSTONE : PUT;
  return { key: bytes(key), sequence, kind, value: bytes(value ?? "") };
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** What tests compare and print. */
export function show({ key, sequence, kind, value }: Entry): string {
  return `${key.join(".")}@${sequence}${kind === PUT ? `=${value.join(".")}` : " deleted"}`;
}

/** The cursor's entry, copied; undefined where it stands on none. */
export function entryOf(cursor: Cursor): Entry | undefined {
  if (!cursor.isValid) return undefined;
  return {
    key: cursor.keyBytes.slice(cursor.keyStart, cursor.keyEnd),
    sequence: cursor.sequence,
    kind: cursor.kind,
    value: cursor.valueBytes.slice(cursor.valueStart, cursor.valueEnd),
  };
}

export function showCursor(cursor: Cursor): string {
  const found = entryOf(cursor);
  return found === undefined ? "none" : show(found);
}

/** Internal order, as `Cursor` says it. */
export function compareVersions(
  aKey: Uint8Array,
  aSequence: number,
  bKey: Uint8Array,
  bSequence: number,
): number {
  return compareKeys(aKey, bKey) || bSequence - aSequence;
}

export function sorted(entries: readonly Entry[]): Entry[] {
  return [...entries].sort((a, b) => compareVersions(a.key, a.sequence, b.key, b.sequence));
}

export function addTo(memtable: Memtable, { kind, sequence, key, value }: Entry): void {
  memtable.add(kind, sequence, key, 0, key.length, value, 0, value.length);
}

/** What the simplest correct cursor does: it stands at an index of a sorted array. Out of it, on nothing. */
export class ModelCursor {
  readonly #entries: readonly Entry[];
  #index = -1;

  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
  }

  get present(): Entry | undefined {
    return this.#entries[this.#index];
  }

  apply(move: Move): void {
    if (move.kind === "seek" || move.kind === "seekBefore") {
      const { key, sequence } = move;
      const isBehind = (each: Entry): boolean => compareVersions(each.key, each.sequence, key, sequence) >= 0;
      const found = this.#entries.findIndex(isBehind);
      const behind = found < 0 ? this.#entries.length : found;
      this.#index = move.kind === "seek" ? behind : behind - 1;
    } else if (move.kind === "first") this.#index = 0;
    else if (move.kind === "last") this.#index = this.#entries.length - 1;
    else this.#index += move.kind === "next" ? 1 : -1;
  }
}

export type Move =
  | { readonly kind: "first" | "last" | "next" | "previous" }
  | { readonly kind: "seek" | "seekBefore"; readonly key: Uint8Array; readonly sequence: number };

export function applyMove(cursor: Cursor, move: Move): Pending {
  if (move.kind === "seek") return cursor.seek(move.key, move.sequence);
  if (move.kind === "seekBefore") return cursor.seekBefore(move.key, move.sequence);
  return cursor[move.kind]();
}

/** How a source answers a move. */
export type Answer = "now" | "later" | "throws" | "rejects";

export class SourceFailed extends Error {}

/**
 * A source as awkward as the contract allows: it answers as `answers` says, its key and value stand in buffers that
 * each move overwrites, nothing can be read where it stands on no entry or moves, and a key to seek is looked at only
 * after the wait.
 */
export class AwkwardCursor implements Cursor {
  moves = 0;
  readonly #answer: () => Answer;
  readonly #model: ModelCursor;
  readonly #key = new Uint8Array(64);
  readonly #value = new Uint8Array(64);
  #present: Entry | undefined = undefined;
  #isMoving = false;

  constructor(entries: readonly Entry[], answer: () => Answer = () => "now") {
    this.#model = new ModelCursor(entries);
    this.#answer = answer;
  }

  get isValid(): boolean {
    if (this.#isMoving) throw new Error("looked at while it moves");
    return this.#present !== undefined;
  }

  get keyBytes(): Uint8Array {
    this.#readable();
    return this.#key;
  }

  get keyStart(): number {
    this.#readable();
    return 3;
  }

  get keyEnd(): number {
    return 3 + this.#readable().key.length;
  }

  get sequence(): number {
    return this.#readable().sequence;
  }

  get kind(): EntryKind {
    return this.#readable().kind;
  }

  get valueBytes(): Uint8Array {
    this.#readable();
    return this.#value;
  }

  get valueStart(): number {
    this.#readable();
    return 5;
  }

  get valueEnd(): number {
    return 5 + this.#readable().value.length;
  }

  first(): Pending {
    return this.#move({ kind: "first" });
  }

  last(): Pending {
    return this.#move({ kind: "last" });
  }

  seek(key: Uint8Array, sequence: number): Pending {
    return this.#move({ kind: "seek", key, sequence });
  }

  seekBefore(key: Uint8Array, sequence: number): Pending {
    return this.#move({ kind: "seekBefore", key, sequence });
  }

  next(): Pending {
    this.#readable();
    return this.#move({ kind: "next" });
  }

  previous(): Pending {
    this.#readable();
    return this.#move({ kind: "previous" });
  }

  #readable(): Entry {
    if (!this.isValid) throw new Error("read where there is no entry");
    return this.#present!;
  }

  #move(move: Move): Pending {
    if (this.#isMoving) throw new Error("two moves at a time");
    this.moves++;
    this.#present = undefined;
    this.#key.fill(0xee);
    this.#value.fill(0xee);
    const answer = this.#answer();
    if (answer === "throws") throw new SourceFailed();
    if (answer !== "now") return this.#moveLater(move, answer);
    this.#arrive(move);
    return undefined;
  }

  async #moveLater(move: Move, answer: Answer): Promise<void> {
    this.#isMoving = true;
    // A failure overtakes the others.
    for (let turns = answer === "rejects" ? 1 : 4; turns > 0; turns--) await Promise.resolve();
    this.#isMoving = false;
    if (answer === "rejects") throw new SourceFailed();
    this.#arrive(move);
  }

  #arrive(move: Move): void {
    this.#model.apply(move);
    this.#present = this.#model.present;
    if (this.#present === undefined) return;
    this.#key.set(this.#present.key, 3);
    this.#value.set(this.#present.value, 5);
  }
}
