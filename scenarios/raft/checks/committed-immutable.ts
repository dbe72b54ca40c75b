/**
 * Checks: the committed prefix of the cluster is one and only grows. Once any server has said that an entry is
 * committed, every server that says so of this index means the same entry, and no server removes or overwrites
 * it in its log.
 *
 * Does not check: what a crash takes from a log (see `durable-lost` and `intact-copies`). Bytes are compared
 * where entries come into logs: see `log-matching`.
 */
import type { RaftEvent } from "#engines/raft/events.js";
import type { Check, RaftEventKind, Report } from "./check.js";
import type { ClusterModel } from "./cluster-model.js";
import { describePosition } from "./entry-tree.js";
import type { ServerModel } from "./server-model.js";

export class CommittedImmutable implements Check {
  readonly kinds: readonly RaftEventKind[] = [
    "raft/appended",
    "raft/truncated",
    "raft/snapshot-installed",
    "raft/committed",
  ];
  readonly #model: ClusterModel;
  readonly #report: Report;

  constructor(model: ClusterModel, report: Report) {
    this.#model = model;
    this.#report = report;
  }

  before(server: ServerModel, event: RaftEvent): void {
    if (event.kind === "raft/truncated") this.#removes(server, event.from);
    else if (event.kind === "raft/appended" && event.entries.length > 0) {
      this.#removes(server, event.entries[0]!.index);
    } else if (event.kind === "raft/snapshot-installed" && !event.keepsLog) {
      this.#removes(server, event.position.index + 1);
    }
  }

  after(server: ServerModel, event: RaftEvent): void {
    const { conflict } = this.#model;
    if (event.kind !== "raft/committed" || conflict === undefined) return;
    const { said, committed } = conflict;
    this.#report(
      "raft/committed-immutable",
      `${server.name} says that ${describePosition(said)} is committed, but that is ${describePosition(committed)}`,
    );
  }

  #removes(server: ServerModel, from: number): void {
    const node = server.log.at(Math.max(from, server.log.base.index + 1));
    if (node?.isCommitted !== true) return;
    this.#report(
      "raft/committed-immutable",
      `${server.name} removes ${describePosition(node)}, which was committed in term ${node.commitTerm}`,
    );
  }
}
