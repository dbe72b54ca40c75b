/**
 * Values under actions. As all that an action can see of a value is known, this machine foresees: which values
 * nobody will look at any more, and which must come back.
 */
import { ANY, APPEND, DIFFERS, EQUALS, KEEP, SET } from "./action.js";
import { Growth } from "./growth.js";
import { classify, type Machine } from "./machine.js";
import { NEVER, type Partition } from "./partition.js";
import { OTHER, type ValueOperations } from "./values.js";

/** Never, looking back. */
const NOT_YET = -1;

export class ValueMachine implements Machine {
  readonly initial: number;
  readonly classOf: Int32Array;
  readonly classCount: number;
  readonly observes: Uint8Array;
  readonly #guard: Uint8Array;
  readonly #expected: Int32Array;
  readonly #effect: Uint8Array;
  readonly #operand: Int32Array;
  /** By value: when the last guard is over that names it. */
  readonly #lastLook: Int32Array;
  /** By value: when the last answered operation began that met exactly it. */
  readonly #lastDemand: Int32Array;
  /** By value: when the last operation began that sets it. */
  readonly #lastSupply: Int32Array;
  /** When the last guard is over that asks for any other value. */
  #lastDiffers = NOT_YET;
  /** Undefined where nothing appends. */
  readonly #growth: Growth | undefined;

  constructor(part: Partition<unknown, unknown>, actions: ValueOperations) {
    const { guard, expected, effect, operand, numbers } = actions;
    this.initial = actions.initial;
    const values = numbers.count;
    this.#lastLook = new Int32Array(values).fill(NOT_YET);
    this.#lastDemand = this.#lastLook.slice();
    this.#lastSupply = this.#lastLook.slice();
    this.#lookAhead(part, actions);
    this.#growth = effect.includes(APPEND) ? new Growth(part, actions, this.#lastLook) : undefined;
    // What nobody ever looks at is one value: so writes of such values are of one class.
    const left = operand.map((value, i) => (effect[i] === SET ? this.settle(value, 0) : value));
    const { classOf, first } = classify(
      guard.length,
      (i) => ((guard[i]! * 3 + effect[i]!) * values + expected[i]!) * values + left[i]!,
    );
    this.classOf = classOf;
    this.classCount = first.length;
    this.#guard = new Uint8Array(first.length);
    this.#expected = new Int32Array(first.length);
    this.#effect = new Uint8Array(first.length);
    this.#operand = new Int32Array(first.length);
    this.observes = new Uint8Array(first.length);
    first.forEach((i, operationClass) => {
      this.#guard[operationClass] = guard[i]!;
      this.#expected[operationClass] = expected[i]!;
      this.#effect[operationClass] = effect[i]!;
      this.#operand[operationClass] = left[i]!;
      this.observes[operationClass] = effect[i] === KEEP ? 1 : 0;
    });
  }

  step(state: number, operationClass: number): number {
    const guard = this.#guard[operationClass]!;
    if (guard === EQUALS && state !== this.#expected[operationClass]) return -1;
    if (guard === DIFFERS && state === this.#expected[operationClass]) return -1;
    const effect = this.#effect[operationClass]!;
    if (effect === KEEP) return state;
    const operand = this.#operand[operationClass]!;
    return effect === SET ? operand : this.#growth!.append(state, operand);
  }

  settle(state: number, now: number): number {
    const lastLook = this.#growth === undefined ? this.#lastLook[state]! : this.#growth.lastLookOf(state);
    return lastLook < now ? OTHER : state;
  }

  needAfter(from: number, to: number, now: number): number {
    if (from === to) return -1;
    if (this.#growth !== undefined) return this.#growth.needAfter(to, now);
    return this.#lastDemand[from]! > now && this.#lastSupply[from]! < now ? from : -1;
  }

  helps(operationClass: number, need: number): boolean {
    if (this.#effect[operationClass] !== SET) return false;
    return this.#growth !== undefined || this.#operand[operationClass] === need;
  }

  overwrites(operationClass: number): boolean {
    return this.#guard[operationClass] === ANY && this.#effect[operationClass] === SET;
  }

  vanishes(operationClass: number, now: number): boolean {
    return (
      this.#lastDiffers < now &&
      this.overwrites(operationClass) &&
      this.settle(this.#operand[operationClass]!, now) === OTHER
    );
  }

  #lookAhead(part: Partition<unknown, unknown>, actions: ValueOperations): void {
    const { guard, expected, effect, operand } = actions;
    for (let i = 0; i < guard.length; i++) {
      const begin = part.invokedAt[i]!;
      const end = part.answeredAt[i]!;
      if (guard[i] !== ANY) {
        const value = expected[i]!;
        this.#lastLook[value] = Math.max(this.#lastLook[value]!, end);
        if (guard[i] === EQUALS && end !== NEVER) this.#lastDemand[value] = begin;
        if (guard[i] === DIFFERS) this.#lastDiffers = Math.max(this.#lastDiffers, end);
      }
      if (effect[i] === SET) this.#lastSupply[operand[i]!] = begin;
    }
  }
}
