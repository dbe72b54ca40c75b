/** What a checker must know of an object: plain pure functions, in the manner of Porcupine's models. */
import type { Operation } from "../history.js";
import type { Action } from "./action.js";

/** What keys a state, a kind of operation, or a partition. Compared as a Map compares its keys. */
export type Key = string | number | null;

/**
 * What an operation is to the order that is looked for:
 * - `update`: it may change the state;
 * - `observation`: it changes nothing, but its answer fits some states only;
 * - `nothing`: it fits everywhere (it certainly failed, or it is a read that nobody answered), and is left out.
 */
export type Role = "update" | "observation" | "nothing";

/**
 * A sequential object. All functions are pure. None sees `undefined` as a state: that is how `step` refuses.
 *
 * The outcome of an operation says how binding it is. `ok`: it took effect between its invocation and its
 * answer. `failed`: it had no effect; by `roleOf` it may still be an observation (a compare-and-set that did
 * not match). `unknown` and `open`: it may take effect at any time from its invocation on, or never.
 */
export interface Model<State, Input, Output> {
  readonly name: string;
  readonly initial: State;
  /** A history is linearizable if and only if the part of each key is. One constant: not to be partitioned. */
  keyOf(input: Input): Key;
  roleOf(operation: Operation<Input, Output>): Role;
  /** The state after the operation took effect in `state`; undefined where it can't, with that answer. */
  step(state: State, operation: Operation<Input, Output>): State | undefined;
  /** Equal if and only if the states are. Should be cheap. */
  stateKey(state: State): Key;
  /** Equal only for operations that have the same role and `step` alike: they are then interchangeable. */
  operationKey(operation: Operation<Input, Output>): Key;
  /** A few words, such as `write 3`. */
  describe(operation: Operation<Input, Output>): string;
  describeState(state: State): string;
  /**
   * Only where a state is one value and every operation is a guard and an effect upon it: gives these, in
   * agreement with the functions above. It unlocks the fast paths.
   */
  actionOf?(operation: Operation<Input, Output>): Action | undefined;
}
