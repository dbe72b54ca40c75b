/** What Raft replicates. */
import type { MaybePromise } from "../store/index.js";
import type { LogIndex, LogPosition } from "./types.js";

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

/** What a state is of: all entries up to a place in the log, and the digest of what was applied up to there. */
export interface Applied extends LogPosition {
  readonly digest: number;
}

/** Of a machine that has applied nothing. */
export const NOTHING_APPLIED: Applied = { index: 0, term: 0, digest: 0 };

/**
 * A state machine whose state is on a disk and stays there. What a command changes becomes durable in one piece
 * with the place in the log that the state is of (etcd's v3.5 lost data by keeping the two apart), so a server
 * that starts again goes on from that place, wherever a crash left it.
 *
 * It may lag behind what it was told: the log and the latest snapshot hold all that its disk does not. So its
 * writes need no sync of their own, and a disk that is damaged costs nothing but the time to build it anew.
 *
 * Calls but `query` come one at a time: a promise that was given settles before the next call. A rejection
 * means that the disk failed, or is damaged: nothing was answered then that is not so. The server stops, and
 * opens another machine later on the same disk, which begins anew where that is damaged.
 */
export interface DurableMachine {
  /** To be called first, once. What the state on the disk is of; `NOTHING_APPLIED` also where that is not whole. */
  open(): Promise<Applied>;
  /**
   * Applies the command of entry `index` and gives its result. Queries and snapshots may or may not show it
   * before the next `seal`.
   */
  apply(command: Uint8Array, index: LogIndex): MaybePromise<Uint8Array>;
  /** Whether so much is unsealed that it should be sealed before more is applied. */
  readonly isFull: boolean;
  /** All that was applied is the state of `at` from now on, on the disk too: all of it or nothing. */
  seal(at: Applied): Promise<void>;
  /** Answers a query from a state that is not older than the last seal, and changes nothing. */
  query(query: Uint8Array): MaybePromise<Uint8Array>;
  /** The state as of the last seal, with nothing applied since. Later commands don't change what it gives. */
  snapshot(): StateStream;
  /**
   * Replaces the state by what the chunks hold, or by that of a machine that has applied nothing; `seal` comes
   * next. Queries see the old state until then, and a crash before then leaves the old state or none. Rejects
   * with a `SeedstormError` where the chunks make no sense.
   */
  restore(chunks: readonly Uint8Array[] | undefined): Promise<void>;
  /** Ends it behind the calls so far. */
  close(): Promise<void>;
}

/** A state in chunks of best some tens of KiB, read as they are asked for. To be iterated once, and closed. */
export interface StateStream extends AsyncIterable<Uint8Array> {
  /** Gives back what it holds. A second close has no effect. */
  close(): void;
}

export function isDurable(machine: StateMachine | DurableMachine): machine is DurableMachine {
  return "seal" in machine;
}
