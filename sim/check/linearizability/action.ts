/**
 * Operations on one value as a guard and an effect: what registers and the keys of a key-value store have in
 * common, and all that the fast paths look at.
 */
import type { Operation } from "../history.js";
import type { Key, Model } from "./model.js";

/** A value of a register or a key. Compared by `===`: 1 and "1" are two. */
export type Value = string | number | null;

/** What an action asks of the value it meets. */
export const ANY = 0;
export const EQUALS = 1;
export const DIFFERS = 2;
export type Guard = typeof ANY | typeof EQUALS | typeof DIFFERS;

/** What it does to the value. */
export const KEEP = 0;
export const SET = 1;
export const APPEND = 2;
export type Effect = typeof KEEP | typeof SET | typeof APPEND;

export interface Action {
  readonly guard: Guard;
  /** What the guard compares with; null under `ANY`. */
  readonly expected: Value;
  readonly effect: Effect;
  /** What is set or appended; null under `KEEP`. */
  readonly operand: Value;
}

export function observe(value: Value): Action {
  return { guard: EQUALS, expected: value, effect: KEEP, operand: null };
}

export function observeOther(value: Value): Action {
  return { guard: DIFFERS, expected: value, effect: KEEP, operand: null };
}

export function assign(value: Value): Action {
  return { guard: ANY, expected: null, effect: SET, operand: value };
}

export function exchange(from: Value, to: Value): Action {
  return { guard: EQUALS, expected: from, effect: SET, operand: to };
}

export function appendTo(suffix: string): Action {
  return { guard: ANY, expected: null, effect: APPEND, operand: suffix };
}

/** The text that an append lengthens: an absent value counts as empty. */
export function textOf(value: Value): string {
  return value === null ? "" : String(value);
}

/** The value after the action; undefined where its guard refuses. */
export function applyAction(value: Value, action: Action): Value | undefined {
  if (action.guard === EQUALS && value !== action.expected) return undefined;
  if (action.guard === DIFFERS && value === action.expected) return undefined;
  if (action.effect === KEEP) return value;
  return action.effect === SET ? action.operand : textOf(value) + textOf(action.operand);
}

export type ValueModel<Input, Output> = Model<Value, Input, Output> &
  Required<Pick<Model<Value, Input, Output>, "actionOf">>;

/** What tells one object of a single value from another. */
export interface ValueModelParts<Input, Output> {
  readonly name: string;
  readonly initial: Value;
  keyOf(input: Input): Key;
  /** Undefined for an operation that says nothing. */
  actionOf(operation: Operation<Input, Output>): Action | undefined;
  describe(operation: Operation<Input, Output>): string;
}

/** A model out of a translation into actions. */
export function valueModel<Input, Output>(parts: ValueModelParts<Input, Output>): ValueModel<Input, Output> {
  return {
    ...parts,
    roleOf: (operation) => {
      const action = parts.actionOf(operation);
      if (action === undefined) return "nothing";
      return action.effect === KEEP ? "observation" : "update";
    },
    step: (state, operation) => {
      const action = parts.actionOf(operation);
      return action === undefined ? state : applyAction(state, action);
    },
    stateKey: (state) => state,
    operationKey: (operation) => JSON.stringify(parts.actionOf(operation)),
    describeState: (state) => JSON.stringify(state),
  };
}
