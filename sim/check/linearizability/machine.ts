/**
 * A model over the operations of one partition, in integers: states are numbered as they appear, operations
 * that step alike share a class, and a step is looked up before it is computed.
 */
import type { Key, Model } from "./model.js";
import type { Partition } from "./partition.js";

/** What the just-in-time search asks for. `now` is the rank of the event that it stands at. */
export interface Machine {
  readonly initial: number;
  /** By operation: its class. */
  readonly classOf: Int32Array;
  readonly classCount: number;
  /** By class: 1 where it never changes the state. */
  readonly observes: Uint8Array;
  /** The next state, or -1 where the class can't step from this one. */
  step(state: number, operationClass: number): number;
  /** One state for all those that nothing which is not over by `now` can tell from `state`. */
  settle(state: number, now: number): number;
  /** After a step at `now`: what must still come about in some way or all is lost; -1 where nothing is known. */
  needAfter(from: number, to: number, now: number): number;
  /** True where an operation of this class may be the way in which the need comes about. */
  helps(operationClass: number, need: number): boolean;
  /** True where it takes effect in every state and leaves no trace of the state before. */
  overwrites(operationClass: number): boolean;
  /** True where it does so and nothing which is not over by `now` can tell that it ever happened. */
  vanishes(operationClass: number, now: number): boolean;
}

/** Numbers the classes of operations by key. */
export function classify(
  count: number,
  keyOf: (operation: number) => Key,
): { classOf: Int32Array; first: number[] } {
  const classOf = new Int32Array(count);
  const classes = new Map<Key, number>();
  const first: number[] = [];
  for (let i = 0; i < count; i++) {
    const key = keyOf(i);
    let known = classes.get(key);
    if (known === undefined) {
      known = first.push(i) - 1;
      classes.set(key, known);
    }
    classOf[i] = known;
  }
  return { classOf, first };
}

/** Any model. Knows nothing of what its states are, so it can foresee nothing. */
export class ModelMachine<State, Input, Output> implements Machine {
  readonly initial: number;
  readonly classOf: Int32Array;
  readonly classCount: number;
  readonly observes: Uint8Array;
  readonly #model: Model<State, Input, Output>;
  readonly #part: Partition<Input, Output>;
  /** By class: one operation of it. */
  readonly #first: readonly number[];
  readonly #numbers = new Map<Key, number>();
  readonly #states: State[] = [];
  /** By state and class: the step. */
  readonly #steps = new Map<number, number>();

  constructor(model: Model<State, Input, Output>, part: Partition<Input, Output>) {
    const { operations } = part;
    this.#model = model;
    this.#part = part;
    const { classOf, first } = classify(operations.length, (i) => model.operationKey(operations[i]!));
    this.classOf = classOf;
    this.classCount = first.length;
    this.#first = first;
    this.observes = Uint8Array.from(first, (i) => (model.roleOf(operations[i]!) === "observation" ? 1 : 0));
    this.initial = this.#numberOf(model.initial);
  }

  step(state: number, operationClass: number): number {
    const at = state * this.classCount + operationClass;
    const known = this.#steps.get(at);
    if (known !== undefined) return known;
    const operation = this.#part.operations[this.#first[operationClass]!]!;
    const next = this.#model.step(this.#states[state]!, operation);
    const number = next === undefined ? -1 : this.#numberOf(next);
    this.#steps.set(at, number);
    return number;
  }

  settle(state: number): number {
    return state;
  }

  needAfter(): number {
    return -1;
  }

  helps(): boolean {
    return true;
  }

  overwrites(): boolean {
    return false;
  }

  vanishes(): boolean {
    return false;
  }

  #numberOf(state: State): number {
    const key = this.#model.stateKey(state);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#states.length);
    return this.#states.push(state) - 1;
  }
}
