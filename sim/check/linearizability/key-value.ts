/** A key-value store, checked key by key: get, put, append, compare-and-set, delete. */
import type { Operation } from "../history.js";
import {
  ANY,
  DIFFERS,
  SET,
  appendTo,
  assign,
  observe,
  valueModel,
  type Action,
  type Value,
  type ValueModel,
} from "./action.js";
import { compareAndSet, describeAnswer, read, type ValueOutput } from "./register.js";

export type KeyValueInput =
  | { readonly op: "get"; readonly key: string }
  | { readonly op: "put"; readonly key: string; readonly value: Value }
  | { readonly op: "append"; readonly key: string; readonly value: string }
  | { readonly op: "cas"; readonly key: string; readonly from: Value; readonly to: Value }
  | { readonly op: "delete"; readonly key: string };

/** An answered delete's output is true or false where the store says whether the key was there. */
export type KeyValueOperation = Operation<KeyValueInput, ValueOutput>;

function deleted(operation: KeyValueOperation, absent: Value): Action {
  if (operation.outcome === "ok" && operation.output === false) return observe(absent);
  const existed = operation.outcome === "ok" && operation.output === true;
  return { guard: existed ? DIFFERS : ANY, expected: existed ? absent : null, effect: SET, operand: absent };
}

function describeInput(input: KeyValueInput): string {
  if (input.op === "get" || input.op === "delete") return input.op;
  if (input.op === "cas") return `cas ${JSON.stringify(input.from)} to ${JSON.stringify(input.to)}`;
  return `${input.op} ${JSON.stringify(input.value)}`;
}

function describe(operation: KeyValueOperation): string {
  return `${describeInput(operation.input)} -> ${describeAnswer(operation)}`;
}

/** A store whose `get` of an absent key answers `absent`: null, or "" where absent and empty are one. */
export function keyValueModel(absent: null | "" = null): ValueModel<KeyValueInput, ValueOutput> {
  const actionOf = (operation: KeyValueOperation): Action | undefined => {
    const { input, outcome } = operation;
    if (input.op === "get") return read(operation);
    if (input.op === "cas") return compareAndSet(operation, input.from, input.to);
    if (outcome === "failed") return undefined;
    if (input.op === "put") return assign(input.value);
    return input.op === "append" ? appendTo(input.value) : deleted(operation, absent);
  };
  return valueModel({ name: "kv", initial: absent, keyOf: (input) => input.key, actionOf, describe });
}
