import { assert } from "../../env/index.js";
import type { Sequence } from "../../store/index.js";
import type { Cursor, EntryKind, Pending } from "../cursor.js";
import { compareEntries } from "./order.js";

/**
 * Several cursors as one. No two of them may hold the same version of the same key (asserted where they meet).
 *
 * Those that stand on an entry are kept in the order in which they come, so that a step costs one comparison where
 * the same cursor goes on being the first, as in an LSM tree it mostly does since the last level holds most of the
 * data, and 1 + log2(k) where not. A move that fails leaves it on no entry; go on with `seek` or another absolute one.
 */
export class MergingCursor implements Cursor {
  readonly #children: readonly Cursor[];
  /** The first `#live` of them stand on entries, in ascending order, or in descending order where it goes back. */
  readonly #order: Cursor[];
  #live = 0;
  #isForward = true;
  /** `#order[0]`, but where none is valid. */
  #front: Cursor | undefined = undefined;

  constructor(children: readonly Cursor[]) {
    this.#children = children;
    this.#order = [...children];
  }

  get isValid(): boolean {
    return this.#front !== undefined;
  }

  get keyBytes(): Uint8Array {
    return this.#front!.keyBytes;
  }

  get keyStart(): number {
    return this.#front!.keyStart;
  }

  get keyEnd(): number {
    return this.#front!.keyEnd;
  }

  get sequence(): Sequence {
    return this.#front!.sequence;
  }

  get kind(): EntryKind {
    return this.#front!.kind;
  }

  get valueBytes(): Uint8Array {
    return this.#front!.valueBytes;
  }

  get valueStart(): number {
    return this.#front!.valueStart;
  }

  get valueEnd(): number {
    return this.#front!.valueEnd;
  }

  first(): Pending {
    return this.#moveAll(true, (child) => child.first());
  }

  last(): Pending {
    return this.#moveAll(false, (child) => child.last());
  }

  seek(key: Uint8Array, sequence: Sequence): Pending {
    return this.#moveAll(true, (child) => child.seek(key, sequence));
  }

  seekBefore(key: Uint8Array, sequence: Sequence): Pending {
    return this.#moveAll(false, (child) => child.seekBefore(key, sequence));
  }

  next(): Pending {
    const front = this.#front;
    assert(front !== undefined, "only a cursor that stands on an entry can go on");
    if (!this.#isForward) return this.#turn(front);
    this.#front = undefined;
    const pending = front.next();
    if (pending !== undefined) return this.#placeFrontAfter(pending);
    this.#placeFront();
    return undefined;
  }

  previous(): Pending {
    const front = this.#front;
    assert(front !== undefined, "only a cursor that stands on an entry can go back");
    if (this.#isForward) return this.#turn(front);
    this.#front = undefined;
    const pending = front.previous();
    if (pending !== undefined) return this.#placeFrontAfter(pending);
    this.#placeFront();
    return undefined;
  }

  /** A step in the other direction: the others stand on the wrong side of the present entry. */
  #turn(front: Cursor): Pending {
    const key = front.keyBytes.slice(front.keyStart, front.keyEnd);
    const { sequence } = front;
    if (this.#isForward) {
      return this.#moveAll(false, (child) =>
        child === front ? child.previous() : child.seekBefore(key, sequence),
      );
    }
    return this.#moveAll(true, (child) => (child === front ? child.next() : child.seek(key, sequence)));
  }

  /**
   * Their devices may work at the same time. Where one fails, the others settle first, so that none moves on behind
   * the back of who was told of the failure.
   */
  #moveAll(isForward: boolean, move: (child: Cursor) => Pending): Pending {
    this.#front = undefined;
    this.#isForward = isForward;
    const pendings: Promise<void>[] = [];
    try {
      for (const child of this.#children) {
        const pending = move(child);
        if (pending !== undefined) pendings.push(pending);
      }
    } catch (error) {
      if (pendings.length === 0) throw error;
      return throwAfter(pendings, error);
    }
    if (pendings.length > 0) return this.#orderAllAfter(pendings);
    this.#orderAll();
    return undefined;
  }

  async #orderAllAfter(pendings: readonly Promise<void>[]): Promise<void> {
    await Promise.allSettled(pendings);
    await Promise.all(pendings);
    this.#orderAll();
  }

  async #placeFrontAfter(pending: Promise<void>): Promise<void> {
    await pending;
    this.#placeFront();
  }

  #orderAll(): void {
    this.#live = 0;
    for (const child of this.#children) {
      if (!child.isValid) continue;
      const place = this.#placeOf(child, 0);
      for (let i = this.#live; i > place; i--) this.#order[i] = this.#order[i - 1]!;
      this.#order[place] = child;
      this.#live++;
    }
    this.#front = this.#live > 0 ? this.#order[0] : undefined;
  }

  /** Puts the first, which has moved, where it belongs now. */
  #placeFront(): void {
    const order = this.#order;
    const moved = order[0]!;
    if (moved.isValid) {
      if (this.#live === 1 || this.#comesBefore(moved, order[1]!)) {
        this.#front = moved;
        return;
      }
      const place = this.#placeOf(moved, 2) - 1;
      for (let i = 0; i < place; i++) order[i] = order[i + 1]!;
      order[place] = moved;
    } else {
      this.#live--;
      for (let i = 0; i < this.#live; i++) order[i] = order[i + 1]!;
    }
    this.#front = this.#live > 0 ? order[0] : undefined;
  }

  /** How many of the ordered ones come before `cursor`; those below `low` are known to. */
  #placeOf(cursor: Cursor, low: number): number {
    let start = low;
    let end = this.#live;
    while (start < end) {
      const middle = (start + end) >>> 1;
      if (this.#comesBefore(this.#order[middle]!, cursor)) start = middle + 1;
      else end = middle;
    }
    return start;
  }

  #comesBefore(a: Cursor, b: Cursor): boolean {
    const order = compareEntries(a, b);
    assert(order !== 0, "a version of a key is in one place only");
    return order < 0 === this.#isForward;
  }
}

async function throwAfter(pendings: readonly Promise<void>[], error: unknown): Promise<void> {
  await Promise.allSettled(pendings);
  throw error;
}
