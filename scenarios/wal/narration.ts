/** The scenarios of a log in words. */
import type { SnapshotEvent } from "#engines/snapshot/index.js";
import type { WalEvent } from "#engines/wal/index.js";
import type { Append, LogOracle } from "#sim/check/index.js";
import type { ClientsTold, Narration } from "#sim/narration.js";
import { keyOfPayload } from "./payload.js";

export const WAL_NARRATION: Narration = {
  tell: (event) => tell(event as WalEvent | SnapshotEvent),
};

function tell(event: WalEvent | SnapshotEvent): string | undefined {
  switch (event.kind) {
    case "wal/opened": {
      const { cutBytes, rewrittenRecords } = event.recovery;
      const cut = cutBytes === 0 ? "" : `, cuts ${cutBytes} bytes off`;
      const again = rewrittenRecords === 0 ? "" : `, writes ${rewrittenRecords} records again`;
      return `opens the log with ${recordsText(event.firstLsn, event.lastLsn)}${cut}${again}`;
    }
    case "wal/appended":
      return `writes ${recordsText(event.firstLsn, event.lastLsn)}, ${event.bytes} bytes`;
    case "wal/persisted":
      return `has everything up to LSN ${event.lsn} on the disk`;
    case "wal/segment-created":
      return `begins segment ${event.number} at LSN ${event.firstLsn}`;
    case "wal/truncated-suffix":
      return `cuts everything above LSN ${event.lsn}`;
    case "wal/truncated-prefix":
      return `gives up everything below LSN ${event.lsn}`;
    case "wal/restarted":
      return `begins again at LSN ${event.lsn}`;
    case "wal/no-space":
      return "refuses an append: the disk is full";
    case "wal/read-only":
      return `is read-only from now on (${event.code})`;
    case "wal/damage":
      return `finds ${event.segment} damaged at ${event.offset}`;
    case "wal/closed":
      return `closes the log at LSN ${event.lastLsn}`;
    case "snapshot/opened":
      return `opens the snapshots: ${event.lsn === undefined ? "there is none" : `one at LSN ${event.lsn}`}`;
    case "snapshot/saved":
      return `has a snapshot at LSN ${event.lsn} on the disk`;
    case "snapshot/damage":
      return `finds ${event.path} damaged at ${event.offset}`;
    case "snapshot/removed":
      return `removes ${event.path}`;
    default:
      return undefined;
  }
}

function recordsText(firstLsn: number, lastLsn: number): string {
  if (lastLsn < firstLsn) return "no records";
  return firstLsn === lastLsn ? `LSN ${firstLsn}` : `LSN ${firstLsn} to ${lastLsn}`;
}

/** The writers and what they were answered. */
export function writersOf({ history }: LogOracle): ClientsTold<Uint8Array, number> {
  return {
    history,
    name: (client) => `writer ${client + 1}`,
    describe: (operation) => ({ asked: asked(operation), answered: answered(operation) }),
  };
}

function asked({ input }: Append): string {
  return `append record ${keyOfPayload(input)}, ${input.length} bytes`;
}

function answered({ outcome, output, reason }: Append): string {
  if (outcome === "open") return "";
  return outcome === "ok" ? `LSN ${output}` : `${outcome}: ${reason ?? ""}`;
}
