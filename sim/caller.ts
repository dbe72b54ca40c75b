/**
 * The seam between the parts of a simulated environment (disk, clock, network) and the incarnation that calls
 * them. The parts know nothing else of processes and of the scheduler.
 */
import type { Timer } from "#engines/env/index.js";
import type { EventKind } from "./events.js";
import type { FaultTarget } from "./faults/index.js";

export interface Caller {
  readonly node: FaultTarget;
  /** Number of this incarnation of the node, from 1. */
  readonly incarnation: number;
  /** Simulated time as this caller may see it: jumps where the process was paused inside a handler. */
  nowUs(): number;
  /**
   * To be called first in every synchronous call to the environment. Counts the call; a crash, power loss or
   * pause may strike in it. Throws `Crashed` where the incarnation is dead, and the call must then have no
   * effect.
   */
  enter(): void;
  /**
   * To be called first in every call that returns a promise. Counts and strikes like `enter`, but gives false
   * where the incarnation is dead: the call then has no effect and returns a promise that never settles.
   */
  tryEnter(): boolean;
  /**
   * An event of this incarnation `delayUs` from now, and the promise of what `effect` returns in it. An error
   * that `effect` throws rejects the promise. Where the incarnation dies first, `effect` never runs and the
   * promise never settles. `sizeBytes` is folded into the trace hash.
   */
  later<T>(delayUs: number, kind: EventKind, sizeBytes: number, effect: () => T): Promise<T>;
  /** The same without a promise. */
  after(delayUs: number, kind: EventKind, effect: () => void): Timer;
  /**
   * Folds something that took effect at once, inside the present event, into the trace hash, and shows it in a
   * trace. `detail` is called only where somebody looks.
   */
  effect(kind: EventKind, sizeBytes: number, digest: number, detail: () => string): void;
}

/** A promise that never settles: what a dead incarnation gets. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => {});
}
