import type { Env, Observation } from "#engines/env/index.js";
import type { KeyValueStore } from "#engines/store/index.js";
import type { SyncPolicy } from "#engines/wal/index.js";

/** A storage engine with its options, as the scenarios of stores drive it. */
export interface StoreEngine {
  /** Below the root of its node; the log is in `wal` below it. */
  readonly directory: string;
  readonly policy: SyncPolicy;
  open(env: Env): Promise<KeyValueStore>;
  /** The figure of the run that this event adds one to, such as `flushes`. */
  figureOf(event: Observation): string | undefined;
  /** The figures of the run that tell how often marks were reached, by mark. */
  readonly figuresOfMarks: ReadonlyMap<string, string>;
  /** The kind of event that tells that it gave up a state that is being read; undefined where it never does. */
  readonly givesUpStateAt: string | undefined;
}
