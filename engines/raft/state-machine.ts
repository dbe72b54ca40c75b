/** What Raft replicates. */
import type { LogIndex } from "./types.js";

/**
 * A deterministic state machine: the same commands in the same order give the same state and the same results
 * on every server. `apply` must not throw; what a command does wrong is part of its result.
 */
export interface StateMachine {
  /** Applies the command of entry `index` and gives its result. The bytes are shared: not to be changed. */
  apply(command: Uint8Array, index: LogIndex): Uint8Array;
  /** Answers a query from the state as it is now, and changes nothing. */
  query(query: Uint8Array): Uint8Array;
  /** The state as of now, in chunks of best some tens of KiB. Later commands don't change what was given. */
  snapshot(): readonly Uint8Array[];
  /** Replaces the state by what the chunks hold. Throws a `SeedstormError` where they make no sense. */
  restore(chunks: readonly Uint8Array[]): void;
}
