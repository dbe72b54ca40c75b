/** The actions of one partition in columns of small integers: values are numbered, 0 stands for any other. */
import type { Action, Value, ValueModel } from "./action.js";
import type { Partition } from "./partition.js";

/** The number of a value that no operation names. */
export const OTHER = 0;

/** Numbers values from 1. */
export class ValueNumbers {
  readonly #ids = new Map<Value, number>();
  readonly #values: Value[] = [null];

  /** Numbers given so far, `OTHER` among them. */
  get count(): number {
    return this.#values.length;
  }

  numberOf(value: Value): number {
    const known = this.#ids.get(value);
    if (known !== undefined) return known;
    this.#ids.set(value, this.#values.length);
    return this.#values.push(value) - 1;
  }

  valueOf(id: number): Value {
    return this.#values[id]!;
  }
}

/** By operation: its action. `expected` and `operand` are numbers of values. */
export interface ValueOperations {
  readonly numbers: ValueNumbers;
  readonly initial: number;
  readonly guard: Uint8Array;
  readonly expected: Int32Array;
  readonly effect: Uint8Array;
  readonly operand: Int32Array;
}

export function valueOperations<Input, Output>(
  model: ValueModel<Input, Output>,
  part: Partition<Input, Output>,
): ValueOperations {
  const numbers = new ValueNumbers();
  const count = part.operations.length;
  const guard = new Uint8Array(count);
  const expected = new Int32Array(count);
  const effect = new Uint8Array(count);
  const operand = new Int32Array(count);
  const initial = numbers.numberOf(model.initial);
  for (let i = 0; i < count; i++) {
    const action = model.actionOf(part.operations[i]!) as Action;
    guard[i] = action.guard;
    expected[i] = numbers.numberOf(action.expected);
    effect[i] = action.effect;
    operand[i] = numbers.numberOf(action.operand);
  }
  return { numbers, initial, guard, expected, effect, operand };
}
