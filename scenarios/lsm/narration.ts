/** An LSM tree in words. */
import type { LsmEvent } from "#engines/lsm/index.js";
import type { Narration } from "#sim/narration.js";
import { WAL_NARRATION } from "../wal/narration.js";

export const LSM_NARRATION: Narration = {
  tell: (event) => tell(event as LsmEvent) ?? WAL_NARRATION.tell!(event),
};

function tell(event: LsmEvent): string | undefined {
  switch (event.kind) {
    case "lsm/opened": {
      const { replayedBatches, sweptFiles } = event.recovery;
      const again = replayedBatches === 0 ? "" : `, takes ${replayedBatches} batches from the log again`;
      const swept = sweptFiles === 0 ? "" : `, sweeps ${sweptFiles} files`;
      return `opens the store at sequence ${event.lastSequence} with ${event.files} tables${again}${swept}`;
    }
    case "lsm/flushed":
      return `has table ${event.number} with ${event.entries} entries in L0; the log is needed from ${event.logStart} on`;
    case "lsm/compacted":
      return `merges ${listText(event.inputs)} into ${listText(event.outputs)} of L${event.outputLevel}`;
    case "lsm/moved":
      return `moves table ${event.number} to L${event.outputLevel}`;
    case "lsm/manifest-switched":
      return `goes on in manifest ${event.number}`;
    case "lsm/table-removed":
      return `removes table ${event.number}`;
    case "lsm/stalled":
      return `lets writers wait for ${event.reason === "tables" ? "compactions" : "flushes"}`;
    case "lsm/no-space":
      return "can't write a table for now: the disk is full";
    case "lsm/read-only":
      return `is read-only from now on (${event.code})`;
    case "lsm/damage":
      return `finds ${event.path} damaged at ${event.offset}`;
    case "lsm/closed":
      return `closes the store at sequence ${event.lastSequence}`;
    default:
      return undefined;
  }
}

function listText(tables: readonly number[]): string {
  if (tables.length === 0) return "nothing";
  return `${tables.length === 1 ? "table" : "tables"} ${tables.join(", ")}`;
}
