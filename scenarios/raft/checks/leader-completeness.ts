/**
 * Checks: whoever leads has every entry that was committed in an earlier term, in its log or in a snapshot
 * (Raft, figure 3): when it begins to lead, and when something turns out later to have been committed before.
 *
 * Does not check: what a leader does without (a leader of an older term, not deposed yet, may lack entries).
 */
import type { RaftEvent } from "#engines/raft/events.js";
import type { Check, RaftEventKind, Report } from "./check.js";
import type { ClusterModel } from "./cluster-model.js";
import { describePosition, type EntryNode } from "./entry-tree.js";
import type { ServerModel } from "./server-model.js";

export class LeaderCompleteness implements Check {
  readonly kinds: readonly RaftEventKind[] = ["raft/role-changed", "raft/committed"];
  readonly #model: ClusterModel;
  readonly #report: Report;

  constructor(model: ClusterModel, report: Report) {
    this.#model = model;
    this.#report = report;
  }

  after(server: ServerModel, event: RaftEvent): void {
    if (event.kind === "raft/role-changed" && event.role === "leader") {
      const last = this.#lastCommittedBefore(event.term);
      if (last !== undefined) this.#mustHold(server, last);
    } else if (event.kind === "raft/committed" && this.#model.newlyCommitted > 0) {
      const tip = this.#model.committedTip;
      for (const each of this.#model.servers()) {
        if (each.role === "leader" && each.term > tip.commitTerm) this.#mustHold(each, tip);
      }
    }
  }

  /** All before it is committed too, whenever that was said. */
  #lastCommittedBefore(term: number): EntryNode | undefined {
    let node = this.#model.committedTip as EntryNode | undefined;
    while (node !== undefined && node.commitTerm >= term) node = node.parent;
    return node;
  }

  #mustHold(leader: ServerModel, node: EntryNode): void {
    if (leader.log.holds(node)) return;
    this.#report(
      "raft/leader-completeness",
      `${leader.name} leads in term ${leader.term} without ${describePosition(node)}, committed in term ${node.commitTerm}`,
    );
  }
}
