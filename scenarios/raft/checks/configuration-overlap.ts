/**
 * Checks: of two configurations that follow each other in a log, every quorum of one meets every quorum of the
 * other, by trying them all; and a leader begins a configuration only once the one before is committed (thesis,
 * section 4.3), so that no two changes are under way.
 *
 * Does not check: whether elections and commitment use the right one (see `election-safety`, `quorum-durable`).
 */
import { describeConfiguration, votersOf } from "#engines/raft/configuration.js";
import type { RaftEvent } from "#engines/raft/events.js";
import type { Configuration } from "#engines/raft/types.js";
import type { Check, RaftEventKind, Report } from "./check.js";
import type { ClusterModel } from "./cluster-model.js";
import { describePosition, type EntryNode } from "./entry-tree.js";
import { isQuorum } from "./quorum.js";
import type { ServerModel } from "./server-model.js";

export class ConfigurationOverlap implements Check {
  readonly kinds: readonly RaftEventKind[] = ["raft/appended"];
  readonly #model: ClusterModel;
  readonly #report: Report;

  constructor(model: ClusterModel, report: Report) {
    this.#model = model;
    this.#report = report;
  }

  after(server: ServerModel, event: RaftEvent): void {
    // Each entry is new once: later copies are the same, or break log matching.
    if (event.kind !== "raft/appended") return;
    for (const node of this.#model.created) {
      if (node.configuredAt === node && node.parent !== undefined) this.#follows(server, node, node.parent);
    }
  }

  #follows(server: ServerModel, node: EntryNode, parent: EntryNode): void {
    const before = parent.configuration;
    const next = node.configuration;
    const what = `${server.name} begins the configuration of ${describePosition(node)}`;
    if (next === undefined) {
      this.#report("raft/configuration-overlap", `${what}, which can't be read`);
    } else if (before !== undefined && !overlap(before, next)) {
      const change = `${describeConfiguration(before)} to ${describeConfiguration(next)}`;
      this.#report("raft/configuration-overlap", `${what}, from ${change}: not all quorums meet`);
    } else if (parent.configuredAt.index > server.commit) {
      const earlier = describePosition(parent.configuredAt);
      this.#report("raft/configuration-overlap", `${what} before that of ${earlier} is committed`);
    }
  }
}

/** Whether every quorum of one shares a server with every quorum of the other. Takes 2^n for n voters. */
export function overlap(a: Configuration, b: Configuration): boolean {
  const bits = new Map([...new Set([...votersOf(a), ...votersOf(b)])].map((node, bit) => [node, 1 << bit]));
  const all = 1 << bits.size;
  for (let set = 0; set < all; set++) {
    const isIn = (node: string): boolean => (set & bits.get(node)!) !== 0;
    if (isQuorum(a, isIn) && isQuorum(b, (node) => !isIn(node))) return false;
  }
  return true;
}
