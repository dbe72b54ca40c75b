/**
 * Checks: what one incarnation knows to be committed only grows, also where it installs a snapshot.
 *
 * Does not check: restarts, after which a server may know less.
 */
import type { RaftEvent } from "#engines/raft/events.js";
import type { Check, RaftEventKind, Report } from "./check.js";
import type { ServerModel } from "./server-model.js";

export class CommitMonotonic implements Check {
  readonly kinds: readonly RaftEventKind[] = ["raft/committed", "raft/snapshot-installed"];
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  before(server: ServerModel, event: RaftEvent): void {
    if (event.kind !== "raft/committed" && event.kind !== "raft/snapshot-installed") return;
    const { index } = event.position;
    if (index >= server.commit) return;
    this.#report(
      "raft/commit-monotonic",
      `${server.name} goes back from commit index ${server.commit} to ${index}`,
    );
  }
}
