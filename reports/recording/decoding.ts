/** Values of messages and states of nodes, in a scenario's readable form where it has one. */
import type { Narration } from "#sim/narration.js";
import { plainValue } from "./plain-value.js";
import type { Decode } from "./recording.js";

/** Plain data in any case: what a scenario fails to read stays as it is. */
export function decoding(narration: Narration | undefined): Decode {
  return (value, limits) => plainValue(readable(narration, value), limits);
}

function readable(narration: Narration | undefined, value: unknown): unknown {
  try {
    return narration?.decode?.(value) ?? value;
  } catch {
    // A broken engine may have sent anything, and looking on must not fail the run.
    return value;
  }
}
