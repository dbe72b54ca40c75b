/**
 * The one seam between an engine and the outside world.
 *
 * What lives here: the interfaces `Env`, `Clock`, `Disk`, `File`, `Network` and `Random` that every engine is
 * written against, the typed errors that cross them, and in `node/` the implementation over real files and
 * real time. The simulator implements the same interfaces in `sim/`.
 *
 * What it promises: one contract suite (`test/engines/env/contract.ts`) holds both implementations to what
 * the comments here say. What it does not: nothing here knows that a simulator exists.
 *
 * All times are integer microseconds, all sizes and offsets are bytes.
 */

export { AssertionFailed, assert, assertDurationUs, unreachable } from "./assert.js";
export {
  DirectoryInUse,
  DiskError,
  SeedstormError,
  isDiskError,
  isDiskFull,
  type DiskErrorCode,
  type ErrorParts,
} from "./errors.js";
import type { Disk } from "./disk.js";
import type { Network } from "./network.js";
export type { Disk, File, OpenMode } from "./disk.js";
export type { MessageType, Network } from "./network.js";

/** Everything an engine may use of the world. One `Env` belongs to one incarnation of one node. */
export interface Env {
  /** The name of this node, unique in its cluster. */
  readonly node: string;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly network: Network;
  readonly random: Random;
  /** Tells people something. Never parsed, never part of a decision. */
  log(message: string): void;
  /**
   * Tells whoever checks the engine that something happened. Costs nothing when nobody listens.
   * The event must not be changed afterwards.
   */
  observe(event: Observation): void;
  /** Notes that a rare path was taken. A batch of runs that never reaches a scenario's marks is vacuous. */
  reached(mark: string): void;
  /** True, rarely and only in a simulation, to take a rare but legal path on purpose. */
  buggify(point: string): boolean;
}

/** A typed thing that happened in an engine, such as `wal/persisted`. Engines publish unions of these. */
export interface Observation {
  /** `engine/what`, in the past tense. */
  readonly kind: string;
}

/** Durations are safe integers from 0 on; `sleep` and `setTimer` throw `AssertionFailed` at once on any other. */
export interface Clock {
  /** Microseconds since some fixed moment before this incarnation began; never goes back. */
  nowUs(): number;
  /** Microseconds since 1970 as this machine believes; may be wrong and may jump either way. */
  wallUs(): number;
  /** Resolves once at least `durationUs` have passed on the monotonic clock. */
  sleep(durationUs: number): Promise<void>;
  /**
   * Calls `callback` once, after at least `durationUs` on the monotonic clock and never before this call has
   * returned. Timers whose deadlines differ by a millisecond or more fire in the order of their deadlines.
   */
  setTimer(durationUs: number, callback: () => void): Timer;
}

export interface Timer {
  /** Stops the timer. No effect where it fired or was cancelled before. */
  cancel(): void;
}

/** Uniform random integers. Not for secrets. */
export interface Random {
  /** An integer in [0, 2^32). */
  uint32(): number;
  /** An integer in [0, bound); bound in [1, 2^32]. */
  below(bound: number): number;
}
