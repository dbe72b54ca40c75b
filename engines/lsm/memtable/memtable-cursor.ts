import { assert } from "../../env/index.js";
import type { Sequence } from "../../store/index.js";
import { TOMBSTONE, type Cursor, type EntryKind, type Pending } from "../cursor.js";
import { PLACE_BITS, PLACE_MASK } from "./arena.js";
import { KEY_LENGTH, VALUE, VALUE_LENGTH, keyStartOf, readKind, readSequence } from "./node.js";
import type { SkipList } from "./skip-list.js";

const NOTHING: Uint8Array = new Uint8Array(0);

/** The entry is read when the cursor gets there, so that it is of one piece though its value is replaced later. */
export class MemtableCursor implements Cursor {
  isValid: boolean = false;
  keyBytes: Uint8Array = NOTHING;
  keyStart: number = 0;
  keyEnd: number = 0;
  sequence: Sequence = 0;
  kind: EntryKind = TOMBSTONE;
  valueBytes: Uint8Array = NOTHING;
  valueStart: number = 0;
  valueEnd: number = 0;
  readonly #list: SkipList;
  #node: number;

  constructor(list: SkipList) {
    this.#list = list;
    this.#node = list.head;
  }

  first(): Pending {
    return this.#goTo(this.#list.next(this.#list.head));
  }

  last(): Pending {
    return this.#goTo(this.#list.previous(this.#list.head));
  }

  seek(key: Uint8Array, sequence: Sequence): Pending {
    return this.#goTo(this.#list.find(key, 0, key.length, sequence));
  }

  seekBefore(key: Uint8Array, sequence: Sequence): Pending {
    return this.#goTo(this.#list.previous(this.#list.find(key, 0, key.length, sequence)));
  }

  next(): Pending {
    assert(this.isValid, "only a cursor that stands on an entry can go on");
    return this.#goTo(this.#list.next(this.#node));
  }

  previous(): Pending {
    assert(this.isValid, "only a cursor that stands on an entry can go back");
    return this.#goTo(this.#list.previous(this.#node));
  }

  #goTo(node: number): Pending {
    const list = this.#list;
    this.#node = node;
    this.isValid = node !== list.head;
    if (!this.isValid) return undefined;
    const chunk = node >>> PLACE_BITS;
    const at = node & PLACE_MASK;
    const words = list.nodes.chunks[chunk]!;
    this.keyBytes = list.keyChunks[chunk]!;
    this.keyStart = keyStartOf(at);
    this.keyEnd = this.keyStart + words[at + KEY_LENGTH]!;
    const value = words[at + VALUE]!;
    this.valueBytes = list.values.chunks[value >>> PLACE_BITS]!;
    this.valueStart = value & PLACE_MASK;
    this.valueEnd = this.valueStart + words[at + VALUE_LENGTH]!;
    this.sequence = readSequence(words, at);
    this.kind = readKind(words, at);
    return undefined;
  }
}
