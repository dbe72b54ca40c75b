import { assert } from "../../env/index.js";
import { isPromise, type Sequence } from "../../store/index.js";
import type { Cursor, Pending } from "../cursor.js";
import { BlockCursor } from "./block-cursor.js";
import type { BlockSource } from "./table-blocks.js";
import type { TableIndex } from "./table-index.js";

/**
 * Walks a table: over the index from block to block. It holds on to the index and to the block it stands in, whatever
 * the cache does meanwhile. Keys that it is given must not change before the move has settled.
 */
export class TableCursor extends BlockCursor implements Cursor {
  readonly #source: BlockSource;
  #index: TableIndex | undefined;
  /** The block it stands in. */
  #block = 0;

  constructor(source: BlockSource) {
    super();
    this.#source = source;
  }

  first(): Pending {
    return this.#withIndex(() => this.#enterFirst(0));
  }

  last(): Pending {
    return this.#withIndex((index) => this.#enterLast(index.count - 1));
  }

  seek(key: Uint8Array, sequence: Sequence): Pending {
    const index = this.#index;
    if (index === undefined) return this.#withIndex(() => this.seek(key, sequence));
    this.isValid = false;
    const block = index.find(key, sequence);
    if (block === index.count) return undefined;
    const pending = this.#enter(block);
    return pending === undefined
      ? this.#seekHere(key, sequence)
      : pending.then(() => this.#seekHere(key, sequence));
  }

  seekBefore(key: Uint8Array, sequence: Sequence): Pending {
    const index = this.#index;
    if (index === undefined) return this.#withIndex(() => this.seekBefore(key, sequence));
    this.isValid = false;
    const block = index.find(key, sequence);
    if (block === index.count) return this.#enterLast(block - 1);
    const pending = this.#enter(block);
    return pending === undefined
      ? this.#seekBeforeHere(key, sequence)
      : pending.then(() => this.#seekBeforeHere(key, sequence));
  }

  next(): Pending {
    assert(this.isValid, "a cursor steps from an entry");
    if (this.nextInBlock()) return undefined;
    return this.#enterFirst(this.#block + 1);
  }

  previous(): Pending {
    assert(this.isValid, "a cursor steps from an entry");
    if (this.previousInBlock()) return undefined;
    return this.#enterLast(this.#block - 1);
  }

  #seekHere(key: Uint8Array, sequence: Sequence): Pending {
    this.isValid = this.seekInBlock(key, sequence);
    return this.isValid ? undefined : this.#enterFirst(this.#block + 1);
  }

  #seekBeforeHere(key: Uint8Array, sequence: Sequence): Pending {
    this.isValid = this.seekBeforeInBlock(key, sequence);
    return this.isValid ? undefined : this.#enterLast(this.#block - 1);
  }

  /** To the first entry of a block; behind the last block, to none. */
  #enterFirst(block: number): Pending {
    this.isValid = false;
    if (block === this.#index!.count) return undefined;
    const pending = this.#enter(block);
    if (pending !== undefined) return pending.then(() => this.#standFirst());
    this.#standFirst();
    return undefined;
  }

  /** To the last entry of a block; before the first block, to none. */
  #enterLast(block: number): Pending {
    this.isValid = false;
    if (block < 0) return undefined;
    const pending = this.#enter(block);
    if (pending !== undefined) return pending.then(() => this.#standLast());
    this.#standLast();
    return undefined;
  }

  #standFirst(): void {
    this.firstInBlock();
    this.isValid = true;
  }

  #standLast(): void {
    this.lastInBlock();
    this.isValid = true;
  }

  #enter(block: number): Pending {
    assert(this.#index !== undefined, "a block is entered by the index");
    const data = this.#source.data(this.#index, block);
    this.#block = block;
    if (isPromise(data)) return data.then((content) => this.enterBlock(content));
    this.enterBlock(data);
    return undefined;
  }

  #withIndex(move: (index: TableIndex) => Pending): Pending {
    this.isValid = false;
    const index = this.#index ?? this.#source.index();
    if (!isPromise(index)) {
      this.#index = index;
      return move(index);
    }
    return index.then((loaded) => {
      this.#index = loaded;
      return move(loaded);
    });
  }
}
