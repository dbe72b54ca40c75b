import type { Sequence } from "../../store/index.js";
import { PUT, TOMBSTONE, type EntryKind } from "../cursor.js";

/** The fields of a cursor that an entry sets. */
export interface EntryPlace {
  keyStart: number;
  keyEnd: number;
  sequence: Sequence;
  kind: EntryKind;
  valueStart: number;
  valueEnd: number;
}

const FIELDS = 6;

/** The entries between two restart points, with where their keys and values are. */
export class EntryWindow {
  count: number = 0;
  #places: Uint32Array = new Uint32Array(16 * FIELDS);
  #sequences: Float64Array = new Float64Array(16);

  clear(): void {
    this.count = 0;
  }

  /** Adds the entry on which `from` stands and that begins at `entryAt` of the block. */
  add(from: Readonly<EntryPlace>, entryAt: number): void {
    if (this.count === this.#sequences.length) this.#grow();
    const at = this.count * FIELDS;
    const places = this.#places;
    places[at] = entryAt;
    places[at + 1] = from.keyStart;
    places[at + 2] = from.keyEnd;
    places[at + 3] = from.valueStart;
    places[at + 4] = from.valueEnd;
    places[at + 5] = from.kind;
    this.#sequences[this.count++] = from.sequence;
  }

  /** Puts `to` on an entry, by its number in the window. Returns where the entry begins in the block. */
  restore(to: EntryPlace, entry: number): number {
    const at = entry * FIELDS;
    const places = this.#places;
    to.keyStart = places[at + 1]!;
    to.keyEnd = places[at + 2]!;
    to.valueStart = places[at + 3]!;
    to.valueEnd = places[at + 4]!;
    to.kind = places[at + 5] === PUT ? PUT : TOMBSTONE;
    to.sequence = this.#sequences[entry]!;
    return places[at]!;
  }

  #grow(): void {
    const places = new Uint32Array(2 * this.#places.length);
    const sequences = new Float64Array(2 * this.#sequences.length);
    places.set(this.#places);
    sequences.set(this.#sequences);
    this.#places = places;
    this.#sequences = sequences;
  }
}
