import type { Pointer } from "../version/edit.js";
import type { TableFile, Version } from "../version/version.js";

/** Tables to be merged, and where the result goes. */
export interface Compaction {
  /** By level, upwards; no level twice, none of them empty. */
  readonly inputs: readonly CompactionInput[];
  readonly outputLevel: number;
  /** A table of the result ends when it has grown beyond this, at the next key. */
  readonly outputBytes: number;
  /**
   * All tables that may hold older versions of what the inputs hold, but for the inputs themselves, as lists of
   * disjoint tables in the order of their keys: a tombstone has to stay while one of them may have its key.
   */
  readonly older: readonly (readonly TableFile[])[];
  /** The one input has nothing to be merged with: it goes to the output level as it is. */
  readonly isMove: boolean;
  readonly pointer: Pointer | undefined;
}

export interface CompactionInput {
  readonly level: number;
  readonly files: readonly TableFile[];
}

/** Decides which tables are merged. It keeps nothing: the same version gives the same decision. */
export interface CompactionStrategy {
  /** What is most urgent. Undefined: there is nothing to do. */
  pick(version: Version, pointers: readonly Pointer[]): Compaction | undefined;
  /** All of a level, for who asked for it. Undefined where it holds nothing to be merged. */
  pickLevel(version: Version, level: number): Compaction | undefined;
  /** Tables that wait to be merged: what slows writers, and stops them. */
  backlog(version: Version): number;
}
