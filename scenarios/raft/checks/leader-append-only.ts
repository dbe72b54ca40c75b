/**
 * Checks: a leader never overwrites or removes entries of its own log, it only appends (Raft, figure 3).
 *
 * Does not check: followers (see `committed-immutable`), nor what a server does to its log once its leadership
 * is over. Compaction removes nothing: a snapshot covers it.
 */
import type { RaftEvent } from "#engines/raft/events.js";
import type { Check, RaftEventKind, Report } from "./check.js";
import type { ServerModel } from "./server-model.js";

export class LeaderAppendOnly implements Check {
  readonly kinds: readonly RaftEventKind[] = ["raft/appended", "raft/truncated", "raft/snapshot-installed"];
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  before(server: ServerModel, event: RaftEvent): void {
    if (server.role !== "leader") return;
    const from = lostFrom(event);
    if (from === undefined || from > server.log.lastIndex) return;
    this.#report(
      "raft/leader-append-only",
      `${server.name} leads in term ${server.term} and loses its log from entry ${from} on, of ${server.log.lastIndex}`,
    );
  }
}

function lostFrom(event: RaftEvent): number | undefined {
  if (event.kind === "raft/truncated") return event.from;
  if (event.kind === "raft/appended") return event.entries[0]?.index;
  if (event.kind === "raft/snapshot-installed" && !event.keepsLog) return event.position.index + 1;
  return undefined;
}
