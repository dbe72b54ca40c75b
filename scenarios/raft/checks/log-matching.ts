/**
 * Checks: two logs that have an entry of the same index and term have the same entry there, byte for byte, and
 * the same entries before it (Raft, figure 3); terms never fall along a log; and what makes that so: an entry
 * comes into being at the leader of its term and nowhere else, and a log is kept behind an installed snapshot
 * only where it has the snapshot's last entry.
 *
 * Does not check: what is in a snapshot (see `state-machine-safety`). Of two entries that contradict each other,
 * it can't say which one is right.
 */
import type { RaftEvent } from "#engines/raft/events.js";
import type { Check, RaftEventKind, Report } from "./check.js";
import type { ClusterModel } from "./cluster-model.js";
import { describePosition } from "./entry-tree.js";
import type { ServerModel } from "./server-model.js";

export class LogMatching implements Check {
  readonly kinds: readonly RaftEventKind[] = ["raft/appended", "raft/booted", "raft/snapshot-installed"];
  readonly #model: ClusterModel;
  readonly #report: Report;

  constructor(model: ClusterModel, report: Report) {
    this.#model = model;
    this.#report = report;
  }

  before(server: ServerModel, event: RaftEvent): void {
    if (event.kind !== "raft/snapshot-installed" || !event.keepsLog) return;
    const { position } = event;
    const own = server.log.at(position.index);
    if (own === undefined ? position.index < server.log.base.index : own.term === position.term) return;
    this.#broken(`${server.name} keeps its log, which lacks ${describePosition(position)} of the snapshot`);
  }

  after(server: ServerModel, event: RaftEvent): void {
    // One finding says it all: what follows in the event contradicts for the same reason.
    const node = this.#model.created[0];
    if (node === undefined) return;
    const { name, term, role } = server;
    const what = describePosition(node);
    if (node.contradicts !== undefined) {
      const isPast = node.contradicts.parent !== node.parent;
      this.#broken(
        `${what} of ${name} has ${isPast ? "another log before it" : "other bytes"} than elsewhere`,
      );
    } else if (event.kind === "raft/booted")
      this.#broken(`${name} boots with ${what}, which nobody appended`);
    else if (event.kind === "raft/appended" && !event.byLeader) {
      this.#broken(`${name} appends ${what}, which no leader of that term has appended`);
    } else if (role !== "leader" || this.#model.leaderOf(node.term)?.server !== server) {
      this.#broken(`${name}, ${role} in term ${term}, begins ${what}`);
    } else if (node.parent !== undefined && node.term < node.parent.term) {
      this.#broken(`${what} of ${name} follows ${describePosition(node.parent)}`);
    }
  }

  #broken(message: string): void {
    this.#report("raft/log-matching", message);
  }
}
