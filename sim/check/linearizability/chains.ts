/**
 * The operations of one value grouped into chains: runs of operations that nothing else may interrupt.
 *
 * Where each observed value has one writer, its readers stand right behind that writer. A compare-and-set that
 * matched ends the stretch of one value and begins that of the next, so it welds the two together.
 */
import { ANY, APPEND, DIFFERS, EQUALS, KEEP, SET } from "./action.js";
import { NEVER, type Partition } from "./partition.js";
import type { ValueOperations } from "./values.js";

/** No operation. */
const NONE = -1;
/** Several writers of one value. */
const SEVERAL = -2;
/** The value that was there at first. */
const START = -3;

export interface Chain {
  /** Where its operations lie in `Chains.sequence`. */
  readonly from: number;
  readonly to: number;
  /** When the first of its operations had ended. */
  readonly firstEnd: number;
  /** When the last of its operations began. */
  readonly lastStart: number;
}

/** Its value stood over a stretch of time: an operation of it had ended when another began. */
export function isForward({ firstEnd, lastStart }: Chain): boolean {
  return firstEnd < lastStart;
}

export interface Chains {
  /** That of the initial value first. */
  readonly chains: readonly Chain[];
  /** The operations of all chains, chain by chain, each in the order in which they must take effect. */
  readonly sequence: Int32Array;
}

/** `undecided`: an observed value has several writers. */
export type ChainsOutcome = Chains | "violation" | "undecided";

/** True where every action is one that chains can hold or that `placeObservations` can place. */
export function chainable({ guard, effect }: ValueOperations): boolean {
  for (let i = 0; i < guard.length; i++) {
    if (effect[i] === APPEND || (guard[i] === DIFFERS && effect[i] === SET)) return false;
  }
  return true;
}

export class ChainBuilder {
  readonly #part: Partition<unknown, unknown>;
  readonly #actions: ValueOperations;
  /** By value: its writer. */
  readonly #writers: Int32Array;
  /** By value: 1 where somebody saw it. */
  readonly #seen: Uint8Array;
  /** By operation: 1 where it must have taken effect. */
  readonly #took: Uint8Array;
  /** By value: the compare-and-set that took it away. */
  readonly #leaving: Int32Array;
  /** By value: where its readers begin in `#readers`. */
  readonly #readersFrom: Int32Array;
  #readers: Int32Array = new Int32Array(0);
  readonly #chains: Chain[] = [];
  readonly #sequence: Int32Array;
  #length = 0;
  #firstEnd = NEVER;
  #lastStart = NONE;

  constructor(part: Partition<unknown, unknown>, actions: ValueOperations) {
    const count = part.operations.length;
    const values = actions.numbers.count;
    this.#part = part;
    this.#actions = actions;
    this.#writers = new Int32Array(values).fill(NONE);
    this.#seen = new Uint8Array(values);
    this.#took = new Uint8Array(count);
    this.#leaving = new Int32Array(values).fill(NONE);
    this.#readersFrom = new Int32Array(values + 1);
    this.#sequence = new Int32Array(count);
  }

  build(): ChainsOutcome {
    this.#findWriters();
    const found = this.#findWhatTookEffect();
    if (found !== "possible") return found;
    this.#findReaders();
    const { guard } = this.#actions;
    let possible = this.#weld(START);
    for (let i = 0; i < guard.length && possible; i++) {
      if (guard[i] === ANY && this.#took[i] === 1) possible = this.#weld(i);
    }
    // What no chain reached waits, in a circle, for a value that only itself could bring about; or it took a
    // value away that another had taken.
    const reached = this.#length === this.#tookCount();
    if (!possible || !reached) return "violation";
    return { chains: this.#chains, sequence: this.#sequence.subarray(0, this.#length) };
  }

  #endOf(operation: number): number {
    return this.#part.answeredAt[operation]!;
  }

  #findWriters(): void {
    const { effect, operand, initial } = this.#actions;
    this.#writers[initial] = START;
    for (let i = 0; i < effect.length; i++) {
      const value = operand[i]!;
      if (effect[i] === SET) this.#writers[value] = this.#writers[value] === NONE ? i : SEVERAL;
    }
  }

  /** Marks what was answered, and what was not but must have happened for the answers to be right. */
  #findWhatTookEffect(): "possible" | "violation" | "undecided" {
    const { guard, expected } = this.#actions;
    let possible = true;
    for (let i = 0; i < guard.length; i++) {
      if (this.#endOf(i) === NEVER || guard[i] === DIFFERS) continue;
      this.#took[i] = 1;
      for (let at = i; guard[at] === EQUALS;) {
        const value = expected[at]!;
        const writer = this.#writers[value]!;
        if (writer === SEVERAL) return "undecided";
        if (this.#seen[value] === 1) break;
        this.#seen[value] = 1;
        if (writer === START) break;
        if (writer === NONE) {
          possible = false;
          break;
        }
        if (this.#took[writer] === 1) break;
        this.#took[writer] = 1;
        at = writer;
      }
    }
    return possible ? "possible" : "violation";
  }

  /** Lists readers by value, and what took it away: of several that did, no chain will reach but the last. */
  #findReaders(): void {
    const { guard, expected, effect } = this.#actions;
    const from = this.#readersFrom;
    for (let i = 0; i < guard.length; i++) {
      if (this.#took[i] === 0 || guard[i] !== EQUALS) continue;
      const value = expected[i]!;
      if (effect[i] === KEEP) {
        from[value + 1]! += 1;
      } else {
        this.#leaving[value] = i;
      }
    }
    for (let value = 1; value < from.length; value++) from[value]! += from[value - 1]!;
    const next = from.slice();
    this.#readers = new Int32Array(from[from.length - 1]!);
    for (let i = 0; i < guard.length; i++) {
      if (this.#took[i] === 0 || guard[i] !== EQUALS || effect[i] !== KEEP) continue;
      this.#readers[next[expected[i]!]!++] = i;
    }
  }

  /** Follows one chain from its first writer. False where its inner order is against that of real time. */
  #weld(first: number): boolean {
    const { operand, initial } = this.#actions;
    const from = this.#length;
    this.#firstEnd = first === START ? -1 : NEVER;
    this.#lastStart = NONE;
    let value = first === START ? initial : operand[first]!;
    if (first !== START) this.#add(first);
    for (;;) {
      if (this.#seen[value] === 0) break;
      if (!this.#addReaders(value)) return false;
      const leaving = this.#leaving[value]!;
      if (leaving === NONE) break;
      if (this.#endOf(leaving) < this.#lastStart) return false;
      this.#add(leaving);
      value = operand[leaving]!;
    }
    this.#chains.push({ from, to: this.#length, firstEnd: this.#firstEnd, lastStart: this.#lastStart });
    return true;
  }

  /** False where a reader of the value ended before something began that comes earlier in the chain. */
  #addReaders(value: number): boolean {
    const to = this.#readersFrom[value + 1]!;
    const before = this.#lastStart;
    for (let at = this.#readersFrom[value]!; at < to; at++) {
      const reader = this.#readers[at]!;
      if (this.#endOf(reader) < before) return false;
      this.#add(reader);
    }
    return true;
  }

  #add(operation: number): void {
    this.#sequence[this.#length++] = operation;
    const start = this.#part.invokedAt[operation]!;
    if (start > this.#lastStart) this.#lastStart = start;
    const end = this.#endOf(operation);
    if (end < this.#firstEnd) this.#firstEnd = end;
  }

  #tookCount(): number {
    let count = 0;
    for (const took of this.#took) count += took;
    return count;
  }
}
