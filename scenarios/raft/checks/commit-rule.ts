/**
 * Checks: a leader's commit index moves only to entries of its own term; older ones are committed by what
 * stands above them (Raft, section 5.4.2, and figure 8 for what goes wrong otherwise). A breach is seen here
 * long before an unlucky election shows it to `leader-completeness`.
 *
 * Does not check: followers, which learn of it in pieces of any term.
 */
import type { RaftEvent } from "#engines/raft/events.js";
import type { Check, RaftEventKind, Report } from "./check.js";
import { describePosition } from "./entry-tree.js";
import type { ServerModel } from "./server-model.js";

export class CommitRule implements Check {
  readonly kinds: readonly RaftEventKind[] = ["raft/committed"];
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  before(server: ServerModel, event: RaftEvent): void {
    if (event.kind !== "raft/committed" || server.role !== "leader") return;
    if (event.position.term === server.term) return;
    this.#report(
      "raft/commit-rule",
      `${server.name} leads in term ${server.term} and commits up to ${describePosition(event.position)}`,
    );
  }
}
