/** What has begun and is not over, at one moment of the just-in-time search, and where rows keep track of it. */
import { UPDATES, type Layout } from "./configurations.js";
import type { Machine } from "./machine.js";
import { isCrashed, type Partition } from "./partition.js";

const WORD_SHIFT = 5;
const WORD_BITS = 32;

/** Slots that operations hold from invocation to answer, each with one bit in a row. */
export class Slots {
  readonly #firstWord: number;
  readonly #operations: number[] = [];
  readonly #free: number[] = [];
  /** Slots in use, in the order in which they were taken. */
  readonly active: number[] = [];

  constructor(firstWord: number) {
    this.#firstWord = firstWord;
  }

  wordOf(slot: number): number {
    return this.#firstWord + (slot >>> WORD_SHIFT);
  }

  bitOf(slot: number): number {
    return 1 << (slot & (WORD_BITS - 1));
  }

  operationAt(slot: number): number {
    return this.#operations[slot]!;
  }

  take(operation: number): number {
    const slot = this.#free.pop() ?? this.#operations.length;
    this.#operations[slot] = operation;
    this.active.push(slot);
    return slot;
  }

  release(slot: number): void {
    this.active.splice(this.active.indexOf(slot), 1);
    this.#free.push(slot);
  }
}

/** Counts, in a row, the used ones among the crashed operations of a class. */
export class CrashedCounter {
  readonly operationClass: number;
  /** The operations of the class that began so far, in that order. */
  readonly operations: number[] = [];
  readonly #word: number;
  readonly #shift: number;
  readonly #mask: number;

  constructor(operationClass: number, word: number, shift: number, mask: number) {
    this.operationClass = operationClass;
    this.#word = word;
    this.#shift = shift;
    this.#mask = mask;
  }

  /** True where the row has used all that began so far. */
  isUsedUp(row: Int32Array): boolean {
    return ((row[this.#word]! >>> this.#shift) & this.#mask) === this.operations.length;
  }

  use(row: Int32Array): void {
    row[this.#word]! += 1 << this.#shift;
  }
}

/** The most operations of a kind (1: observations, 0: updates) that are pending at once. */
function mostPending(part: Partition<unknown, unknown>, machine: Machine, kind: number): number {
  let pending = 0;
  let most = 0;
  for (const event of part.events) {
    const operation = event < 0 ? ~event : event;
    if (isCrashed(part, operation) || machine.observes[machine.classOf[operation]!] !== kind) continue;
    pending += event < 0 ? -1 : 1;
    most = Math.max(most, pending);
  }
  return most;
}

function wordsFor(bits: number): number {
  return (bits + WORD_BITS - 1) >>> WORD_SHIFT;
}

export class Pending {
  readonly layout: Layout;
  readonly updates: Slots;
  readonly waiting: Slots;
  readonly crashed: CrashedCounter[] = [];
  readonly #counterOf = new Map<number, CrashedCounter>();
  readonly #part: Partition<unknown, unknown>;
  readonly #machine: Machine;
  /** By operation: its slot, while it has one. */
  readonly #slots: Int32Array;
  /** By class: how many updates of it hold a slot. */
  readonly #byClass: Int32Array;

  constructor(part: Partition<unknown, unknown>, machine: Machine) {
    this.#part = part;
    this.#machine = machine;
    this.#slots = new Int32Array(part.operations.length).fill(-1);
    this.#byClass = new Int32Array(machine.classCount);
    const updateWords = wordsFor(mostPending(part, machine, 0));
    const waitingWords = wordsFor(mostPending(part, machine, 1));
    this.updates = new Slots(UPDATES);
    this.waiting = new Slots(UPDATES + updateWords);
    const crashedSpares = this.#placeCounters(UPDATES + updateWords + waitingWords);
    this.layout = { updateWords, waitingWords, crashedSpares };
  }

  /** The operation began. Gives its slot, -1 where it is open to the end and has none. */
  add(operation: number): number {
    const operationClass = this.#machine.classOf[operation]!;
    if (isCrashed(this.#part, operation)) {
      this.#counterOf.get(operationClass)!.operations.push(operation);
      return -1;
    }
    const observes = this.#machine.observes[operationClass] === 1;
    if (!observes) this.#byClass[operationClass]! += 1;
    const slot = (observes ? this.waiting : this.updates).take(operation);
    this.#slots[operation] = slot;
    return slot;
  }

  /** The operation is over and done in every row. */
  remove(operation: number): void {
    const operationClass = this.#machine.classOf[operation]!;
    const observes = this.#machine.observes[operationClass] === 1;
    if (!observes) this.#byClass[operationClass]! -= 1;
    (observes ? this.waiting : this.updates).release(this.#slots[operation]!);
  }

  slotOf(operation: number): number {
    return this.#slots[operation]!;
  }

  isDone(row: Int32Array, slot: number): boolean {
    return (row[this.updates.wordOf(slot)]! & this.updates.bitOf(slot)) !== 0;
  }

  /** True where the row may still take an update of this class that is not crashed and must end by `before`. */
  hasTwin(row: Int32Array, operationClass: number, before: number): boolean {
    if (this.#byClass[operationClass] === 0) return false;
    return this.updates.active.some((slot) => {
      const operation = this.updates.operationAt(slot);
      return (
        this.#machine.classOf[operation] === operationClass &&
        this.#part.answeredAt[operation]! < before &&
        !this.isDone(row, slot)
      );
    });
  }

  /** True where the row may still take something that helps the need. */
  hasHelp(row: Int32Array, need: number): boolean {
    const { classOf } = this.#machine;
    return (
      this.updates.active.some(
        (slot) =>
          !this.isDone(row, slot) && this.#machine.helps(classOf[this.updates.operationAt(slot)]!, need),
      ) ||
      this.crashed.some(
        (counter) => !counter.isUsedUp(row) && this.#machine.helps(counter.operationClass, need),
      )
    );
  }

  /** Puts operations in the place of crashed classes (complements): those that began first come first. */
  nameCrashed(steps: readonly number[]): number[] {
    const used = new Map<number, number>();
    return steps.map((step) => {
      if (step >= 0) return step;
      const nth = used.get(~step) ?? 0;
      used.set(~step, nth + 1);
      return this.#counterOf.get(~step)!.operations[nth]!;
    });
  }

  /** Packs the counters into words; gives the spare bits of each word. */
  #placeCounters(firstWord: number): Int32Array {
    const totals = new Map<number, number>();
    this.#machine.classOf.forEach((operationClass, operation) => {
      if (isCrashed(this.#part, operation)) totals.set(operationClass, (totals.get(operationClass) ?? 0) + 1);
    });
    const spares: number[] = [];
    let shift = WORD_BITS;
    for (const [operationClass, total] of totals) {
      const bits = WORD_BITS - Math.clz32(total);
      if (shift + bits + 1 > WORD_BITS) {
        spares.push(0);
        shift = 0;
      }
      const mask = (1 << bits) - 1;
      const counter = new CrashedCounter(operationClass, firstWord + spares.length - 1, shift, mask);
      this.crashed.push(counter);
      this.#counterOf.set(operationClass, counter);
      spares[spares.length - 1]! |= 1 << (shift + bits);
      shift += bits + 1;
    }
    return Int32Array.from(spares);
  }
}
