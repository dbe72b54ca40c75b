/** A B-tree in words. */
import type { BtreeEvent } from "#engines/btree/index.js";
import type { Narration } from "#sim/narration.js";
import { WAL_NARRATION } from "../wal/narration.js";

export const BTREE_NARRATION: Narration = {
  tell: (event) => tell(event as BtreeEvent) ?? WAL_NARRATION.tell!(event),
};

function tell(event: BtreeEvent): string | undefined {
  switch (event.kind) {
    case "btree/opened": {
      const { replayedRecords, replayedPages, repairedPages } = event.recovery;
      const again =
        replayedRecords === 0 ? "" : `, does ${replayedRecords} records again on ${replayedPages} pages`;
      const repaired = repairedPages === 0 ? "" : `, repairs ${repairedPages}`;
      return `opens the store at sequence ${event.sequence} with ${event.entries} entries${again}${repaired}`;
    }
    case "btree/published":
      return `shows everything up to sequence ${event.lastSequence}`;
    case "btree/checkpoint-begun":
      return `begins a checkpoint at LSN ${event.redoLsn} with ${event.dirtyPages} pages to write`;
    case "btree/checkpointed":
      return `has a checkpoint: the log is needed from LSN ${event.redoLsn} on`;
    case "btree/checkpoint-postponed":
      return `puts the checkpoint off (${event.code})`;
    case "btree/snapshot-given-up":
      return `gives up the snapshot at sequence ${event.sequence}`;
    case "btree/no-space":
      return "refuses a write: the disk is full";
    case "btree/read-only":
      return `is read-only from now on (${event.code})`;
    case "btree/damage":
      return `finds ${event.path} damaged at ${event.offset}`;
    case "btree/closed":
      return `closes the store at sequence ${event.sequence}`;
    default:
      return undefined;
  }
}
