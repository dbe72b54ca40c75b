/**
 * Checks: every committed entry has a durable copy, in the log or in a snapshot, on some member of every quorum
 * that may elect a leader: the voters that lack one, less those that are being repaired and so can't vote, are
 * no quorum. Looked at whenever a copy may have gone or come to count: at a boot, at the end of a repair, and
 * when another configuration is committed. And a server that ends its repair holds again what it held before of
 * what is committed.
 *
 * Does not check: damage that no server has found yet, except as `quorum-durable` looks at the disks; nor the
 * moment of commitment itself, which `quorum-durable` holds to more.
 */
import { describeConfiguration, votersOf } from "#engines/raft/configuration.js";
import type { RaftEvent } from "#engines/raft/events.js";
import type { Check, RaftEventKind, Report } from "./check.js";
import type { ClusterModel } from "./cluster-model.js";
import { describePosition, type EntryNode } from "./entry-tree.js";
import { isQuorum } from "./quorum.js";
import type { ServerModel } from "./server-model.js";

export class IntactCopies implements Check {
  readonly kinds: readonly RaftEventKind[] = ["raft/booted", "raft/repaired", "raft/committed"];
  readonly #model: ClusterModel;
  readonly #report: Report;
  #configuredAt: EntryNode;

  constructor(model: ClusterModel, report: Report) {
    this.#model = model;
    this.#report = report;
    this.#configuredAt = model.committedTip.configuredAt;
  }

  before(server: ServerModel, event: RaftEvent): void {
    if (event.kind !== "raft/repaired") return;
    let lost = server.lost;
    while (lost !== undefined && !lost.isCommitted) lost = lost.parent;
    if (lost === undefined || server.holdsDurably(lost)) return;
    this.#report(
      "raft/intact-copies",
      `${server.name} ends its repair without ${describePosition(lost)}, which it held and is committed`,
    );
  }

  after(_server: ServerModel, event: RaftEvent): void {
    const tip = this.#model.committedTip;
    if (event.kind === "raft/committed" && tip.configuredAt === this.#configuredAt) return;
    this.#configuredAt = tip.configuredAt;
    const configuration = this.#model.committedConfiguration;
    if (configuration.voters.length === 0 || !isQuorum(configuration, (node) => this.#lacks(node, tip)))
      return;
    const lacking = votersOf(configuration).filter((node) => this.#lacks(node, tip));
    this.#report(
      "raft/intact-copies",
      `${lacking.join(" ")} lack ${describePosition(tip)} and may elect a leader of ${describeConfiguration(configuration)}`,
    );
  }

  #lacks(name: string, tip: EntryNode): boolean {
    const server = this.#model.server(name);
    const holds = server?.holdsDurably(tip) ?? tip.index === 0;
    return server?.isRepairing !== true && !holds;
  }
}
