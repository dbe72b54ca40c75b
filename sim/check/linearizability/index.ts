/**
 * Is a history of client operations linearizable (Herlihy and Wing, 1990)?
 *
 * What lives here: models of objects (`registerModel`, `keyValueModel`, or one's own: plain pure functions),
 * the checker over them, and the explanation of a violation. Inside: a linear-time test for registers whose
 * values are unique (`zones.ts`), and a search for all else (`just-in-time.ts`).
 *
 * What it promises: a verdict that is right and depends on the history and the step budget only; a history
 * that is too hard gives `undecided`, never a guess; a violation comes with the longest linearizable prefix,
 * the operation that fits nowhere and the state it met. What it does not: know operations on several keys at
 * once (give them one key), check weaker orders than linearizability, or whether operations end.
 */
export { checkLinearizable, DEFAULT_STEP_BUDGET, type CheckOptions, type Verdict } from "./check.js";
export { describeExplanation, type Explanation } from "./explanation.js";
export type { Key, Model, Role } from "./model.js";
export {
  appendTo,
  assign,
  exchange,
  observe,
  observeOther,
  valueModel,
  type Action,
  type Value,
  type ValueModel,
  type ValueModelParts,
} from "./action.js";
export {
  MISMATCH,
  registerModel,
  type RegisterInput,
  type RegisterOperation,
  type ValueOutput,
} from "./register.js";
export { keyValueModel, type KeyValueInput, type KeyValueOperation } from "./key-value.js";
