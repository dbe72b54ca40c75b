import type { MaybePromise } from "../../store/index.js";
import type { LogIndex } from "../types.js";

/** How long the keys and values of a state may be. */
export interface StateLimits {
  readonly keyBytes: number;
  readonly valueBytes: number;
}

/** A state that can be read. */
export interface StateReader {
  readonly limits: StateLimits;
  /** A key that is longer than the limit is never there. The bytes belong to the caller. */
  get(key: Uint8Array): MaybePromise<Uint8Array | undefined>;
}

/** The state while a command is applied: with what it, and every command before it, has changed. */
export interface StateView extends StateReader {
  /** The arrays are kept: not to be changed any more. Both must be within the limits. */
  put(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
}

/**
 * What an application does with commands and queries. Deterministic, as a `StateMachine`: results and changes
 * follow from the command and the state alone. It never throws for what it was sent, and lets through what the
 * state throws. A result is at most 64 bytes longer than `limits.valueBytes`.
 */
export interface StoreRules {
  apply(command: Uint8Array, state: StateView, index: LogIndex): MaybePromise<Uint8Array>;
  query(query: Uint8Array, state: StateReader): MaybePromise<Uint8Array>;
}
